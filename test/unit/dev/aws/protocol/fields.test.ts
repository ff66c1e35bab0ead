import { expect, it } from 'vitest'
import { createFieldReader } from '../../../../../src/dev/aws/protocol/fields.ts'

function reader(fields: Record<string, string>) {
  return createFieldReader({ service: 'sts', action: 'A', fields: new Map(Object.entries(fields)) })
}

const name = { min: 2, max: 5, pattern: '[\\w@-]*' }
const seconds = { min: 900, max: 3600 }

it('returns what fits, and undefined for what is not given', () => {
  const fields = reader({ Name: 'jo@x', DurationSeconds: '900' })
  expect(fields.requiredText('Name', name)).toBe('jo@x')
  expect(fields.integer('DurationSeconds', seconds)).toBe(900)
  expect(fields.text('Other', name)).toBeUndefined()
  expect(fields.integer('Other', seconds)).toBeUndefined()
  expect(() => fields.check()).not.toThrow()
})

it.each([
  ['Name', 'a', 'Member must have length greater than or equal to 2'],
  ['Name', 'abcdef', 'Member must have length less than or equal to 5'],
  ['Name', 'a b', 'Member must satisfy regular expression pattern: [\\w@-]*'],
  ['Name', 'ab\n', 'Member must satisfy regular expression pattern: [\\w@-]*'],
  ['DurationSeconds', '899', 'Member must have value greater than or equal to 900'],
  ['DurationSeconds', '-1', 'Member must have value greater than or equal to 900'],
  ['DurationSeconds', '3601', 'Member must have value less than or equal to 3600'],
  ['DurationSeconds', '1e3', 'Member must be an integer'],
  ['DurationSeconds', '', 'Member must be an integer'],
])('refuses %s %j in the words of AWS', (field, value, constraint) => {
  const fields = reader({ [field]: value })
  fields.text('Name', name)
  fields.integer('DurationSeconds', seconds)
  const shown = field.charAt(0).toLowerCase() + field.slice(1)
  expect(() => fields.check()).toThrow(
    expect.objectContaining({
      code: 'ValidationError',
      message: `1 validation error detected: Value '${value}' at '${shown}' failed to satisfy constraint: ${constraint}`,
    }),
  )
})

it('names everything that is wrong at once', () => {
  const fields = reader({ Name: '!' })
  fields.text('Name', name)
  fields.requiredText('RoleArn', name)
  expect(() => fields.check()).toThrow(
    "3 validation errors detected: Value '!' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '!' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w@-]*; Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
  )
})
