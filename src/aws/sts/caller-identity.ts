import type { SigningCredentials } from '../credentials.ts'
import { sanitizeSessionName } from '../plan/field-rules.ts'
import { parseIamArn } from '../plan/partitions.ts'
import type { StsEndpoint } from '../plan/sts-endpoint.ts'
import type { CallerIdentityRequest, StsClient } from './sts-client.ts'

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
    endpoint?: StsEndpoint | undefined
    credentials: SigningCredentials
  }): Promise<Person>
  /** Forgets a source whose key was changed. */
  forget(source: string): void
}

/** Keeps what AWS said until the key changes; a failure is not kept. */
export function createCallerIdentities(sts: () => Promise<StsClient>): CallerIdentities {
  /** Filled as soon as AWS is asked, so that many who want to know cost one call. By source, then by server. */
  const known = new Map<string, Map<string | undefined, Promise<Person>>>()

  const ask = async (request: CallerIdentityRequest): Promise<Person> => {
    const client = await sts()
    const { accountId, arn } = await client.getCallerIdentity(request)
    return personFromArn(arn) ?? { accountId, sessionName: sanitizeSessionName(accountId) }
  }

  return {
    async personOf({ source, mfaSerial, ...request }) {
      const ofDevice = mfaSerial === undefined ? undefined : personFromArn(mfaSerial)
      const ofSource = known.get(source) ?? new Map<string | undefined, Promise<Person>>()
      const server = request.endpoint?.url
      const present = ofDevice ?? ofSource.get(server)
      if (present !== undefined) return present
      const asking = ask(request)
      known.set(source, ofSource.set(server, asking))
      try {
        return await asking
      } catch (error) {
        if (ofSource.get(server) === asking) ofSource.delete(server)
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
