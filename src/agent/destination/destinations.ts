import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { trustedNames } from '../../ssh/known-hosts/trusted-names.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import type { Destination, HostPatterns } from './host-patterns.ts'
import type { AskedHost } from './ssh-command.ts'

/** A destination, and whether its key must not be trusted any more. */
export interface FoundDestination extends Destination {
  isRevoked: boolean
}

/** Says which host has proved a key. */
export interface Destinations {
  /**
   * @param hostKeyBlob of a verified bind
   * @param hosts all settings that could name it
   */
  find(hostKeyBlob: Uint8Array, hosts: readonly HostPatterns[], asked: AskedHost | undefined): Promise<FoundDestination>
}

/** What is needed to tell. */
export interface DestinationsDeps {
  /** The contents of the known_hosts files, as far as they can be read. */
  knownHosts: () => Promise<readonly Buffer[]>
  clock: Clock
  log: Logger
}

/** Asks known_hosts each time: ssh may have learned a host a moment ago. */
export function createDestinations({ knownHosts, clock, log }: DestinationsDeps): Destinations {
  return {
    async find(hostKeyBlob, hosts, asked) {
      const guesses = {
        hosts: hosts.flatMap(({ names }) => names),
        ports: [...new Set(hosts.flatMap(({ ports }) => ports))],
        asked,
      }
      const trusted = trustedNames(await knownHosts(), hostKeyBlob, guesses, clock.now())
      const found = { ...trusted, fingerprint: fingerprint(hostKeyBlob) }
      log.debug('destination of a connection', {
        key: found.fingerprint,
        names: found.names.map(({ host }) => host).join(),
        isRevoked: found.isRevoked,
      })
      return found
    },
  }
}
