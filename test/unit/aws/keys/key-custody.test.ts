import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { KeychainError } from '../../../../src/keychain/keychain.ts'
import { person, rejection, serial, unattended, usualSettings, world } from '../../../support/aws-world.ts'

describe('a key that is put in', () => {
  it('is checked with AWS, which names its owner, and stored', async () => {
    const { aws, sts, keychain } = await world()
    const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
    expect(await aws.keys.put('other/account', key)).toEqual({
      source: 'other/account',
      accessKeyId: key.accessKeyId,
      isVerified: true,
      accountId: '444455556666',
      arn: 'arn:aws:iam::444455556666:user/kim',
    })
    expect(await keychain.list()).toEqual(['aws/key/master', 'aws/key/other%2Faccount'])
    expect(await aws.keys.list()).toEqual({
      keys: [
        { source: 'master', accessKeyId: expect.stringMatching(/^AKIA/) },
        { source: 'other/account', accessKeyId: key.accessKeyId },
      ],
      unreadable: [],
    })
  })

  it.each(['put', 'adopt'] as const)(
    'is not stored under the name of a role (%s), where no other one is',
    async (way) => {
      const { aws, sts, keychain } = await world()
      const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
      await expect(aws.keys[way]('dev', key)).rejects.toMatchObject({
        code: 'AWS_PROFILE_INVALID',
        message: 'dev is a profile that uses the key of master: nothing is stored',
        hint: 'latchkey aws keys add master, or under a name that no profile has',
      })
      expect(sts.calls).toEqual([])
      expect(await keychain.list()).toEqual(['aws/key/master'])
    },
  )

  it('is asked about in the region of its source', async () => {
    const { aws, sts } = await world({
      settings: { ...usualSettings, sources: { master: { mfa_serial: serial, region: 'eu-north-1' } } },
    })
    await aws.keys.put('master', sts.addUser('arn:aws:iam::444455556666:user/kim'), true)
    await aws.keys.put('unknown', sts.addUser('arn:aws:iam::444455556666:user/lu'))
    expect(sts.calls.map(({ region }) => region)).toEqual(['eu-north-1', 'us-east-1'])
  })

  it('is not stored where AWS refuses it', async () => {
    const { aws, sts, keychain } = await world()
    const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
    const mistyped = { ...key, secretAccessKey: new Secret('mistyped-secret') }
    const wrongSecret = await rejection(aws.keys.put('kim', mistyped))
    expect(wrongSecret).toMatchObject({ code: 'AWS_KEY_REFUSED', hint: 'latchkey aws keys add kim' })
    expect(wrongSecret.message).toContain('a different secret')
    const unknown = await rejection(aws.keys.put('kim', { ...key, accessKeyId: 'AKIAUNKNOWN00000000' }))
    expect(unknown.message).toContain('AKIA…0000 of kim: deleted, inactive')
    expect(await keychain.list()).toEqual(['aws/key/master'])
  })

  it.each(['', 'a\nb', '__proto__'])('is not stored as %j, which no section can be called', async (name) => {
    const { aws, sts, keychain } = await world()
    const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
    for (const store of [aws.keys.put, aws.keys.adopt]) {
      const error = await rejection(store(name, key))
      expect(error).toMatchObject({ code: 'AWS_PROFILE_INVALID', hint: 'latchkey help aws keys add' })
    }
    expect(await keychain.list()).toEqual(['aws/key/master'])
    expect(sts.calls).toEqual([])
  })

  it('is stored unchecked where AWS cannot be reached', async () => {
    const { aws, sts, log } = await world()
    const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
    sts.failNext('GetCallerIdentity', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
    expect(await aws.keys.put('kim', key)).toEqual({ source: 'kim', accessKeyId: key.accessKeyId, isVerified: false })
    expect(log.join('')).toContain('could not be checked')
  })

  it('ends what was made with the key before it', async () => {
    const { aws, sts, clock, asked } = await world()
    await aws.credentials('dev', person)
    await aws.keys.put('master', sts.addUser('arn:aws:iam::111122223333:user/jo', { device: serial }))
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
    clock.advance(31_000)
    await aws.credentials('dev', person)
    expect(asked).toHaveLength(2)
  })

  it('ends it first, so that no session outlives its key where the keychain fails half-way', async () => {
    const { aws, sts, keychain, key, restart } = await world()
    await aws.credentials('dev', person)
    keychain.delete = async () => {
      throw new KeychainError('KEYCHAIN_TIMEOUT', 'the keychain does not answer')
    }
    const other = sts.addUser('arn:aws:iam::111122223333:user/jo', { device: serial })
    expect(await rejection(aws.keys.put('master', other))).toMatchObject({ code: 'KEYCHAIN_TIMEOUT' })
    expect((await restart().keys.list()).keys).toEqual([{ source: 'master', accessKeyId: key.accessKeyId }])
  })

  it('ends what was made with the key before it while it was being stored', async () => {
    const { aws, sts, keychain } = await world()
    const { set } = keychain
    keychain.set = async (name, value) => {
      keychain.set = set
      await aws.credentials('dev', person)
      await set(name, value)
    }
    await aws.keys.put('master', sts.addUser('arn:aws:iam::111122223333:user/jo', { device: serial }))
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
  })

  it('that is the same ends nothing', async () => {
    const { aws, key } = await world()
    await aws.credentials('dev', person)
    await aws.keys.put('master', key)
    await aws.credentials('dev', unattended)
  })

  describe('in the place of another one', () => {
    const jo = 'arn:aws:iam::111122223333:user/jo'
    const kim = 'arn:aws:iam::111122223333:user/kim'

    it('replaces it where both are of one user', async () => {
      const { aws, sts } = await world()
      const other = sts.addUser(jo)
      expect(await aws.keys.put('master', other)).toMatchObject({ isVerified: true, arn: jo })
      expect((await aws.keys.list()).keys).toEqual([{ source: 'master', accessKeyId: other.accessKeyId }])
    })

    it('of another user is stored only where that is meant, and ends nothing else', async () => {
      const { aws, sts, key } = await world()
      await aws.credentials('dev', person)
      const other = sts.addUser(kim)
      expect(await aws.keys.put('master', other)).toEqual({ type: 'other-user', heldBy: jo, arn: kim })
      expect((await aws.keys.list()).keys).toEqual([{ source: 'master', accessKeyId: key.accessKeyId }])
      await aws.credentials('dev', unattended)
      expect(await aws.keys.put('master', other, true)).toMatchObject({ accessKeyId: other.accessKeyId, arn: kim })
    })

    it('replaces one that AWS does not know any more', async () => {
      const { aws, sts, key } = await world()
      sts.deactivate(key.accessKeyId)
      expect(await aws.keys.put('master', sts.addUser(kim))).toMatchObject({ isVerified: true, arn: kim })
    })

    it.each([
      ['of either', 2, {}],
      ['of the one that is held', 1, { arn: kim }],
    ])('is not stored unasked where AWS cannot say %s whose it is', async (_, failures, known) => {
      const { aws, sts, key } = await world()
      const other = sts.addUser(kim)
      for (let count = 0; count < failures; count += 1)
        sts.failNext('GetCallerIdentity', new AwsError('AWS_UNREACHABLE', 'cannot reach STS'))
      expect(await aws.keys.put('master', other)).toEqual({ type: 'other-user', ...known })
      expect((await aws.keys.list()).keys).toEqual([{ source: 'master', accessKeyId: key.accessKeyId }])
    })
  })

  it('replaces one that can no longer be read', async () => {
    const { aws, keychain, key } = await world()
    await keychain.set('aws/key/master', new Secret('{"accessKeyId":5}'))
    const error = await rejection(aws.credentials('dev', person))
    expect(error).toMatchObject({ code: 'AWS_KEY_CORRUPT', hint: 'latchkey aws keys add master' })
    await aws.keys.put('master', key)
    await aws.credentials('dev', person)
  })

  it('is not stored in a keychain that is locked', async () => {
    const { aws, keychain, key } = await world()
    keychain.lock()
    expect(await rejection(aws.keys.put('master', key))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  })
})

describe('a key that stands in a file only', () => {
  it('is stored and read back', async () => {
    const { aws, sts, keychain } = await world()
    const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
    expect(await aws.keys.adopt('kim', key)).toMatchObject({ isVerified: true, accountId: '444455556666' })
    expect((await aws.keys.list()).keys.map(({ source }) => source)).toEqual(['kim', 'master'])
    expect(keychain.reads.at(-3)).toBe('aws/key/kim')
  })

  it('is not stored where AWS refuses it, and where the keychain is locked', async () => {
    const { aws, sts, keychain } = await world()
    const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
    sts.deactivate(key.accessKeyId)
    expect(await rejection(aws.keys.adopt('kim', key))).toMatchObject({
      code: 'AWS_KEY_REFUSED',
      hint: 'take it out of its file if it is of no use any more (AWS takes a few seconds to know a new key)',
    })
    keychain.lock()
    expect(await rejection(aws.keys.adopt('kim', key))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
  })

  it('does not replace another one', async () => {
    const { aws, sts, key } = await world()
    const other = sts.addUser('arn:aws:iam::444455556666:user/kim')
    expect(await rejection(aws.keys.adopt('master', other))).toMatchObject({
      code: 'AWS_KEY_EXISTS',
      hint: expect.stringContaining('latchkey aws keys remove master') as string,
    })
    expect((await aws.keys.list()).keys).toEqual([{ source: 'master', accessKeyId: key.accessKeyId }])
  })

  it('may be there already', async () => {
    const { aws, key } = await world()
    expect(await aws.keys.adopt('master', key)).toMatchObject({ source: 'master', isVerified: true })
  })

  it('is not believed to be stored where the keychain forgot it at once', async () => {
    const { aws, sts, keychain } = await world()
    keychain.set = async () => {}
    const key = sts.addUser('arn:aws:iam::444455556666:user/kim')
    expect(await rejection(aws.keys.adopt('kim', key))).toMatchObject({ code: 'AWS_KEY_MISSING' })
  })
})

describe('a key that is removed', () => {
  it('goes last, so that no session outlives it where the keychain fails half-way', async () => {
    const { aws, keychain } = await world()
    await aws.credentials('dev', person)
    const remove = keychain.delete
    keychain.delete = async (name) => {
      if (name.startsWith('aws/session/')) throw new KeychainError('KEYCHAIN_TIMEOUT', 'the keychain does not answer')
      return remove(name)
    }
    expect(await rejection(aws.keys.remove('master'))).toMatchObject({ code: 'KEYCHAIN_TIMEOUT' })
    expect((await aws.keys.list()).keys).toHaveLength(1)
  })

  it('takes with it what was made with it', async () => {
    const { aws, keychain } = await world()
    await aws.credentials('dev', person)
    const key = { source: 'master', accessKeyId: 'AKIA', isNew: true }
    await aws.keys.backups.begin({ keys: [key], files: [] })
    expect(await aws.keys.remove('master')).toBe(true)
    expect(await aws.keys.remove('master')).toBe(false)
    expect(await keychain.list()).toEqual([])
    expect(await rejection(aws.credentials('dev', person))).toMatchObject({ code: 'AWS_KEY_MISSING' })
  })
})
