import { describeError, errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { isAwsError } from '../aws-error.ts'
import type { AliasState } from '../config/profile-list.ts'
import type { SigningCredentials } from '../credentials.ts'
import type { AccountAliasCalls } from './account-alias-calls.ts'

/** An account, and the alias that somebody says it has. */
export interface ClaimedAlias {
  accountId: string
  alias: string
}

/**
 * Owns what AWS has said of aliases. The id of an account cannot be learned from its alias from outside: a person typed
 * it, and only a role inside of the account can find out whether it is the right one.
 */
export interface AliasChecks {
  /** Asks with credentials of the account, unless AWS has answered; never rejects, and nobody need wait for it. */
  check(claimed: ClaimedAlias, signed: { credentials: SigningCredentials; region: string }): Promise<void>
  stateOf(claimed: ClaimedAlias): AliasState
}

/** AWS is not asked again for so long after it could not be reached, in ms. */
const pauseMs = 5 * 60_000

/** Asks nothing before it has credentials. @param iam called each time IAM is needed, and not before */
export function createAliasChecks(iam: () => Promise<AccountAliasCalls>, clock: Clock, log: Logger): AliasChecks {
  const outcomes = new Map<string, { state: AliasState; againAtMs: number }>()
  const keyOf = ({ accountId, alias }: ClaimedAlias) => `${accountId}/${alias}`
  return {
    async check(claimed, { credentials, region }) {
      const key = keyOf(claimed)
      if ((outcomes.get(key)?.againAtMs ?? 0) > clock.uptime()) return
      // From now on, so that many who use the role cost one call.
      outcomes.set(key, { state: outcomes.get(key)?.state ?? 'unverified', againAtMs: clock.uptime() + pauseMs })
      const settle = (state: AliasState) => outcomes.set(key, { state, againAtMs: Number.POSITIVE_INFINITY })
      const { accountId, alias } = claimed
      try {
        const aliases = await (await iam()).listAccountAliases({ credentials, region })
        if (aliases.includes(alias)) return void settle('verified')
        settle('wrong')
        log.warn('an account does not have the alias that its profile says', { accountId, alias })
      } catch (error) {
        // What a role may not ask today it may not ask in five minutes.
        if (isAwsError(error, 'AWS_DENIED', 'AWS_REQUEST_INVALID')) settle('unverified')
        log.info('the alias of an account is not verified', {
          accountId,
          alias,
          code: errorCode(error),
          reason: describeError(error),
        })
      }
    },
    stateOf: (claimed) => outcomes.get(keyOf(claimed))?.state ?? 'unverified',
  }
}
