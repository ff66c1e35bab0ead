import type { Backend, VaultCore } from '../backend.ts'
import { createSshCaRoutes } from './ssh-ca.ts'
import { sshMounts } from './ssh-mount.ts'
import { createSshRoleRoutes } from './ssh-roles.ts'
import { createSshSignRoutes } from './ssh-sign.ts'

/** The SSH engine as a CA. */
export function createSshBackend(core: VaultCore): Backend {
  return {
    type: 'ssh',
    kind: 'secrets',
    routes: [...createSshCaRoutes(core), ...createSshRoleRoutes(core), ...createSshSignRoutes(core)],
    forget: ({ uuid }) => void delete sshMounts(core)[uuid],
  }
}
