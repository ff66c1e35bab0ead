import { expect, it } from 'vitest'
import { bundle } from '../../../support/bundle.ts'
import { run } from '../../../support/run.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** Runs `source` in a process that ends on faults. */
async function failWith(source: string) {
  const program = bundle(
    temporaryFolder(),
    `import { CodedError } from './src/core/errors.ts'
     import { createLogger } from './src/core/log.ts'
     import { endOnFault } from './src/daemon/process/process-faults.ts'
     endOnFault(process, createLogger({ write: (line) => process.stderr.write(line), level: 'error' }))
     setInterval(() => {}, 1e6)
     function breakDown() { ${source} }
     setImmediate(breakDown)`,
  )
  return await run(process.execPath, [program])
}

it.each([
  ['an error that is thrown', 'throw Object.assign(', 'uncaughtException'],
  ['a promise that nobody waits for', 'void Promise.reject(Object.assign(', 'unhandledRejection'],
])('%s ends the process, and is logged in one line without what it carries', async (_, begin, origin) => {
  const error =
    "new SyntaxError('hunter2 is not JSON'), { code: 'EBAD', headers: { token: 'hunter2' }, cause: 'hunter2' }"
  const { status, stdout, stderr } = await failWith(`${begin}${error})${begin.includes('Promise') ? ')' : ''}`)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(
    new RegExp(
      `^error: ended by an unhandled error origin=${origin} type=SyntaxError code=EBAD at=".*breakDown.*"\\n$`,
    ),
  )
  expect(stderr).not.toContain('hunter2')
})

it('an error of our own is reported with its message', async () => {
  const { status, stderr } = await failWith("throw new CodedError('VAULT_SEALED', 'the vault is sealed')")
  expect(status).toBe(1)
  expect(stderr).toContain('type=CodedError code=VAULT_SEALED reason="the vault is sealed"')
})

it.each(["throw 'hunter2'", "void Promise.reject('hunter2')"])('what is no error is not told: %s', async (source) => {
  const { status, stderr } = await failWith(source)
  expect(status).toBe(1)
  expect(stderr).toMatch(/^error: ended by an unhandled error .*\n$/)
  expect(stderr).not.toContain('hunter2')
})
