import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../src/aws/aws-error.ts'
import { inTime, keyItem, rotate, rotationWorld } from '../../../support/aws-rotation-world.ts'
import { person, rejection, unattended } from '../../../support/aws-world.ts'

const day = 86_400_000
const begun = ['made', 'in-use']

describe('a rotation', () => {
  it('asks for one code where an MFA session is held', async () => {
    const world = await rotationWorld()
    const aws = world.start()
    await aws.login('master', person)
    expect(await rotate(world, aws)).toEqual([...begun, 'session-needed', 'retired'])
    expect(world.questions).toHaveLength(2)
  })

  it('asks for two codes without one', async () => {
    const world = await rotationWorld()
    expect(await rotate(world, world.start())).toEqual(['session-needed', ...begun, 'session-needed', 'retired'])
    expect(world.questions).toHaveLength(2)
  })

  it('asks for none where the user has no device: the key signs', async () => {
    const world = await rotationWorld({ hasDevice: false })
    expect(await rotate(world, world.start())).toEqual([...begun, 'retired'])
    expect(world.questions).toEqual([])
  })

  it('says what it does with which key', async () => {
    const world = await rotationWorld({ hasDevice: false })
    world.iam.keys[0]!.use = { atMs: world.clock.now() - day, service: 's3' }
    const { rotation } = world.start()
    const made = await rotation.advance('master')
    const { accessKeyId } = world.iam.keys[1]!
    const former = { source: 'master', accessKeyId: world.key.accessKeyId }
    expect(made).toEqual({
      type: 'made',
      userName: 'jo',
      accessKeyId,
      former: {
        ...former,
        seen: {
          createdAt: '2025-09-24T03:04:05Z',
          lastUsedAt: '2026-01-01T03:04:05Z',
          use: 'used',
          seenAt: '2026-01-02T03:04:05Z',
        },
      },
    })
    expect(await rotation.advance('master')).toEqual({ type: 'in-use', accessKeyId })
    const retired = { type: 'retired', formerKeyId: former.accessKeyId, accessKeyId, retiredAt: '2026-01-02T03:04:05Z' }
    expect(await rotation.advance('master')).toEqual({ ...retired, isNew: true })
    expect(await rotation.advance('master')).toEqual({ ...retired, isNew: false })
    expect(await rotation.finish('master', true)).toEqual({ type: 'finished', formerKeyId: former.accessKeyId })
  })

  it('goes on with what the former key has made until the new one is known', async () => {
    const world = await rotationWorld()
    world.sts.addRole('arn:aws:iam::123456789012:role/Dev', { requiresMfa: true })
    world.iam.unknownForMs = 5_000
    const aws = world.start()
    await aws.login('master', person)
    await aws.rotation.advance('master')
    expect((await world.held()).accessKeyId).toBe(world.key.accessKeyId)
    expect(await aws.credentials('dev', unattended)).toBeDefined()
    await inTime(world.clock, aws.rotation.advance('master'))
    expect((await world.held()).accessKeyId).not.toBe(world.key.accessKeyId)
    // What the former key has made dies with it.
    expect(await rejection(aws.credentials('dev', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
  })

  it('waits for a new key, and comes again where AWS takes longer', async () => {
    const world = await rotationWorld({ hasDevice: false })
    world.iam.unknownForMs = 60_000
    const { rotation } = world.start()
    await rotation.advance('master')
    const { accessKeyId } = world.iam.keys[1]!
    const startMs = world.clock.now()
    expect(await rejection(inTime(world.clock, rotation.advance('master')))).toMatchObject({
      code: 'AWS_KEY_REFUSED',
      message: `AWS does not accept the new key yet (${accessKeyId}); the former one is still in use`,
      hint: 'wait a minute, then latchkey aws keys rotate master goes on from here',
    })
    expect(world.clock.now() - startMs).toBeLessThan(35_000)
    world.clock.advance(60_000)
    expect(await rotate(world, world.start())).toEqual(['in-use', 'retired'])
    expect(world.iam.changes.filter((change) => change === 'create')).toHaveLength(1)
  })

  it('is over where somebody has deleted the new key, and leaves the former one as it was', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const { rotation } = world.start()
    await rotation.advance('master')
    const { accessKeyId } = world.iam.keys.pop()!
    world.sts.deactivate(accessKeyId)
    expect(await rejection(inTime(world.clock, rotation.advance('master')))).toMatchObject({
      code: 'AWS_KEY_REFUSED',
      message: `AWS has the new key no more: somebody has deleted it (${accessKeyId}); the former one is still in use`,
    })
    expect(await rotate(world, world.start())).toEqual([...begun, 'retired'])
  })

  it('is finished where somebody has deleted the former key', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const { rotation } = world.start()
    await rotation.advance('master')
    await rotation.advance('master')
    world.iam.keys.shift()
    expect(await rotation.advance('master')).toEqual({ type: 'finished', formerKeyId: world.key.accessKeyId })
  })

  it('has its steps taken one after the other, however many run it', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const { rotation } = world.start()
    const steps = await Promise.all([1, 2, 3, 4].map(() => rotation.advance('master')))
    expect(steps.map(({ type }) => type)).toEqual([...begun, 'retired', 'retired'])
    expect(world.iam.keys).toHaveLength(2)
  })

  it('is not begun with a key that another source has as well', async () => {
    const world = await rotationWorld({ hasDevice: false })
    await world.keychain.set('aws/key/east', keyItem(world.key))
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({
      code: 'AWS_ROTATION_BLOCKED',
      message: `master: ${world.key.accessKeyId} is the key of east as well, which would stop working with it`,
    })
    expect(world.iam.changes).toEqual([])
  })

  it('is for sources: a profile is sent to its own', async () => {
    const { start } = await rotationWorld()
    expect(await rejection(start().rotation.advance('dev'))).toMatchObject({
      code: 'AWS_PROFILE_UNSUPPORTED',
      message: 'dev is a profile that uses the key of master',
      hint: 'latchkey aws keys rotate master',
    })
  })

  it('is not for the key of the root user', async () => {
    const world = await rotationWorld({ hasDevice: false })
    await world.keychain.set('aws/key/master', keyItem(world.sts.addUser('arn:aws:iam::111122223333:root')))
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({
      code: 'AWS_PROFILE_UNSUPPORTED',
      message: 'the key of master belongs to arn:aws:iam::111122223333:root, which is no IAM user',
    })
  })

  it('says what the user must be allowed to do', async () => {
    const world = await rotationWorld()
    world.settings.sources.master!.mfa_serial = undefined
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({
      code: 'AWS_DENIED',
      hint: 'the user must be allowed to manage their own access keys (iam:*AccessKey*); where the policy wants a code for that: latchkey aws mfa enroll master',
    })
  })
})

