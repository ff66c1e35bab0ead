import type { SigningCredentials } from '../credentials.ts'
import { sanitizeSessionName } from '../plan/field-rules.ts'
import { parseIamArn } from '../plan/partitions.ts'
import type { StsEndpoint } from '../plan/sts-endpoint.ts'
import type { CallerIdentity, CallerIdentityRequest, StsClient } from './sts-client.ts'

/** The person behind a source. */
export interface Person {
  accountId: string
  /** The session name that CloudTrail is to show for roles assumed by this person: the same each time. */
  sessionName: string
}

/** What is asked about a source. */
export interface PersonRequest {
  source: string
  mfaSerial: string | undefined
  region: string
  endpoint?: StsEndpoint | undefined
  /** Of the source, or of a session or role of it. */
  credentials: SigningCredentials
}

/** Owns what is known of the people behind the sources. */
export interface CallerIdentities {
  /**
   * Whose account the source is: by the ARN of the MFA device where there is one, else asked of AWS once
   * (GetCallerIdentity, which no policy can deny).
   */
  personOf(request: PersonRequest): Promise<Person>
  /**
   * The session name of roles without one: the user's own, as AWS says it, since trust policies compare the two. The
   * name of the device, which is the user's choice, only where the credentials are those of a role.
   */
  nameOf(request: PersonRequest): Promise<string>
  /** What AWS has said of the key of a source. */
  learn(source: string, endpoint: StsEndpoint | undefined, caller: CallerIdentity): void
  /** Forgets a source whose key was changed. */
  forget(source: string): void
}

/** Keeps what AWS said until the key changes; a failure is not kept. */
export function createCallerIdentities(sts: () => Promise<StsClient>): CallerIdentities {
  /** Filled as soon as AWS is asked, so that many who want to know cost one call. By source, then by server. */
  const known = new Map<string, Map<string | undefined, Promise<CallerIdentity>>>()

  const ask = async (request: CallerIdentityRequest) => (await sts()).getCallerIdentity(request)

  const ofSource = (source: string) => known.get(source) ?? new Map<string | undefined, Promise<CallerIdentity>>()

  const callerOf = async ({ source, region, endpoint, credentials }: PersonRequest): Promise<CallerIdentity> => {
    const callers = ofSource(source)
    const server = endpoint?.url
    const present = callers.get(server)
    if (present !== undefined) return present
    const asking = ask({ region, endpoint, credentials })
    known.set(source, callers.set(server, asking))
    try {
      return await asking
    } catch (error) {
      if (callers.get(server) === asking) callers.delete(server)
      throw error
    }
  }

  const ofDevice = ({ mfaSerial }: PersonRequest) => (mfaSerial === undefined ? undefined : personFromArn(mfaSerial))

  return {
    personOf: async (request) => ofDevice(request) ?? personOfCaller(await callerOf(request)),
    async nameOf(request) {
      const caller = await callerOf(request)
      const isRole = parseIamArn(caller.arn)?.resource.startsWith('assumed-role/') === true
      return ((isRole ? ofDevice(request) : undefined) ?? personOfCaller(caller)).sessionName
    },
    learn(source, endpoint, caller) {
      known.set(source, ofSource(source).set(endpoint?.url, Promise.resolve(caller)))
    },
    forget: (source) => void known.delete(source),
  }
}

function personOfCaller({ accountId, arn }: CallerIdentity): Person {
  return personFromArn(arn) ?? { accountId, sessionName: sanitizeSessionName(accountId) }
}

/** The person in `…:mfa/jo`, `…:user/team/jo` or `…:assumed-role/Dev/jo`; undefined for a hardware serial. */
export function personFromArn(arn: string): Person | undefined {
  const parsed = parseIamArn(arn)
  if (parsed === undefined) return undefined
  const name = parsed.resource.split('/').at(-1) ?? ''
  return { accountId: parsed.accountId, sessionName: sanitizeSessionName(name) }
}
