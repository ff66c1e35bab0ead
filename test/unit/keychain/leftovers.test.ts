import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../../src/core/log.ts'
import { sweepKeychain } from '../../../src/keychain/leftovers.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const random = '0123456789ab'

function world(...names: string[]) {
  const folder = temporaryFolder()
  for (const name of names) writeFileSync(join(folder, name), name)
  const lines: string[] = []
  const log = createLogger({ write: (line) => lines.push(line), level: 'info' })
  const clock = fakeClock()
  return { folder, lines, clock, sweep: (path = join(folder, 'keychain')) => sweepKeychain(path, { clock, log }) }
}

it('takes away what killed writers have left, and nothing else', async () => {
  const kept = [
    'keychain',
    'keychain.key',
    'keychain.store',
    '.keychain.backup',
    `.other.${random}`,
    'keychain.key.old',
  ]
  const left = [`.keychain.${random}`, `.keychain.store.${random}`, `keychain.key.${random}`]
  const { folder, lines, sweep } = world(...kept, ...left)
  mkdirSync(join(folder, `.keychain.${random.replace('0', 'f')}`))
  for (const name of ['.keychain.lock', '.keychain.lock.waiter']) {
    mkdirSync(join(folder, name))
    const program = `require('net').createServer().listen(${JSON.stringify(join(folder, name, 'a'))}, () => process.kill(process.pid, 'SIGKILL'))`
    await once(spawn(process.execPath, ['-e', program]), 'exit')
  }
  await sweep()
  // A folder of such a name is not ours.
  expect(readdirSync(folder).sort()).toEqual([...kept, `.keychain.${random.replace('0', 'f')}`].sort())
  expect(lines).toEqual([])
})

it('takes no lock where there is nothing to take away, and makes no folder', async () => {
  const { folder, sweep } = world('keychain')
  await sweep()
  await sweep(join(folder, 'none', 'keychain'))
  expect(readdirSync(folder)).toEqual(['keychain'])
})

it('takes nothing from a writer that lives, and does not keep a daemon from its start', async () => {
  const { folder, lines, clock, sweep } = world(`.keychain.${random}`)
  mkdirSync(join(folder, '.keychain.lock'))
  const writer = createServer().listen(join(folder, '.keychain.lock', 'a'))
  onTestFinished(() => void writer.close())
  await once(writer, 'listening')
  const swept = sweep()
  await once(writer, 'connection')
  clock.advance(2_000)
  await swept
  expect(readdirSync(folder)).toContain(`.keychain.${random}`)
  expect(lines.join()).toContain('still there')
})

it('touches nothing in a folder that others can change', async () => {
  const { folder, sweep } = world(`.keychain.${random}`)
  chmodSync(folder, 0o757)
  await sweep()
  expect(readdirSync(folder)).toEqual([`.keychain.${random}`])
})
