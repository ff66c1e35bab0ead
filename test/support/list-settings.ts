import type { ListSettings } from '../../src/agent/destination/arrangement.ts'

/** Lists as they are where nothing says otherwise. */
export const plainLists: ListSettings = {
  order: 'identities-first',
  unboundMax: undefined,
  hosts: [],
  addedHosts: new Map(),
}

/** No known_hosts file. */
export const noKnownHosts = async (): Promise<Buffer[]> => []
