import type { SigningCredentials } from '../credentials.ts'
import { sanitizeSessionName } from '../plan/field-rules.ts'
import { parseIamArn } from '../plan/partitions.ts'
import type { StsClient } from './sts-client.ts'

/** The person behind a source. */
export interface Person {
  accountId: string
  /** The session name that CloudTrail is to show for roles assumed by this person: the same each time. */
  sessionName: string
}

/** Owns what is known of the people behind the sources. */
export interface CallerIdentities {
  /**
   * Who the source is: read from the ARN of the MFA device where there is one, else asked of AWS once
   * (GetCallerIdentity, which no policy can deny).
   * @param credentials of the source, or of a session or role of it
   */
  personOf(request: {
    source: string
    mfaSerial: string | undefined
    region: string
    credentials: SigningCredentials
  }): Promise<Person>
  /** Forgets a source whose key was changed. */
  forget(source: string): void
}

/** Keeps what AWS said until the key changes; a failure is not kept. */
export function createCallerIdentities(sts: () => Promise<StsClient>): CallerIdentities {
  /** Filled as soon as AWS is asked, so that many who want to know cost one call. */
  const known = new Map<string, Promise<Person>>()

  const ask = async (region: string, credentials: SigningCredentials): Promise<Person> => {
    const client = await sts()
    const { accountId, arn } = await client.getCallerIdentity({ credentials, region })
    return personFromArn(arn) ?? { accountId, sessionName: sanitizeSessionName(accountId) }
  }

  return {
    async personOf({ source, mfaSerial, region, credentials }) {
      const present = (mfaSerial === undefined ? undefined : personFromArn(mfaSerial)) ?? known.get(source)
      if (present !== undefined) return present
      const asking = ask(region, credentials)
      known.set(source, asking)
      try {
        return await asking
      } catch (error) {
        if (known.get(source) === asking) known.delete(source)
        throw error
      }
    },
    forget: (source) => void known.delete(source),
  }
}

/** The person in `…:mfa/jo`, `…:user/team/jo` or `…:assumed-role/Dev/jo`; undefined for a hardware serial. */
export function personFromArn(arn: string): Person | undefined {
  const parsed = parseIamArn(arn)
  if (parsed === undefined) return undefined
  const name = parsed.resource.split('/').at(-1) ?? ''
  return { accountId: parsed.accountId, sessionName: sanitizeSessionName(name) }
}