describe('a user with two keys', () => {
  const other = async (key: Parameters<Awaited<ReturnType<typeof rotationWorld>>['iam']['add']>[0]) => {
    const world = await rotationWorld()
    const id = world.iam.add(key)
    const aws = world.start()
    await aws.login('master', person)
    return { world, id, error: await rejection(aws.rotation.advance('master')) }
  }

  it('is told of both, with ages and last use, and nothing is changed', async () => {
    const createdAtMs = Date.UTC(2024, 0, 1)
    const use = { atMs: Date.UTC(2025, 5, 1), service: 'ec2' }
    const { world, id, error } = await other({ createdAtMs, use })
    expect(error).toMatchObject({
      code: 'AWS_ROTATION_BLOCKED',
      message: `jo has two access keys, and AWS allows no third: ${world.key.accessKeyId}, which is in the keychain (active, 100 days old, never used), and ${id} (active, 732 days old, last used 2025-06-01T00:00:00Z for ec2)`,
      hint: `find out what uses ${id}; if nothing does: latchkey aws exec master -- aws iam update-access-key --user-name jo --access-key-id ${id} --status Inactive, and delete it some days later`,
    })
    expect(world.iam.changes).toEqual([])
    expect(await world.keychain.list()).not.toContain('aws/rotation/master')
  })

  it('is told how to delete one that is inactive', async () => {
    const { id, error } = await other({ isActive: false, createdAtMs: Date.UTC(2025, 0, 1) })
    expect(error.message).toContain(`${id} (inactive, 366 days old, never used), perhaps left by an earlier rotation`)
    expect(error.hint).toBe(
      `if nothing needs ${id}: latchkey aws exec master -- aws iam delete-access-key --user-name jo --access-key-id ${id}`,
    )
  })

  it('is told so where the second one was made a moment ago', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const { createAccessKey } = world.iam
    world.iam.createAccessKey = async (...call) => {
      world.iam.add({ createdAtMs: world.clock.now() - day })
      return createAccessKey(...call)
    }
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({
      code: 'AWS_ROTATION_BLOCKED',
      message: expect.stringContaining('1 day old'),
    })
    expect(await world.keychain.list()).not.toContain('aws/rotation/master')
  })
})

