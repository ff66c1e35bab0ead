import { basename } from 'node:path'
import type { Clock } from '../../core/time/clock.ts'
import type { ListReader, ListSettings } from '../destination/arrangement.ts'
import type { Destinations, FoundDestination } from '../destination/destinations.ts'
import { askedHost } from '../destination/ssh-command.ts'
import type { ConnectionView, MaybePromise } from '../keys/key-store.ts'
import type { AgentPeer } from './peer.ts'
import type { SessionBinding } from './session-bind.ts'

/** The client of one connection, as a reader of lists. */
export interface ConnectionReader extends ListReader {
  /** It gets nothing. */
  isRevoked: boolean
  /** It goes to a host for which no name is known, and `hosts` names none by its key. */
  isUnnamed: boolean
}

/** What is needed to know it. */
export interface ListReaderDeps {
  connection: ConnectionView
  destinations: Destinations
  peer: AgentPeer | undefined
  clock: Clock
}

/** A client that lists twice in a row means the same host: known_hosts is not asked again so soon, in ms. */
const knownForMs = 1_000
/** They show keys to people, and try none. */
const showingPrograms: readonly string[] = ['ssh-add', 'ssh-keygen']

/**
 * Finds out for whom the lists of a connection are: where its last bind leads, and which program it is. A bind that forwards
 * leads to an agent's client on another machine, whose destination comes with the next one.
 */
export function createListReader({ connection, destinations, peer, clock }: ListReaderDeps) {
  let commandLine: Promise<readonly string[]> | undefined
  let held:
    | { last: SessionBinding | undefined; settings: ListSettings; atMs: number; reader: ConnectionReader }
    | undefined

  const peerCommand = () => {
    commandLine ??= peer?.commandLine() ?? Promise.resolve([])
    return commandLine
  }

  const find = async (settings: ListSettings): Promise<FoundDestination | undefined> => {
    const last = connection.bindings.at(-1)
    if (last === undefined || last.isForwarding || settings.hosts.length === 0) return undefined
    // The process on this machine knows nothing of the second host of a chain.
    const asked = connection.bindings.length === 1 ? askedHost(await peerCommand()) : undefined
    return destinations.find(last.hostKeyBlob, settings.hosts, asked)
  }

  const read = async (settings: ListSettings): Promise<ConnectionReader> => {
    const last = connection.bindings.at(-1)
    const destination = await find(settings)
    const isCuttable = settings.unboundMax !== undefined
    const [program = ''] = isCuttable ? await peerCommand() : []
    const reader = {
      destination,
      mayBeCut: isCuttable && !showingPrograms.includes(basename(program)),
      isRevoked: destination?.isRevoked === true,
      isUnnamed:
        destination?.names.length === 0 && settings.hosts.every((hosts) => typeof hosts.fit(destination) !== 'number'),
    }
    held = { last, settings, atMs: clock.now(), reader }
    return reader
  }

  return (settings: ListSettings): MaybePromise<ConnectionReader> => {
    if (held === undefined || held.last !== connection.bindings.at(-1) || held.settings !== settings)
      return read(settings)
    const ageMs = clock.now() - held.atMs
    return ageMs >= 0 && ageMs < knownForMs ? held.reader : read(settings)
  }
}
