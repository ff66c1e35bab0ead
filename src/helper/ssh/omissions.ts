import type { SshListExplanation } from '../../ipc/endpoints/ssh-explain.ts'
import type { ExplainedOmission } from './explanation.ts'
import type { Withheld } from './offers.ts'

/** What is held and not offered, with the reason of the agent or of ssh. */
export function omissionsOf(
  leftOut: SshListExplanation['leftOut'],
  withheld: readonly Withheld[],
): readonly ExplainedOmission[] {
  const named = ({ identity, comment }: Withheld['identity']) => ({ ...(identity && { identity }), comment })
  return [
    ...withheld.map(({ identity, why }) => ({
      ...named(identity),
      why: reasonOf(why, identity),
    })),
    ...leftOut.map((identity) => ({ ...named(identity), why: agentsReason(identity) })),
  ]
}

function reasonOf(why: Withheld['why'], { blob, kind, keyType }: Withheld['identity']): string {
  switch (why) {
    case 'agent':
      return 'ssh does not ask latchkey'
    case 'locked':
      return 'the agent is locked'
    case 'no-keys':
      return 'ssh offers no keys'
    case 'identities-only':
      return `IdentitiesOnly yes, and no IdentityFile names it${blob === undefined ? ': there is no certificate to name yet' : ''}`
    case 'algorithm':
      return `PubkeyAcceptedAlgorithms of ssh does not have ${keyType}${kind === 'key' ? '' : ' certificates'}`
  }
}

function agentsReason({ why, hosts = [], error }: SshListExplanation['leftOut'][number]): string {
  switch (why) {
    case 'hosts':
      return `its hosts are others: ${hosts.join(', ')}`
    case 'unbound-max':
      return 'unbound_max of [ssh]: the host is not known'
    case 'destinations':
      return 'it was added for other destinations (ssh-add -h)'
    case 'revoked':
      return 'the key of the host is @revoked'
    case 'agent-away':
      return error?.message ?? 'no agent lists its key'
  }
}
