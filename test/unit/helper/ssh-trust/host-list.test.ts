import { expect, it } from 'vitest'
import { hostNamesOf } from '../../../../src/helper/ssh-trust/host-list.ts'

it('reads names and addresses, with ports and without, each once', () => {
  expect(hostNamesOf(['Web-1.example.com', 'web-1.EXAMPLE.com', '10.0.0.1', '2001:db8::1', '[web]:2222'])).toEqual([
    { host: 'web-1.example.com', port: 22 },
    { host: '10.0.0.1', port: 22 },
    { host: '2001:db8::1', port: 22 },
    { host: 'web', port: 2222 },
  ])
})

it.each([
  '*',
  'web*',
  'w?b',
  '!web',
  'a,b',
  '|1|a|b',
  '@revoked',
  '#web',
  '-oA=b',
  '[web]:0',
  'web:22',
  'a b',
  'a\nb',
  '',
])('takes %j for none', (text) => expect(hostNamesOf(['web', text])).toBeUndefined())
