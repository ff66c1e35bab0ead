import { displayLine } from '../../core/text/display-text.ts'
import type { ListSettings } from '../destination/arrangement.ts'
import type { Destinations } from '../destination/destinations.ts'
import { type AskedHost, askedHost } from '../destination/ssh-command.ts'
import type { ConnectionView, Identity } from '../keys/key-store.ts'
import type { AgentPeer } from './peer.ts'
import { fingerprintOf } from './refusals.ts'
import type { SessionBinding } from './session-bind.ts'
import type { SignPurpose } from './sign-policy.ts'

/** A question to the person at this machine: what must be known, a line each, and what is asked. */
export interface UseQuestion {
  text: string
  details: readonly string[]
}

/**
 * Asks the person, who may take minutes. Only an explicit no is false.
 * @param signal aborts when nobody waits for the answer any more
 * @throws {CodedError} nobody can be asked, or nobody answered
 */
export type AskPerson = (question: UseQuestion, signal: AbortSignal) => Promise<boolean>

/** What a key is about to be used for. */
export interface KeyUse {
  identity: Identity
  purpose: SignPurpose
}

/** What is known of the client, and who asks. */
export interface ConfirmationDeps {
  connection: ConnectionView
  peer: AgentPeer | undefined
  destinations: Destinations
  settings: () => ListSettings
  askPerson: AskPerson
}

/** Command lines, comments and names come from others: what matters must not be pushed out of sight. */
const maxShown = 120

const shown = (text: string): string => {
  const line = displayLine(text)
  return line.length <= maxShown ? line : `${line.slice(0, maxShown)}…`
}

/**
 * Asks about the uses of keys on one connection: which key, by which process, for which host, as whom, from which machine.
 * What the client has proved is told from what it claims.
 */
export function createConfirmation({ connection, peer, destinations, settings, askPerson }: ConfirmationDeps) {
  const namesOf = async ({ hostKeyBlob }: SessionBinding, asked?: AskedHost): Promise<string> => {
    const { names, isRevoked } = await destinations.find(hostKeyBlob, settings().hosts, asked)
    const key = `the host with the key ${fingerprintOf(hostKeyBlob)}`
    if (isRevoked) return `${key}, which is @revoked in known_hosts`
    if (names.length > 0) return shown(names.map(({ host }) => host).join(', '))
    const claim = asked === undefined ? '' : `; it claims to be ${shown(asked.host)}`
    return `${key}, which known_hosts does not know${claim}`
  }

  const destination = async (command: readonly string[]): Promise<string> => {
    const { bindings, isForwarded } = connection
    const last = bindings.at(-1)
    // The process on this machine knows nothing of the second host of a chain.
    const asked = bindings.length <= 1 && !isForwarded ? askedHost(command) : undefined
    if (last !== undefined && !last.isForwarding) return namesOf(last, asked)
    return asked === undefined ? 'the client has not told' : `not proved; it claims to be ${shown(asked.host)}`
  }

  const forwarding = async (): Promise<string[]> => {
    if (!connection.isForwarded) return []
    const hops = connection.bindings.filter(({ isForwarding }) => isForwarding)
    if (hops.length === 0) return ['forwarded: the client could not prove where it is']
    const names = await Promise.all(hops.map(async (hop) => await namesOf(hop)))
    return [`forwarded: asked from another machine, by way of ${names.join(', then ')}`]
  }

  const process = (command: readonly string[]): string => {
    if (peer === undefined) return 'unknown'
    return command.length === 0 ? peer.name : `${shown(command.join(' '))} (${peer.name})`
  }

  return async ({ identity, purpose }: KeyUse, signal: AbortSignal): Promise<boolean> => {
    const command = (await peer?.commandLine()) ?? []
    const comment = shown(identity.comment)
    const details = [
      `key: ${comment} (${fingerprintOf(identity.keyBlob) ?? 'unreadable'})`,
      `for: ${describeUse(purpose)}`,
      ...(purpose.type === 'login' ? [`host: ${await destination(command)}`] : []),
      `process: ${process(command)}`,
      ...(await forwarding()),
    ]
    return askPerson({ text: `allow this use of ${comment}`, details }, signal)
  }
}

function describeUse(purpose: SignPurpose): string {
  switch (purpose.type) {
    case 'login':
      return `a login as ${shown(purpose.user)}`
    case 'sshsig':
      return `a signature in the namespace ${shown(purpose.namespace)}`
    case 'sudo':
      return 'sudo (pam_ssh_agent_auth)'
    case 'other':
      return 'something else: a certificate, a host key, a test, or data of any kind'
  }
}
