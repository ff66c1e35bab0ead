import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { LastingKeychain } from '../../keychain/keychain.ts'
import type { Prompts } from '../../prompts/prompt.ts'
import { createCodeSources } from '../codes/code-sources.ts'
import type { RunMfaCommand } from '../codes/mfa-command.ts'
import type { TotpSeeds } from '../codes/totp-seeds.ts'
import type { KeyChecks } from '../keys/key-checks.ts'
import type { LongTermKeys } from '../keys/long-term-keys.ts'
import { type CallerIdentities, createCallerIdentities } from '../sts/caller-identity.ts'
import type { StsClient } from '../sts/sts-client.ts'
import { type CredentialSource, createCredentialSource } from './credential-source.ts'
import { createDerivedCredentials, type DerivedCredentials } from './derived-credentials.ts'
import { createForgetWatch, type ForgetWatch } from './forget-watch.ts'
import { createForgetting, type Forgetting } from './forgetting.ts'
import { createSessionCache, type SessionCache } from './session-cache.ts'
import { createSessionLogin, type SessionLogin } from './session-login.ts'
import { createStepCredentials } from './step-credentials.ts'

/** All that makes credentials of long-term keys, and holds them. */
export interface Issuing {
  source: CredentialSource
  login: SessionLogin
  sessions: SessionCache
  derived: DerivedCredentials
  identities: CallerIdentities
  forgetWatch: ForgetWatch
  forgetting: Forgetting
}

/** What it is made of. */
export interface IssuingDeps {
  keys: LongTermKeys
  checks: KeyChecks
  seeds: TotpSeeds
  keychain: LastingKeychain
  sts: () => Promise<StsClient>
  runMfaCommand: RunMfaCommand
  prompts: Prompts
  clock: Clock
  random: () => number
  log: Logger
}

/** Puts it together. */
export function createIssuing(deps: IssuingDeps): Issuing {
  const { keys, checks, seeds, keychain, sts, runMfaCommand, prompts, clock, random, log } = deps
  const sessions = createSessionCache({ keychain, clock, log })
  const derived = createDerivedCredentials({ clock, random, log })
  const identities = createCallerIdentities(sts)
  const forgetWatch = createForgetWatch()
  const codes = createCodeSources({ seeds, runMfaCommand, prompts, clock })
  const login = createSessionLogin({ keys, checks, sessions, identities, codes, sts, prompts, clock, log })
  const steps = createStepCredentials({ keys, checks, sessions, derived, identities, forgetWatch, sts, clock, log })
  const source = createCredentialSource({ steps, sessions, login, clock, log })
  const forgetting = createForgetting({ forgetWatch, login, sessions, derived })
  return { source, login, sessions, derived, identities, forgetWatch, forgetting }
}
