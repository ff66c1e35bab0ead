import type { Plugin } from '../../../../src/dev/vault/backend.ts'

/** Roles that certify hosts, within their domains. */
export const hostCertificates: Plugin = () => ({
  ssh: {
    fields: {
      allowed_domains: 'text',
      allow_host_certificates: 'boolean',
      allow_bare_domains: 'boolean',
      allow_subdomains: 'boolean',
    },
    defaults: {
      allowed_domains: '',
      allow_host_certificates: false,
      allow_bare_domains: false,
      allow_subdomains: false,
    },
    isHostAllowed: (role, domains, host) =>
      domains.some(
        (domain) =>
          (role.allow_bare_domains === true && domain === host) ||
          (role.allow_subdomains === true && host.endsWith(`.${domain}`)),
      ),
  },
})
