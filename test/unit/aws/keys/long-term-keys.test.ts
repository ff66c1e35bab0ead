import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createLongTermKeys } from '../../../../src/aws/keys/long-term-keys.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { stubKeychain } from '../../../support/aws-stub-keychain.ts'
import { rejection } from '../../../support/aws-world.ts'

const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('the/secret+of=jo') }

describe('long-term keys', () => {
  it('come back from the keychain as they went in, under any name', async () => {
    const keys = createLongTermKeys(stubKeychain())
    for (const source of ['master', 'a/b c', '__proto__', 'müller']) {
      await keys.write(source, key)
      const read = await keys.read(source)
      expect(read.accessKeyId).toBe(key.accessKeyId)
      expect(read.secretAccessKey.expose()).toBe('the/secret+of=jo')
    }
    expect([...(await keys.sources())].sort()).toEqual(['__proto__', 'a/b c', 'master', 'müller'])
  })

  it('that are missing are an error that says what to run; find says undefined', async () => {
    const keys = createLongTermKeys(stubKeychain())
    expect(await keys.find('master')).toBeUndefined()
    expect(await rejection(keys.read('master'))).toMatchObject({
      code: 'AWS_KEY_MISSING',
      message: 'no access key for master in the keychain (stub)',
      hint: 'latchkey aws keys add master',
    })
    expect(await rejection(keys.read("jo's; x"))).toMatchObject({ hint: `latchkey aws keys add 'jo'\\''s; x'` })
  })

  it.each(['', 'not json with the-secret', '[]', '{"accessKeyId":"AKIA","secretAccessKey":1}'])(
    'that are damaged are an error that quotes nothing: %s',
    async (item) => {
      const keychain = stubKeychain()
      await keychain.set('aws/key/master', new Secret(item))
      const error = await rejection(createLongTermKeys(keychain).read('master'))
      expect(error).toMatchObject({ code: 'AWS_KEY_CORRUPT' })
      expect(inspect(error, { depth: 9 })).not.toContain('the-secret')
    },
  )

  it('are removed once', async () => {
    const keys = createLongTermKeys(stubKeychain())
    await keys.write('master', key)
    expect(await keys.remove('master')).toBe(true)
    expect(await keys.remove('master')).toBe(false)
    expect(await keys.sources()).toEqual([])
  })
})
