import type { Plugin, VaultCore } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, permissionDenied } from '../../../../src/dev/vault/errors.ts'
import { textOf } from '../../../../src/dev/vault/fields.ts'
import type { Handler, VaultRequest } from '../../../../src/dev/vault/routes.ts'
import { table } from '../../../../src/dev/vault/tables.ts'

/** The defaults of Vault's user lockout: from the sixth attempt on, for 15 minutes. */
const lockoutThreshold = 5
/** How long a name is locked out, and after how long failures no longer count. */
const lockoutMs = 15 * 60_000

/** How often a login has failed, and when last. */
interface FailedLogins {
  count: number
  lastAtMs: number
}

/** The name by which the logins of each method are counted. */
const nameOf: Readonly<Record<string, (request: VaultRequest) => string>> = {
  'userpass login/{username}': ({ params }) => params.username!.toLowerCase(),
  'ldap login/{username*}': ({ params }) => params.username!.toLowerCase(),
  'approle login': ({ data }) => textOf(data.role_id).trim(),
}

/** Guards logins against guessing: while a name is locked out no attempt is made, and the answer does not say so. */
export const lockouts: Plugin = (core) => ({
  decorate(type, route) {
    const name = nameOf[`${type} ${route.pattern}`]
    return name === undefined ? route : { ...route, update: guarded(core, route.update!, name) }
  },
})

/** Counts failed logins by mount and name. Only refusals with INVALID_CREDENTIALS count. */
function guarded(
  { part, changed, now }: VaultCore,
  attempt: Handler,
  nameOf: (request: VaultRequest) => string,
): Handler {
  const failedLogins = part('failedLogins', () => table<FailedLogins>())
  const isOver = (lastAtMs: number) => now() - lastAtMs >= lockoutMs
  return async (request) => {
    const key = `${request.mount.accessor}/${nameOf(request)}`
    const failed = failedLogins[key]
    if (failed !== undefined && failed.count >= lockoutThreshold && !isOver(failed.lastAtMs)) throw permissionDenied()
    try {
      const reply = await attempt(request)
      if (failedLogins[key] !== undefined) {
        delete failedLogins[key]
        changed()
      }
      return reply
    } catch (error) {
      if (error instanceof DevVaultError && error.code === 'INVALID_CREDENTIALS') {
        // Read again: other attempts may have failed while this one was checked.
        const before = failedLogins[key]
        const count = before === undefined || isOver(before.lastAtMs) ? 0 : before.count
        failedLogins[key] = { count: count + 1, lastAtMs: now() }
        changed()
      }
      throw error
    }
  }
}
