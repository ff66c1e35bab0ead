import { X509Certificate } from 'node:crypto'
import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { DevVaultError, invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { type VaultRequest, withFields } from '../../../../src/dev/vault/routes.ts'
import { clientCertificateHeader } from '../http/client-certificate.ts'
import { keyIdentifiers } from './key-identifiers.ts'
import { createRoleMounts } from './role-mount.ts'

const roleFields = { certificate: 'text', display_name: 'text', allowed_names: 'notBuilt' } as const

/** Login with the client certificate of the TLS connection: one that is configured, or of a CA that is. */
export const cert: Plugin = (core) => {
  const mounts = createRoleMounts(core, { method: 'cert', at: 'certs', configFields: {}, roleFields })

  const shownIn = (request: VaultRequest): X509Certificate => {
    const shown = request.header(clientCertificateHeader)
    if (shown === undefined) throw invalidRequest('no client certificate found')
    return new X509Certificate(Buffer.from(shown, 'base64'))
  }
  const matching = (request: VaultRequest, shown: X509Certificate, name: string | undefined) => {
    const roles = Object.entries(mounts.rolesOf(request)).filter(([role]) => name === undefined || role === name)
    const found = roles.find(([, { settings }]) => isTrusted(shown, settings.certificate ?? '', core.now()))
    if (found === undefined) throw invalidRequest('invalid certificate or no client certificate supplied')
    return found
  }

  return {
    decorate(type, route) {
      if (type !== 'token' || route.pattern !== 'renew-self') return route
      return {
        ...route,
        update(request) {
          const login = request.caller?.token.entry.login
          const mount = core.mounts.all().find(({ uuid }) => uuid === login?.mountUuid)
          if (mount?.type === 'cert') matching({ ...request, mount }, shownIn(request), login!.name)
          return route.update!(request)
        },
      }
    },
    backends: [
      {
        type: 'cert',
        kind: 'login',
        forget: mounts.forget,
        renewalTerms: mounts.termsOf,
        routes: [
          ...mounts.routes,
          {
            pattern: 'login',
            isUnauthenticated: true,
            update: withFields({ name: 'text' }, ({ name: wanted }, request) => {
              const shown = shownIn(request)
              const [name, { settings, terms }] = matching(request, shown, wanted)
              const commonName = /^CN=(.*)$/m.exec(shown.subject)?.[1] ?? ''
              if (commonName === '') throw new DevVaultError('INTERNAL', 'no common name')
              return core.logins.issue({
                request,
                aliasName: commonName,
                displayName: settings.display_name ?? name,
                metadata: { cert_name: name, common_name: commonName, ...identifiersOf(shown) },
                terms,
                name,
              })
            }),
          },
        ],
      },
    ],
  }
}

/** As `pathLogin` of builtin/credential/cert notes them. */
function identifiersOf(shown: X509Certificate): Readonly<Record<string, string>> {
  const { authority, subject } = keyIdentifiers(shown.raw)
  return {
    authority_key_id: authority,
    serial_number: BigInt(`0x${shown.serialNumber}`).toString(),
    subject_key_id: subject,
  }
}

function isTrusted(shown: X509Certificate, pem: string, nowMs: number): boolean {
  const trusted = new X509Certificate(pem)
  const isNow = Date.parse(shown.validFrom) <= nowMs && nowMs <= Date.parse(shown.validTo)
  return isNow && (shown.fingerprint256 === trusted.fingerprint256 || shown.verify(trusted.publicKey))
}
