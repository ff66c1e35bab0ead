import type { PublishIdentity } from '../../agent/identities/publication.ts'
import type { RunningIdentity } from '../running/running-identity.ts'
import { createIdentityFiles, type IdentityFilesDeps } from './identity-files.ts'
import { createIdentitySockets, type IdentitySocketsDeps } from './identity-sockets.ts'

/** What stays the same about an identity across renewals and restarts, for ssh_config to name. */
export interface LastingNames {
  /** Where an identity tells what is public of it: see `IdentityFiles`. */
  open(name: string): PublishIdentity
  /**
   * These are the identities now. Resolves when they can be found under their names: their public keys, but for those whose
   * making takes seconds, and their sockets. It waits for no certificate.
   */
  use(identities: readonly RunningIdentity[]): Promise<void>
  /** What is wrong, for people to read. */
  faults(): readonly string[]
  /** The daemon is stopping. */
  close(): Promise<void>
}

/** Nobody has a name yet. */
export function createLastingNames(deps: IdentityFilesDeps & IdentitySocketsDeps): LastingNames {
  const files = createIdentityFiles(deps)
  const sockets = createIdentitySockets(deps)
  return {
    open: files.open,
    async use(identities) {
      files.keep(identities.map(({ config }) => config.name))
      sockets.use(new Map(identities.flatMap(({ config, key }) => (config.socket ? [[config.name, key]] : []))))
      await Promise.all(identities.map(({ key }) => key.whenPublic()))
      await Promise.all([files.settled(), sockets.settled()])
    },
    faults: () => [...files.faults(), ...sockets.faults()],
    async close() {
      await Promise.all([files.close(), sockets.close()])
    },
  }
}
