import { describe, expect, it } from 'vitest'
import { life, rotate, rotationWorld } from '../../../support/aws-rotation-world.ts'
import { person } from '../../../support/aws-world.ts'

/** Whether it lived to the end. */
async function killed(diesAt: number, work: (world: World, lived: ReturnType<typeof life>) => Promise<unknown>) {
  const world = await rotationWorld()
  world.iam.unknownForMs = 2_000
  const lived = life(diesAt)
  const outcome = await Promise.race([work(world, lived).then(() => 'ended' as const), lived.death])
  return { world, outcome }
}
type World = Awaited<ReturnType<typeof rotationWorld>>

/** More than there are moments; the test fails if it is reached. */
const many = 400

describe('a rotation that is killed at any moment', () => {
  it('leaves a key that works, and is ended by the next run', async () => {
    let diesAt = 1
    for (; diesAt < many; diesAt += 1) {
      const { world, outcome } = await killed(diesAt, (made, lived) => rotate(made, made.start(lived)))
      const { iam, key } = world
      // Whatever happened, what is in the keychain is a key that AWS accepts.
      expect(await world.whoami(), `killed at ${diesAt}`).toBe('arn:aws:iam::111122223333:user/team/jo')
      if (outcome === 'ended') break
      const steps = await rotate(world, world.start())
      const { accessKeyId } = await world.held()
      expect({ diesAt, steps, keys: iam.keys.map(({ accessKeyId: id, isActive }) => [id, isActive]) }).toEqual({
        diesAt,
        steps,
        keys: [
          [key.accessKeyId, false],
          [accessKeyId, true],
        ],
      })
      expect(await world.whoami()).toBe('arn:aws:iam::111122223333:user/team/jo')
      // A key whose secret was lost costs one more.
      const isLost = steps.includes('orphan-deleted')
      expect(iam.changes.filter((change) => change === 'create')).toHaveLength(isLost ? 2 : 1)
      expect(await rotate(world, world.start(), true)).toEqual(['finished'])
      expect(iam.keys.map(({ accessKeyId: id }) => id)).toEqual([accessKeyId])
    }
    expect(diesAt).toBeLessThan(many)
    // All that it does: two codes, ten calls, a dozen items of the keychain.
    expect(diesAt).toBeGreaterThan(60)
  })

  it('keeps no secret of a key but the one in use', async () => {
    const { world } = await killed(many, (made, lived) => rotate(made, made.start(lived)))
    const { secretAccessKey } = await world.held()
    const items = await Promise.all((await world.keychain.list()).map((name) => world.keychain.get(name)))
    const texts = items.map((item) => item!.expose())
    expect(texts.filter((text) => text.includes(secretAccessKey))).toHaveLength(1)
    expect(texts.join()).not.toContain(world.key.secretAccessKey.expose())
    expect(world.log.join()).not.toMatch(/long-term-secret|stub-secret|stub-token/)
  })
})

it('a finish that is killed at any moment is ended by the next one', async () => {
  let diesAt = 1
  for (; diesAt < many; diesAt += 1) {
    const { world, outcome } = await killed(diesAt, async (made, lived) => {
      await rotate(made, made.start())
      await rotate(made, made.start(lived), true)
    })
    const { accessKeyId } = await world.held()
    if (outcome === 'ended') break
    const next = world.start()
    const ended = await rotate(world, next, true).catch((error: { code?: string }) => error.code)
    // Killed after the journal was cleared: there is nothing left to finish.
    expect([['finished'], ['session-needed', 'finished'], 'AWS_ROTATION_BLOCKED']).toContainEqual(ended)
    expect(world.iam.keys.map(({ accessKeyId: id }) => id)).toEqual([accessKeyId])
    await next.credentials('master', person)
  }
  expect(diesAt).toBeLessThan(many)
  expect(diesAt).toBeGreaterThan(8)
})
