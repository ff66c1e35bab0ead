import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSystemClock } from '../../../../src/core/time/clock.ts'
import { createRunProgram } from '../../../../src/daemon/process/run-program.ts'
import { hasEnded } from '../../../support/has-ended.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { until } from '../../../support/vault-world.ts'

const environment = { PATH: process.env.PATH }
const clock = createSystemClock(() => performance.now() / 1000)

it('resolves to what the program prints', async () => {
  const runProgram = createRunProgram({ clock, timeoutMs: 30_000 })
  expect(await runProgram('sh', ['-c', 'echo "$WHO"; echo there'], { ...environment, WHO: 'jo' })).toBe('jo\nthere')
})

it('kills a program that ignores SIGTERM', async () => {
  const runProgram = createRunProgram({ clock, timeoutMs: 100 })
  const stubborn = `trap '' TERM; while :; do :; done`
  await expect(runProgram('sh', ['-c', stubborn], environment)).rejects.toMatchObject({ killed: true })
})

it('kills what a program that hangs has started', async () => {
  const runProgram = createRunProgram({ clock, timeoutMs: 500 })
  const file = join(temporaryFolder(), 'pid')
  const line = `sleep 600 & echo $! >${file}; wait`
  await expect(runProgram('sh', ['-c', line], environment)).rejects.toMatchObject({ killed: true, code: null })
  const pid = Number(readFileSync(file, 'utf8'))
  expect(pid).toBeGreaterThan(1)
  await until(() => hasEnded(pid))
})

it('says with which status a program has failed, and nothing that it has printed', async () => {
  const runProgram = createRunProgram({ clock, timeoutMs: 30_000 })
  const failed = runProgram('sh', ['-c', 'echo secret; echo secret >&2; exit 3'], environment)
  await expect(failed).rejects.toMatchObject({ code: 3, killed: false, message: 'the program has exited' })
  await expect(runProgram('/no/such/program', [], environment)).rejects.toMatchObject({ code: 'ENOENT' })
})
