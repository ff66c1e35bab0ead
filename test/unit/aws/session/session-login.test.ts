import { expect, it } from 'vitest'
import { parseSharedConfig } from '../../../../src/aws/config/shared-config.ts'
import { createKeyChecks } from '../../../../src/aws/keys/key-checks.ts'
import { createLongTermKeys } from '../../../../src/aws/keys/long-term-keys.ts'
import { planCredentials } from '../../../../src/aws/plan/credential-plan.ts'
import { mfaStepOf } from '../../../../src/aws/plan/steps.ts'
import { createSessionCache } from '../../../../src/aws/session/session-cache.ts'
import { createSessionLogin } from '../../../../src/aws/session/session-login.ts'
import { createCallerIdentities } from '../../../../src/aws/sts/caller-identity.ts'
import { silentLogger } from '../../../../src/core/log.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { lasting } from '../../../support/aws-stub-keychain.ts'
import { person, rejection, usualSettings, world } from '../../../support/aws-world.ts'

const minutes = 60_000

/** A login whose cache holds a session with so much left, as when somebody else's has just ended. */
async function setUp(leftMs: number) {
  const { clock, sts, keychain, prompts, asked, key } = await world()
  const log = silentLogger
  const sessions = createSessionCache({ keychain: lasting(keychain, clock), clock, log })
  const login = createSessionLogin({
    keys: createLongTermKeys(keychain),
    checks: createKeyChecks({ sts: async () => sts, clock }),
    sessions,
    identities: createCallerIdentities(async () => sts),
    codes: { of: async () => [], needNobody: async () => false },
    sts: async () => sts,
    prompts,
    clock,
    log,
  })
  const plan = planCredentials(usualSettings, parseSharedConfig({}), 'dev')
  const step = mfaStepOf(plan.last)!
  const session = {
    accessKeyId: `ASIA${key.accessKeyId.slice(4)}`,
    secretAccessKey: new Secret('secret'),
    sessionToken: new Secret('token'),
    expiresAtMs: clock.now() + leftMs,
  }
  await sessions.put(step, session, step.region)
  return { sts, asked, begin: () => login.begin(plan, step, person) }
}

it('a login that begins after another one has ended finds its session, and asks nobody', async () => {
  const { sts, asked, begin } = await setUp(6 * minutes)
  await begin()
  expect(asked).toEqual([])
  expect(sts.calls).toEqual([])
})

it('a session that is about to end is no reason not to ask', async () => {
  const { sts, asked, begin } = await setUp(5 * minutes)
  await begin()
  expect(asked).toHaveLength(1)
  expect(sts.actions()).toEqual(['GetSessionToken'])
})

it('a person who could not be asked is told the command that asks, whatever program needed the code', async () => {
  const { aws } = await world({ program: false })
  const error = await rejection(aws.credentials('dev', { mayPrompt: true }))
  expect(error).toMatchObject({
    code: 'PROMPT_UNAVAILABLE',
    hint: 'in a terminal: latchkey aws login dev; or set prompt.program in the configuration',
  })
})
