import type { Clock } from '../../core/time/clock.ts'
import type { AccessKey } from '../credentials.ts'
import type { StsEndpoint } from '../plan/sts-endpoint.ts'
import { atEndpoint } from '../sts/at-endpoint.ts'
import { findCaller, isCredentialRefusal } from '../sts/known-caller.ts'
import { refusedKey } from '../sts/refusal-advice.ts'
import type { CallerIdentity, StsClient } from '../sts/sts-client.ts'

/** Knows which long-term keys AWS has accepted recently. */
export interface KeyChecks {
  /**
   * Asks AWS about the key of a source.
   * @param region the one that is to be used
   * @returns the region to use: another one where AWS knows the key only there
   * @throws {AwsError} AWS_KEY_REFUSED: AWS accepts it nowhere; others: AWS cannot be asked
   */
  ask(source: string, key: AccessKey, region: string, endpoint?: StsEndpoint): Promise<CallerIdentity>
  /** The same, from memory where AWS has been asked recently. */
  check(source: string, key: AccessKey, region: string, endpoint?: StsEndpoint): Promise<CallerIdentity>
}

/** How long AWS is not asked about a key again, in ms. */
const recentMs = 5 * 60_000

/** Who is asked, and how long ago that was. */
export interface KeyChecksDeps {
  sts: () => Promise<StsClient>
  clock: Clock
}

/** Keeps what AWS said of a key for a while; a refusal is not kept. */
export function createKeyChecks({ sts, clock }: KeyChecksDeps): KeyChecks {
  const known = new Map<string, { accessKeyId: string; wanted: string; atMs: number; caller: CallerIdentity }>()

  const ask: KeyChecks['ask'] = async (source, key, region, endpoint) => {
    known.delete(source)
    try {
      const caller = await findCaller(atEndpoint(await sts(), endpoint), key, region)
      known.set(source, {
        accessKeyId: key.accessKeyId,
        wanted: placeOf(region, endpoint),
        atMs: clock.uptime(),
        caller,
      })
      return caller
    } catch (error) {
      throw isCredentialRefusal(error) ? refusedKey(error, source, key.accessKeyId) : error
    }
  }

  return {
    ask,
    async check(source, key, region, endpoint) {
      const held = known.get(source)
      const isHeld = held?.accessKeyId === key.accessKeyId && held.wanted === placeOf(region, endpoint)
      return isHeld && clock.uptime() - held.atMs < recentMs ? held.caller : ask(source, key, region, endpoint)
    },
  }
}

const placeOf = (region: string, endpoint: StsEndpoint | undefined) => JSON.stringify([region, endpoint])
