import { describe, expect, it } from 'vitest'
import type { AwsSettings } from '../../../src/aws/config/settings.ts'
import { deepRole, devRole, person, prodRole, rejection, serial, unattended, world } from '../../support/aws-world.ts'

const hours = 3_600_000
const text = (purpose: string) => `MFA code for ${serial}${purpose}`

const settings: AwsSettings = {
  sources: { master: { mfa_serial: serial } },
  profiles: {
    dev: { role: devRole, source: 'master' },
    long: { role: prodRole, source: 'master', duration: 4 * 3600, mode: 'direct' },
    deep: { role: deepRole, source: 'long' },
  },
}

async function setUp(of: AwsSettings = settings) {
  const made = await world({ settings: of })
  made.sts.addRole(prodRole, { requiresMfa: true, maxSessionSeconds: 12 * 3600 })
  return made
}

describe('a role in direct mode', () => {
  it('is assumed by the long-term key with a code, for all of its duration, and says why it asks', async () => {
    const { aws, sts, key, asked, clock } = await setUp()
    const { expiresAtMs } = await aws.credentials('long', person)
    expect((expiresAtMs - clock.now()) / hours).toBeCloseTo(4, 1)
    expect(sts.issuing()).toMatchObject([{ action: 'AssumeRole', by: key.accessKeyId, sessionName: 'jo' }])
    expect(asked.map((question) => question.text)).toEqual([
      text(', for profile long alone (the access key assumes its role)'),
    ])
  })

  it('takes a code of its own beside that of the session, not the one that was used', async () => {
    const { aws, sts, asked, answers, clock } = await setUp()
    await aws.credentials('dev', person)
    answers.push(
      () => sts.code(serial),
      () => {
        clock.advance(30_000)
        return sts.code(serial)
      },
    )
    await aws.credentials('long', person)
    expect(asked[1]!.notice).toMatch(/^the code shown now was already used: wait \d+ s/)
    expect(sts.actions()).toEqual(['GetSessionToken', 'AssumeRole', 'AssumeRole'])
    await aws.credentials('long', person)
    expect(asked).toHaveLength(3)
  })

  it('is not got anew by a refresh, which asks for no code', async () => {
    const { aws, sts } = await setUp()
    await aws.credentials('long', person)
    expect(await rejection(aws.refresh('long', person))).toMatchObject({
      code: 'AWS_PROFILE_UNSUPPORTED',
      hint: 'latchkey aws login long --before-expiry',
    })
    expect(sts.actions()).toEqual(['AssumeRole'])
  })

  it('outlasts a restart, and ends with its own end', async () => {
    const { aws, restart, asked, clock, sts } = await setUp()
    const { accessKeyId } = await aws.credentials('long', person)
    const again = restart()
    expect((await again.credentials('long', unattended)).accessKeyId).toBe(accessKeyId)
    clock.advance(4 * hours)
    expect(await rejection(again.credentials('long', unattended))).toMatchObject({
      code: 'AWS_MFA_NEEDED',
      message: `an MFA code for ${serial} is needed, for profile long alone (the access key assumes its role)`,
      hint: 'in a terminal: latchkey aws login long',
    })
    await again.credentials('long', person)
    expect(asked).toHaveLength(2)
    expect(sts.actions()).toEqual(['AssumeRole', 'AssumeRole'])
  })

  it('may be the first of a chain, whose next one AWS cuts to an hour', async () => {
    const { aws, asked, sts } = await setUp()
    await aws.credentials('deep', person)
    expect(asked).toHaveLength(1)
    expect(sts.issuing()).toMatchObject([{ roleArn: prodRole }, { roleArn: deepRole, durationSeconds: 3600 }])
  })

  it('shows in the status as a role', async () => {
    const { aws } = await setUp()
    await aws.credentials('long', person)
    const { sessions, roles } = await aws.status()
    expect(sessions).toEqual([])
    expect(roles).toMatchObject([{ profile: 'long', roleArn: prodRole }])
  })

  it('is begun by a login that names it, and is not what a login without a name means', async () => {
    const { aws, sts, clock } = await setUp()
    const session = await aws.login(undefined, person)
    expect(session).toMatchObject({ source: 'master', isNew: true })
    expect(session).not.toHaveProperty('roleArn')
    clock.advance(30_000)
    expect(await aws.login('long', person)).toMatchObject({ isNew: true, roleArn: prodRole })
    expect(await aws.login('long', person)).toMatchObject({ isNew: false })
    expect(sts.actions()).toEqual(['GetSessionToken', 'AssumeRole'])
  })

  it('that AWS denies has used the code up', async () => {
    const { aws, sts, asked, answers } = await setUp()
    sts.addRole(prodRole, { externalId: 'x', maxSessionSeconds: 43_200 })
    const error = await rejection(aws.credentials('long', person))
    expect(error).toMatchObject({ code: 'AWS_DENIED', message: expect.stringMatching(/^profile long: /) })
    expect(error.hint).not.toContain('mfa enroll')
    answers.push(() => undefined)
    await rejection(aws.credentials('long', person))
    expect(asked.at(-1)!.notice).toMatch(/^the code shown now was already used/)
  })

  it('without a device is what it is anyway', async () => {
    const plain = { role: deepRole, source: 'master', mode: 'direct' as const }
    const { aws, asked, sts } = await setUp({ sources: { master: {} }, profiles: { plain } })
    await aws.credentials('plain', person)
    expect(asked).toEqual([])
    expect(sts.actions()).toEqual(['AssumeRole'])
  })

  it('is forgotten with its source', async () => {
    const { aws } = await setUp()
    await aws.credentials('long', person)
    expect(await aws.forget({ profile: 'long' })).toEqual(['session of master'])
    expect(await rejection(aws.credentials('long', unattended))).toMatchObject({ code: 'AWS_MFA_NEEDED' })
  })
})
