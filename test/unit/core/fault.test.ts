import { expect, it } from 'vitest'
import { CodedError } from '../../../src/core/errors.ts'
import { describeFault } from '../../../src/core/fault.ts'

const parserError = () => {
  try {
    return JSON.parse('hunter2')
  } catch (error) {
    return error
  }
}

it('reports kind and place of a foreign error, but not its message, which may quote what it read', () => {
  const fault = describeFault(parserError())
  expect(fault).toMatchObject({ type: 'SyntaxError', code: undefined, reason: undefined })
  expect(fault.at).toContain('fault.test.ts')
  expect(String(fault.at).split(' < ').length).toBeLessThanOrEqual(8)
  expect(JSON.stringify(fault)).not.toContain('hunter2')
})

it('reports the code of a system error, and the message of our own', () => {
  expect(describeFault(Object.assign(new Error('no'), { code: 'ENOENT' }))).toMatchObject({ code: 'ENOENT' })
  expect(describeFault(new CodedError('VAULT_SEALED', 'the vault is sealed'))).toMatchObject({
    type: 'CodedError',
    code: 'VAULT_SEALED',
    reason: 'the vault is sealed',
  })
})

it('reports only the type of a thrown value that is not an error', () => {
  expect(describeFault('hunter2')).toEqual({ type: 'string' })
})
