import { expect, it } from 'vitest'
import { readProgram } from '../../../../src/helper/exec/read-program.ts'

const environment = { PATH: process.env.PATH, WORD: 'said' }
const shell = (script: string, limitMs = 20_000) => readProgram('sh', ['-c', script], environment, limitMs)

it('reads what a program says, in its own environment', async () => {
  expect(await shell('echo $WORD; echo two; echo oops >&2; exit 3')).toEqual({
    end: { how: 'exited', status: 3 },
    lines: ['said', 'two'],
    complaint: 'oops\n',
  })
})

it('runs it apart from our terminal and with an empty standard input', async () => {
  const { lines } = await shell('cat; (: >/dev/tty) 2>/dev/null && echo terminal; true')
  expect(lines).toEqual([])
})

it('ends it, and what it has started, when its time is up', async () => {
  const { end, lines } = await shell('echo $$; sleep 1000 & sleep 1000', 1500)
  expect(end).toEqual({ how: 'timed-out' })
  await expect.poll(() => isAlive(Number(lines[0])), { timeout: 20_000 }).toBe(false)
})

it('holds no more of a complaint than anybody reads', async () => {
  const { complaint } = await shell('head -c 400000 /dev/zero | tr "\\0" x >&2')
  expect(complaint).toHaveLength(256 * 1024)
})

it('says which program is missing', async () => {
  await expect(readProgram('no-such-program', [], environment, 1000)).rejects.toMatchObject({
    code: 'PROGRAM_MISSING',
    message: 'cannot run no-such-program: there is no such program',
  })
})

it('ends with us', async () => {
  const running = readProgram(
    'sh',
    ['-c', 'kill -TERM $PARENT; sleep 1000'],
    { ...environment, PARENT: String(process.pid) },
    20_000,
  )
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0)
  } catch {
    return false
  }
}
