import type { ListSettings } from '../../agent/destination/arrangement.ts'
import { type HostPatterns, hostPatterns } from '../../agent/destination/host-patterns.ts'
import type { Identity } from '../../agent/keys/key-store.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import type { Config } from '../config/config.ts'

/** How the agent orders and cuts its lists, by config.toml. */
export function listSettingsOf({ identities, ssh }: Config): ListSettings {
  const addedHosts = new Map(Object.entries(ssh.addedKeys).map(([key, { hosts }]) => [key, hostPatterns(hosts)]))
  const ofIdentities = identities.flatMap(({ hosts }) => (hosts === undefined ? [] : [hostPatterns(hosts)]))
  const ofUpstreams = ssh.upstreams.flatMap(({ hosts }) => (hosts === undefined ? [] : [hostPatterns(hosts)]))
  const { order, unboundMax } = ssh
  return { order, unboundMax, hosts: [...ofIdentities, ...ofUpstreams, ...addedHosts.values()], addedHosts }
}

/** Says which hosts an added key is for. Its fingerprint is made once. */
export function createAddedHosts(settings: () => ListSettings): (identity: Identity) => HostPatterns | undefined {
  const fingerprints = new WeakMap<Identity, string>()
  return (identity) => {
    const { addedHosts } = settings()
    if (addedHosts.size === 0) return undefined
    const known = fingerprints.get(identity) ?? fingerprint(identity.keyBlob)
    fingerprints.set(identity, known)
    return addedHosts.get(known)
  }
}
