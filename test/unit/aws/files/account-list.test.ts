import { expect, it } from 'vitest'
import { parseAccountList } from '../../../../src/aws/files/account-list.ts'

const account = { Id: '123456789012', Name: 'Dev two' }
const read = (list: unknown) => parseAccountList(JSON.stringify(list))

it('reads what the AWS CLI prints, and only the accounts that are active', () => {
  const Accounts = [
    { ...account, Arn: 'arn:…', Status: 'ACTIVE', State: 'ACTIVE' },
    { Id: '111122223333', Name: 'Gone', Status: 'SUSPENDED' },
    { Id: '444455556666', Name: 'Going', State: 'PENDING_CLOSURE' },
  ]
  expect(parseAccountList(`\uFEFF${JSON.stringify({ Accounts })}`)).toEqual([{ id: account.Id, name: 'Dev two' }])
  expect(read([account])).toEqual([{ id: account.Id, name: 'Dev two' }])
  expect(read([])).toEqual([])
})

it.each([
  ['it is no JSON', '{'],
  ['it is no JSON', '<html>'],
  ['it has no array "Accounts"', '{}'],
  ['it has no array "Accounts"', 'null'],
  ['it has no array "Accounts"', '{"Accounts":{"length":3}}'],
  ['entry 2 is no object', JSON.stringify([account, 'x'])],
  ['the Id of entry 1 is not 12 digits', JSON.stringify([{ ...account, Id: 123_456_789_012 }])],
  ['the Id of entry 1 is not 12 digits', JSON.stringify([{ ...account, Id: '12345678901٢' }])],
  ['the Name of account 123456789012 is not a text', JSON.stringify([{ Id: account.Id }])],
  ['the Name of account 123456789012 is not a text', JSON.stringify([{ ...account, Name: 'a\u001b[2J' }])],
  ['the Name of account 123456789012 is not a text', JSON.stringify([{ ...account, Name: 'a\u202eb' }])],
  ['the Name of account 123456789012 is not a text', JSON.stringify([{ ...account, Name: 'a\nb' }])],
  ['the Name of account 123456789012 is not a text', JSON.stringify([{ ...account, Name: 'x'.repeat(51) }])],
  ['the Name of account 123456789012 has nothing', JSON.stringify([{ ...account, Name: '][' }])],
  ['it has account 123456789012 more than once', JSON.stringify([account, account])],
  ['it has more than 2000 accounts', JSON.stringify(Array.from({ length: 2001 }, () => account))],
])('refuses a list as a whole, since %s', (reason, text) => {
  expect(() => parseAccountList(text)).toThrow(
    expect.objectContaining({ code: 'AWS_LIST_INVALID', message: expect.stringContaining(reason) as string }),
  )
})
