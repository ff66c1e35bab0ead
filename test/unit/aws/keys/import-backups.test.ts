import { expect, it } from 'vitest'
import { createImportBackups } from '../../../../src/aws/keys/import-backups.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const keys = [{ source: 'base', accessKeyId: 'AKIABASE00000000', isNew: true }]
const files = [
  {
    path: '/a',
    before: '0',
    after: '1',
    hunks: [{ at: 1, context: ['[base]\n'], removed: ['secret = x\r\n'], added: [] }],
  },
]

function setUp() {
  const [keychain, clock] = [stubKeychain(), fakeClock()]
  return { keychain, clock, backups: createImportBackups(keychain, clock) }
}

it('keeps what files had in the keychain alone, byte for byte, across restarts', async () => {
  const { keychain, clock, backups } = setUp()
  const id = await backups.begin({ keys, files })
  const restarted = createImportBackups(keychain, clock)
  expect(await restarted.list()).toEqual([{ id, startedAtMs: clock.now(), isComplete: false, keys, files }])
  await restarted.complete(id)
  expect(await backups.list()).toMatchObject([{ id, isComplete: true, files }])
  expect(await keychain.list()).toEqual([`aws/import/${id}`])
})

it('tells imports of the same instant apart, and keeps their order', async () => {
  const { backups } = setUp()
  const ids = [await backups.begin({ keys, files }), await backups.begin({ keys, files: [] })]
  expect(new Set(ids).size).toBe(2)
  expect((await backups.list()).map(({ id }) => id)).toEqual(ids)
})

it('is rid of them after thirty days', async () => {
  const { keychain, clock, backups } = setUp()
  await backups.begin({ keys, files })
  clock.advance(30 * 86_400_000 - 1)
  expect(await backups.list()).toHaveLength(1)
  clock.advance(1)
  expect(await backups.list()).toEqual([])
  expect(await keychain.list()).toEqual([])
})

it('is rid of them with the key of a source, and one by one', async () => {
  const { backups } = setUp()
  const id = await backups.begin({ keys, files })
  const other = await backups.begin({ keys: [{ ...keys[0]!, source: 'other' }], files })
  await backups.removeOf('base')
  expect((await backups.list()).map((each) => each.id)).toEqual([other])
  expect([await backups.remove(other), await backups.remove(other), await backups.remove(id)]).toEqual([
    true,
    false,
    false,
  ])
})

it('drops what it cannot read', async () => {
  const { keychain, backups } = setUp()
  await keychain.set('aws/import/1', new Secret('{"keys":'))
  await keychain.set('aws/import/2', new Secret('{"keys":[]}'))
  expect(await backups.list()).toEqual([])
  expect(await keychain.list()).toEqual([])
})

it('drops nothing while the keychain is locked', async () => {
  const { keychain, backups } = setUp()
  await backups.begin({ keys, files })
  keychain.lock()
  await expect(backups.list()).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  keychain.unlock()
  expect(await backups.list()).toHaveLength(1)
})
