import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type ProgramBounds, runBounded } from '../../../../src/core/programs/bounded-program.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { isAlive } from '../../../support/processes.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const clock = fakeClock()
const usual: ProgramBounds = {
  clock,
  environment: { PATH: '/usr/bin:/bin' },
  limitMs: 60_000,
  maxBytes: 4096,
  ends: [],
  isGroup: false,
}
const sh = (script: string, bounds: Partial<ProgramBounds> = {}) =>
  runBounded('/bin/sh', ['-c', script], { ...usual, ...bounds })

const pidIn = (file: string) => Number(readFileSync(file, 'utf8'))
const written = (file: string) =>
  vi.waitUntil(() => existsSync(file) && readFileSync(file, 'utf8').includes('\n'), 30_000)

describe('a bounded program', () => {
  it('is run to its end, with its lines, its status and nothing of its standard error', async () => {
    const run = await sh('printf "one\\r\\n two"; echo wrong >&2')
    expect(run).toEqual({ end: { how: 'exited', status: 0 }, lines: ['one', ' two'], complaint: '' })
    expect((await sh('exit 3')).end).toEqual({ how: 'exited', status: 3 })
  })

  it('has all of its output and its complaint read where the complaint is wanted', async () => {
    const heard: string[] = []
    const run = await sh('printf "one\\r\\ntwo"; echo wrong >&2; exit 3', { onComplaint: (text) => heard.push(text) })
    expect(run).toEqual({ end: { how: 'exited', status: 3 }, lines: ['one', 'two'], complaint: 'wrong\n' })
    expect(heard.join('')).toBe('wrong\n')
  })

  it('has the last of a long complaint kept', async () => {
    const { complaint } = await sh('i=0; while [ $i -lt 500 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 1', {
      onComplaint: () => {},
    })
    expect(complaint).toMatch(/line 499\n$/)
    expect(complaint.length).toBeLessThanOrEqual(2048)
  })

  it('has only the environment that it is given, and an empty standard input', async () => {
    const { lines } = await sh('cat; env', { environment: { ONLY: 'this' } })
    expect(lines.filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line))).toEqual(['ONLY=this'])
  })

  it('is answered line by line, until that is enough', async () => {
    const said: string[] = []
    const run = await sh('echo hello; read a; echo "got $a"; read b; echo "got $b"; sleep 60', {
      onLine(line) {
        said.push(line)
        return line === 'got two' ? 'enough' : { write: said.length === 1 ? 'one\n' : 'two\n' }
      },
    })
    expect(said).toEqual(['hello', 'got one', 'got two'])
    expect(run.end).toEqual({ how: 'enough' })
  })

  it('has ended, though what it leaves behind holds its output open', async () => {
    const file = join(temporaryFolder(), 'pid')
    const own = fakeClock()
    const run = sh(`sleep 60 & echo $! >${file}; echo done`, { clock: own })
    // Its time, and since it has ended that of its output.
    await vi.waitUntil(() => own.pendingTimers() === 2, 30_000)
    own.advance(500)
    expect(await run).toMatchObject({ end: { how: 'exited', status: 0 }, lines: ['done'] })
    process.kill(pidIn(file))
  })

  it('is stopped when it prints too much', async () => {
    expect((await sh('exec yes')).end).toEqual({ how: 'printed-too-much' })
  })

  it('is stopped when its time is up', async () => {
    const file = join(temporaryFolder(), 'pid')
    const run = sh(`echo $$ >${file}; exec sleep 60`)
    await written(file)
    clock.advance(60_000)
    expect((await run).end).toEqual({ how: 'timed-out' })
    await vi.waitUntil(() => !isAlive(pidIn(file)), 30_000)
  })

  it.each([false, true])(
    'is stopped when nobody waits for it any more; with what it has started: %s',
    async (isGroup) => {
      const folder = temporaryFolder()
      const [own, child] = [join(folder, 'own'), join(folder, 'child')]
      const withdrawn = new AbortController()
      // It heeds no SIGTERM where its group is to be killed.
      const script = `${isGroup ? 'trap "" TERM; ' : ''}echo $$ >${own}; sleep 60 & echo $! >${child}; wait`
      const run = sh(script, { isGroup, ends: [withdrawn.signal] })
      await written(child)
      withdrawn.abort()
      expect((await run).end).toEqual({ how: 'withdrawn' })
      await vi.waitUntil(() => !isAlive(pidIn(own)), 30_000)
      if (isGroup) await vi.waitUntil(() => !isAlive(pidIn(child)), 30_000)
      else process.kill(pidIn(child))
    },
  )

  it('is not even started when nobody waits for it', async () => {
    const file = join(temporaryFolder(), 'ran')
    expect((await sh(`echo >${file}`, { ends: [AbortSignal.abort()] })).end).toEqual({ how: 'withdrawn' })
    expect(existsSync(file)).toBe(false)
  })

  it('that a signal has ended says which', async () => {
    expect((await sh('kill -ABRT $$')).end).toEqual({ how: 'killed', signal: 'SIGABRT' })
  })

  it('that cannot be started fails as the system says', async () => {
    await expect(runBounded('/nowhere/program', [], usual)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('leaves no timer', async () => {
    const own = fakeClock()
    await sh('echo one', { clock: own })
    await sh('exec yes', { clock: own })
    await runBounded('/nowhere/program', [], { ...usual, clock: own }).catch(() => {})
    // That of `yes` is there until it has ended.
    await vi.waitUntil(() => own.pendingTimers() === 0, 30_000)
  })

  it('that is asked to close, and does not, is killed a second later', async () => {
    const file = join(temporaryFolder(), 'pid')
    const [own, withdrawn] = [fakeClock(), new AbortController()]
    const run = sh(`trap '' TERM; echo $$ >${file}; while :; do sleep 0.1; done`, {
      clock: own,
      ends: [withdrawn.signal],
    })
    await written(file)
    withdrawn.abort()
    expect((await run).end).toEqual({ how: 'withdrawn' })
    own.advance(999)
    expect(isAlive(pidIn(file))).toBe(true)
    own.advance(1)
    await vi.waitUntil(() => !isAlive(pidIn(file)), 30_000)
    await vi.waitUntil(() => own.pendingTimers() === 0, 30_000)
  })
})