describe('an answer that is lost', () => {
  const lost = async (aheadMs = 0) => {
    const world = await rotationWorld({ hasDevice: false })
    world.iam.aheadMs = aheadMs
    world.iam.loseAnswer()
    const error = await rejection(world.start().rotation.advance('master'))
    expect(error).toMatchObject({
      code: 'AWS_UNREACHABLE',
      message: 'IAM does not answer; whether AWS has made a key is not known',
      hint: 'latchkey aws keys rotate master finds out, and deletes a key whose secret is lost',
    })
    return { world, orphan: world.iam.keys[1]! }
  }

  it.each([
    ['right', 0],
    ['seven hours late', 7 * 3_600_000],
    ['seven hours early', -7 * 3_600_000],
  ])('is found out by the next run, which deletes the key that nobody has; the clock is %s', async (_, aheadMs) => {
    const { world, orphan } = await lost(aheadMs)
    world.clock.advance(day)
    expect(await rotate(world, world.start())).toEqual(['orphan-deleted', ...begun, 'retired'])
    expect(world.iam.changes).toContain(`delete ${orphan.accessKeyId}`)
  })

  it.each([
    [
      'was used: somebody has it',
      async ({ world, orphan }: Awaited<ReturnType<typeof lost>>) => {
        orphan.use = { atMs: world.clock.now(), service: 'sts' }
      },
    ],
    [
      'was made at another time',
      async ({ world, orphan }: Awaited<ReturnType<typeof lost>>) => {
        orphan.createdAtMs = world.clock.now() + 6 * 60_000
      },
    ],
    [
      'cannot be known to be unused',
      async ({ world }: Awaited<ReturnType<typeof lost>>) => {
        world.iam.hidesUse = true
      },
    ],
  ] as const)('does not cost a key that %s', async (_, change) => {
    const { world, orphan } = await lost()
    await change({ world, orphan })
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({ code: 'AWS_ROTATION_BLOCKED' })
    expect(world.iam.keys).toHaveLength(2)
  })

  it('has cost nothing where AWS made no key', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const { createAccessKey } = world.iam
    world.iam.createAccessKey = () => Promise.reject(new AwsError('AWS_UNREACHABLE', 'no route'))
    await rejection(world.start().rotation.advance('master'))
    world.iam.createAccessKey = createAccessKey
    expect(await rotate(world, world.start())).toEqual([...begun, 'retired'])
  })
})

describe('a keychain that does not take the new key', () => {
  it('costs nothing: the key is deleted again', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const { createAccessKey } = world.iam
    world.iam.createAccessKey = async (...call) => {
      const made = await createAccessKey(...call)
      world.keychain.makeReadOnly()
      return made
    }
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    expect(world.iam.keys.map(({ accessKeyId }) => accessKeyId)).toEqual([world.key.accessKeyId])
    world.keychain.unlock()
    world.iam.createAccessKey = createAccessKey
    expect(await rotate(world, world.start())).toEqual([...begun, 'retired'])
  })

  it('keeps AWS from being asked for one', async () => {
    const world = await rotationWorld({ hasDevice: false })
    world.keychain.makeReadOnly()
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({ code: 'KEYCHAIN_LOCKED' })
    expect(world.iam.changes).toEqual([])
  })
})

