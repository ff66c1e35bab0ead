import { expect, it } from 'vitest'
import { listName } from '../../../../src/helper/profiles/list-name.ts'

const name = (address: string) => listName(new URL(address))
const plain = 'https://lists.test/a/accounts.json'

it.each([
  '',
  '?',
  '#part',
  '?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F1&X-Amz-Date=2&X-Amz-Expires=60&X-Amz-Security-Token=t&X-Amz-Signature=s',
  '?AWSAccessKeyId=AKIA&Expires=1&Signature=s',
  '?Policy=p&Signature=s&Key-Pair-Id=k',
  '?X-Goog-Signature=s&GoogleAccessId=g',
  '?sv=2022-11-02&st=1&se=2&sr=b&sp=r&spr=https&sig=s',
  '?private_token=t',
])('is the address alone with %j, which is a signature or a token', (rest) => {
  expect(name(plain + rest)).toBe(plain)
})

it('is another one where something else follows, and shows nothing of it', () => {
  const teams = ['?team=alpha', '?team=beta', '?sp=alpha', '?team'].map((rest) => name(plain + rest))
  expect(new Set(teams).size).toBe(4)
  for (const team of teams) expect(team).toMatch(/^https:\/\/lists\.test\/a\/accounts\.json\?sha256=[0-9a-f]{12}$/)
})

it('is the same in any order, and whatever the signature is', () => {
  expect(name(`${plain}?a=1&b=2&X-Amz-Signature=x`)).toBe(name(`${plain}?b=2&X-Amz-Signature=y&a=1`))
})
