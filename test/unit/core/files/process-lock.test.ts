import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { withProcessLock } from '../../../../src/core/files/process-lock.ts'
import { bundle } from '../../../support/bundle.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

it('lets one in at a time and leaves nothing behind', async () => {
  const folder = temporaryFolder()
  const lock = join(folder, '.lock')
  let inside = 0
  let most = 0
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      withProcessLock(lock, async () => {
        inside += 1
        most = Math.max(most, inside)
        await new Promise((resolve) => setImmediate(resolve))
        inside -= 1
        return index
      }),
    ),
  )
  expect(most).toBe(1)
  expect(results).toEqual(Array.from({ length: 12 }, (_, index) => index))
  expect(readdirSync(folder)).toEqual([])
})

it('is free again after a failure', async () => {
  const lock = join(temporaryFolder(), '.lock')
  await expect(withProcessLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await withProcessLock(lock, () => Promise.resolve('yes'))).toBe('yes')
})

it('keeps processes apart: no increment of a shared counter is lost', async () => {
  const folder = temporaryFolder()
  const program = counting(folder)
  const counter = join(folder, 'counter')
  writeFileSync(counter, '0')
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, [program, join(folder, '.lock'), counter, '20'], { stdio: 'inherit' }),
  )
  const statuses = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  expect(statuses).toEqual([0, 0, 0])
  expect(readFileSync(counter, 'utf8')).toBe('60')
})

it('wakes the waiting processes when the holder is killed', async () => {
  const folder = temporaryFolder()
  const lock = join(folder, '.lock')
  const holder = await startHolder(folder, lock)
  const waiting = withProcessLock(lock, () => Promise.resolve('mine'))
  holder.kill('SIGKILL')
  expect(await waiting).toBe('mine')
  expect(readdirSync(folder).filter((name) => name.startsWith('.lock'))).toEqual([])
})

it('takes over a lock whose holder has died', async () => {
  const folder = temporaryFolder()
  const lock = join(folder, '.lock')
  mkdirSync(lock)
  await leaveDeadSocket(join(lock, 'dead'))
  expect(readdirSync(lock)).toEqual(['dead'])
  expect(await withProcessLock(lock, () => Promise.resolve('mine'))).toBe('mine')
})

it('waits as long as the holder is alive', async () => {
  const folder = temporaryFolder()
  const lock = join(folder, '.lock')
  mkdirSync(lock)
  let visits = 0
  const holder = createServer()
  const visit = once(holder, 'connection')
  holder.on('connection', () => {
    visits += 1
  })
  await new Promise<void>((resolve) => holder.listen(join(lock, 'alive'), resolve))
  let isHeld = false
  const waiting = withProcessLock(lock, async () => {
    isHeld = true
  })
  const [visitor] = await visit
  expect({ isHeld, visits }).toEqual({ isHeld: false, visits: 1 })
  holder.close()
  visitor.destroy()
  await waiting
  expect(isHeld).toBe(true)
})

it('works where the path is too long for a socket', async () => {
  const folder = join(temporaryFolder(), 'x'.repeat(120))
  mkdirSync(folder)
  const lock = join(folder, '.lock')
  const order: string[] = []
  await Promise.all(
    ['a', 'b'].map((name) =>
      withProcessLock(lock, async () => {
        order.push(`${name} in`)
        await new Promise((resolve) => setImmediate(resolve))
        order.push(`${name} out`)
      }),
    ),
  )
  expect(order.map((step) => step.split(' ')[1])).toEqual(['in', 'out', 'in', 'out'])
})

it('fails where its folder does not exist', async () => {
  await expect(
    withProcessLock(join(temporaryFolder(), 'none', '.lock'), () => Promise.resolve()),
  ).rejects.toMatchObject({ code: 'ENOENT' })
})

it('gives up waiting for a suspended holder, and leaves nothing behind', async () => {
  const folder = temporaryFolder()
  const lock = join(folder, '.lock')
  const holder = await startHolder(folder, lock)
  holder.kill('SIGSTOP')
  const stop = new AbortController()
  const waiting = withProcessLock(lock, () => Promise.resolve('mine'), stop.signal)
  while (readdirSync(folder).filter((name) => name.startsWith('.lock.')).length === 0) await turn()
  stop.abort()
  await expect(waiting).rejects.toBe(stop.signal.reason)
  await expect(withProcessLock(lock, () => Promise.resolve('mine'), stop.signal)).rejects.toBe(stop.signal.reason)
  expect(readdirSync(folder).filter((name) => name.startsWith('.lock.'))).toEqual([])
  expect(readdirSync(lock)).toHaveLength(1)
})

it('removes what processes that were killed while waiting left behind, and nothing else', async () => {
  const folder = temporaryFolder()
  const lock = join(folder, '.lock')
  for (const name of ['.lock.dead11', '.lock.live11', '.lock.none11', '.lock.longer1', '.other1']) {
    mkdirSync(join(folder, name))
  }
  writeFileSync(join(folder, '.lock.file11'), '')
  await leaveDeadSocket(join(folder, '.lock.dead11', 'a'))
  await leaveDeadSocket(join(folder, '.lock.live11', 'a'))
  const waiter = createServer().listen(join(folder, '.lock.live11', 'b'))
  onTestFinished(() => void waiter.close())
  await once(waiter, 'listening')
  await withProcessLock(lock, () => Promise.resolve())
  expect(readdirSync(folder).sort()).toEqual(['.lock.file11', '.lock.live11', '.lock.longer1', '.other1'])
})

it('waits again if a sweep removed its folder just before it could be used', async () => {
  const folder = temporaryFolder()
  const lock = join(folder, '.lock')
  const order: string[] = []
  const work = async (name: string) => {
    for (let time = 0; time < 50; time += 1) {
      await withProcessLock(lock, async () => {
        order.push(`${name} begins`)
        await turn()
        order.push(`${name} ends`)
      })
    }
  }
  // Each holder sweeps, while the others make their folders.
  const names = ['a', 'b', 'c', 'd', 'e']
  await Promise.all(names.map(work))
  expect(order).toHaveLength(names.length * 50 * 2)
  for (let at = 0; at < order.length; at += 2) expect(order[at + 1]).toBe(order[at]!.replace('begins', 'ends'))
  expect(readdirSync(folder)).toEqual([])
})

/** Another process that holds the lock until it is killed, at the end of the test at the latest. */
async function startHolder(folder: string, lock: string) {
  const program = bundle(
    folder,
    `import { withProcessLock } from './src/core/files/process-lock.ts'
     void withProcessLock(process.argv[2], () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1e6)) })`,
  )
  const holder = spawn(process.execPath, [program, lock], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  return holder
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** What a killed process leaves: a socket on which nobody listens. */
async function leaveDeadSocket(path: string): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', program]), 'exit')
}

function counting(folder: string): string {
  return bundle(
    folder,
    `import { readFileSync, writeFileSync } from 'node:fs'
     import { setImmediate } from 'node:timers/promises'
     import { withProcessLock } from './src/core/files/process-lock.ts'
     const [, , lock, counter, times] = process.argv
     const count = async () => {
       for (let left = Number(times); left > 0; left -= 1) {
         await withProcessLock(lock, async () => {
           const value = Number(readFileSync(counter, 'utf8'))
           await setImmediate()
           writeFileSync(counter, String(value + 1))
         })
       }
     }
     void count()`,
  )
}