describe('a key that was changed by other means', () => {
  it('ends the rotation, whose new key is forgotten', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const aws = world.start()
    await aws.rotation.advance('master')
    const { secretAccessKey } = JSON.parse((await world.keychain.get('aws/rotation/master'))!.expose()).successor
    await aws.keys.put('master', world.sts.addUser('arn:aws:iam::111122223333:user/kim'), true)
    const items = await Promise.all((await world.keychain.list()).map((name) => world.keychain.get(name)))
    expect(items.map((item) => item!.expose()).join()).not.toContain(secretAccessKey)
  })

  it('is one that the journal of another does not speak of', async () => {
    const world = await rotationWorld({ hasDevice: false })
    await world.start().rotation.advance('master')
    const kim = world.sts.addUser('arn:aws:iam::111122223333:user/team/jo')
    world.iam.keys.splice(0, 2, { accessKeyId: kim.accessKeyId, isActive: true, createdAtMs: 0 })
    await world.keychain.set('aws/key/master', keyItem(kim))
    expect(await rotate(world, world.start())).toEqual([...begun, 'retired'])
  })
})

describe('finishing', () => {
  it('is refused where nothing was replaced, or not yet', async () => {
    const { start } = await rotationWorld({ hasDevice: false })
    const { rotation } = start()
    expect(await rejection(rotation.finish('master'))).toMatchObject({
      code: 'AWS_ROTATION_BLOCKED',
      message: 'no key of master has been replaced and waits to be deleted',
    })
    await rotation.advance('master')
    expect(await rejection(rotation.finish('master'))).toMatchObject({
      code: 'AWS_ROTATION_BLOCKED',
      message: 'the rotation of the key of master has stopped on the way',
    })
  })

  it('is refused where somebody has turned the key on again', async () => {
    const world = await rotationWorld()
    const aws = world.start()
    await rotate(world, aws)
    world.iam.keys[0]!.isActive = true
    expect(await rejection(aws.rotation.finish('master', true))).toMatchObject({
      code: 'AWS_ROTATION_BLOCKED',
      message: `${world.key.accessKeyId} is active again: somebody has turned it on since it was replaced, and may need it`,
      hint: expect.stringContaining(`update-access-key --user-name jo --access-key-id ${world.key.accessKeyId}`),
    })
    expect(world.iam.keys).toHaveLength(2)
  })

  it('waits until the key has been inactive for a day, unless told otherwise', async () => {
    const world = await rotationWorld({ hasDevice: false })
    const { rotation } = world.start()
    await rotate(world, world.start())
    const early = {
      code: 'AWS_ROTATION_BLOCKED',
      message: `${world.key.accessKeyId} is inactive only since 2026-01-02T03:04:05Z: what needs it once a day may not have missed it yet`,
      hint: 'latchkey aws keys rotate master --finish deletes it from 2026-01-03T03:04:05Z on, and with --now at once',
    }
    expect(await rejection(rotation.finish('master'))).toMatchObject(early)
    world.clock.advance(day - 60_000)
    expect(await rejection(rotation.finish('master'))).toMatchObject(early)
    expect(world.iam.keys).toHaveLength(2)
    world.clock.advance(60_000)
    expect(await rotation.finish('master')).toMatchObject({ type: 'finished' })
    expect(world.iam.keys).toHaveLength(1)
  })

  it('asks for a code where the session has ended', async () => {
    const world = await rotationWorld()
    await rotate(world, world.start())
    world.clock.advance(day)
    expect(await rotate(world, world.start(), true)).toEqual(['session-needed', 'finished'])
  })

  it('comes before the next rotation, which says so a day later', async () => {
    const world = await rotationWorld({ hasDevice: false })
    await rotate(world, world.start())
    world.clock.advance(day)
    expect(await rejection(world.start().rotation.advance('master'))).toMatchObject({
      code: 'AWS_ROTATION_BLOCKED',
      message: `${world.key.accessKeyId}, which was replaced at 2026-01-02T03:04:05Z, is still there, and AWS allows jo no third key`,
      hint: 'latchkey aws keys rotate master --finish deletes it; then run the command again',
    })
    expect(await rotate(world, world.start(), true)).toEqual(['finished'])
    expect(await rotate(world, world.start())).toEqual([...begun, 'retired'])
  })
})
