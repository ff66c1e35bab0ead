import { expect, it } from 'vitest'
import { createRunProgram } from '../../../../src/daemon/process/run-program.ts'

const environment = { PATH: process.env.PATH }

it('resolves to what the program prints', async () => {
  const runProgram = createRunProgram({ timeoutMs: 30_000 })
  expect(await runProgram('sh', ['-c', 'echo "$WHO"'], { ...environment, WHO: 'jo' })).toBe('jo\n')
})

it('kills a program that ignores SIGTERM', async () => {
  const runProgram = createRunProgram({ timeoutMs: 100 })
  const stubborn = `trap '' TERM; while :; do :; done`
  await expect(runProgram('sh', ['-c', stubborn], environment)).rejects.toMatchObject({ signal: 'SIGKILL' })
})
