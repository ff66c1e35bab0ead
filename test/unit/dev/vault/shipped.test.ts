import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { dataReply } from '../../../../src/dev/vault/reply.ts'
import { withFields } from '../../../../src/dev/vault/routes.ts'
import { createDevVault } from '../../../../src/dev/vault/server.ts'
import { defaultTokenTerms } from '../../../../src/dev/vault/token/token-terms.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { callVault, type VaultCallOptions } from '../../../support/dev-vault.ts'

const unsupportedPath = ['1 error occurred:\n\t* unsupported path\n\n']
const publicKey = formatPublicKeyLine(publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob, '')
const caRole = { key_type: 'ca', allow_user_certificates: true, allowed_users: 'ubuntu', ttl: '30m' }

/** The server as `latchkey dev` has it, without what tests add. */
async function openShipped(...plugins: Plugin[]) {
  const vault = await createDevVault({ now: () => Date.UTC(2026, 10, 23), log: () => {}, plugins })
  onTestFinished(vault.close)
  const call = (method: string, path: string, options: VaultCallOptions = {}) =>
    callVault(vault.address, method, path, { token: vault.rootToken, ...options })
  const write = (path: string, body: object = {}) => call('POST', path, { body })
  return { call, write }
}

async function withMounts() {
  const shipped = await openShipped()
  await shipped.write('sys/mounts/ssh', { type: 'ssh' })
  await shipped.write('sys/auth/userpass', { type: 'userpass' })
  await shipped.write('sys/auth/approle', { type: 'approle' })
  await shipped.write('ssh/config/ca', { generate_signing_key: true, key_type: 'ed25519' })
  return shipped
}

describe('the Vault that latchkey dev ships', () => {
  it('has a CA, a role, a policy and a person who has a key signed, and refuses them the rest', async () => {
    const { call, write } = await withMounts()
    expect((await write('ssh/roles/ops', caRole)).status).toBe(204)
    await write('sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
    await write('auth/userpass/users/jo', { password: 'pw', token_policies: 'ops' })
    const login = await call('POST', 'auth/userpass/login/jo', { body: { password: 'pw' } })
    const token = login.json.auth.client_token
    const sign = (names: string) =>
      call('POST', 'ssh/sign/ops', { token, body: { public_key: publicKey, valid_principals: names } })
    expect((await sign('ubuntu')).json.data.signed_key).toMatch(/^ssh-ed25519-cert-v01@openssh\.com /)
    expect((await sign('root')).json.errors).toEqual(['root is not a valid value for valid_principals'])
    expect((await call('GET', 'ssh/roles/ops', { token })).status).toBe(403)
  })

  it('knows each person who logs in by an id of their own', async () => {
    const { call, write } = await withMounts()
    const entityOf = async (name: string) => {
      await write(`auth/userpass/users/${name}`, { password: 'pw' })
      return (await call('POST', `auth/userpass/login/${name}`, { body: { password: 'pw' } })).json.auth.entity_id
    }
    const first = await entityOf('jo')
    expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(await entityOf('jo')).toBe(first)
    expect(await entityOf('mia')).not.toBe(first)
  })

  it.each([
    'auth/token/create',
    'auth/token/accessors',
    'auth/token/lookup',
    'auth/token/renew',
    'auth/token/revoke',
    'auth/userpass/users/jo/password',
    'auth/approle/role/ci/custom-secret-id',
    'identity/entity',
    'ssh/issue/ops',
    'ssh/issuers/import',
    'ssh/creds/ops',
    'sys/capabilities-self',
    'sys/policy/ops',
    'sys/seal',
    'sys/unseal',
    'sys/wrapping/wrap',
  ])('answers %s as an unsupported path', async (path) => {
    const { write } = await withMounts()
    expect(await write(path)).toMatchObject({ status: 404, json: { errors: unsupportedPath } })
  })

  it.each([
    ['ssh/roles/ops', { ...caRole, allowed_users_template: true }, "'allowed_users_template'"],
    ['ssh/roles/ops', { ...caRole, allowed_user_key_lengths: { rsa: 4096 } }, "'allowed_user_key_lengths'"],
    ['ssh/roles/ops', { key_type: 'otp', default_user: 'a' }, 'a role for one-time passwords'],
    ['auth/userpass/users/jo', { password: 'pw', token_bound_cidrs: '10.0.0.0/8' }, "'token_bound_cidrs'"],
    ['auth/approle/role/ci', { token_bound_cidrs: ['10.0.0.0/8'] }, "'token_bound_cidrs'"],
    ['auth/approle/role/ci', { secret_id_bound_cidrs: '10.0.0.0/8' }, "'secret_id_bound_cidrs'"],
    ['ssh/config/ca', {}, "a CA key of type 'ssh-rsa'"],
    ['ssh/config/ca', { key_type: 'ed25519', key_bits: 256 }, "'key_bits'"],
    ['ssh/config/ca', { private_key: 'a', public_key: 'b' }, "'private_key'"],
    ['sys/mounts/other', { type: 'ssh', config: { max_lease_ttl: '1h' } }, "'max_lease_ttl'"],
    ['sys/policies/acl/a', { policy: '{"path": {}}' }, 'a policy in JSON'],
    ['sys/policies/acl/a', { policy: 'path "a/+/b" { }' }, 'a + in the path of a policy, such as a/+/b,'],
    [
      'sys/policies/acl/a',
      { policy: 'path "a" { policy = "read" }' },
      'failed to parse policy: path "a": key "policy"',
    ],
    [
      'sys/policies/acl/a',
      { policy: 'path "a/{{identity.entity.id}}" { }' },
      'a template in the path of a policy, such as a/{{identity.entity.id}},',
    ],
  ])('says that it cannot heed what is asked of %s with %j', async (path, body, what) => {
    const { write } = await withMounts()
    const errors = [`${what} is not built into the development server`]
    expect(await write(path, body)).toMatchObject({ status: 400, json: { errors } })
  })

  it('takes fields that ask for nothing, as clients send them that send all', async () => {
    const { write } = await withMounts()
    const unset = { allowed_users_template: false, cidr_list: '', allowed_user_key_lengths: {}, port: 0 }
    expect((await write('ssh/roles/ops', { ...caRole, ...unset })).status).toBe(204)
    const config = { default_lease_ttl: '0s', max_lease_ttl: '', force_no_cache: false, options: null }
    expect((await write('sys/mounts/other', { type: 'ssh', config, options: null })).status).toBe(204)
  })

  it('does not mistake the tuning of a mount for a mount', async () => {
    const { call, write } = await withMounts()
    expect((await write('sys/mounts/ssh/tune', { type: 'ssh' })).status).toBe(405)
    expect((await call('GET', 'sys/mounts/ssh/tune')).status).toBe(405)
  })

  it('gives no batch token to a role that wants one', async () => {
    const { write } = await withMounts()
    await write('auth/userpass/users/jo', { password: 'pw', token_type: 'batch' })
    const errors = ['a batch token is not built into the development server']
    expect(await write('auth/userpass/login/jo', { password: 'pw' })).toMatchObject({ status: 400, json: { errors } })
  })

  it.each(['X-Vault-Wrap-TTL', 'X-Vault-MFA', 'X-Vault-Inline-Auth-Path'])(
    'does not pass over what decides how a call is answered: %s',
    async (name) => {
      const { call } = await openShipped()
      const reply = await call('GET', 'sys/mounts', { headers: { [name]: '60s' } })
      expect(reply.status).toBe(404)
      expect(reply.json.errors[0]).toContain(`unsupported path: ${name} is not built`)
    },
  )

  it('tells a client that asks with LIST how to ask for a list', async () => {
    const { call, write } = await withMounts()
    await write('ssh/roles/ops', caRole)
    expect((await call('LIST', 'ssh/roles')).json.errors[0]).toContain('GET and list=true')
    expect((await call('GET', 'ssh/roles?list=true')).json.data.keys).toEqual(['ops'])
  })
})

describe('a plug-in', () => {
  it('brings a login method: routes, what it keeps, its terms, and its end', async () => {
    const guests: Plugin = (core) => {
      const visits = core.part('guests', (): Record<string, number> => ({}))
      const terms = { ...defaultTokenTerms, token_ttl: 600 }
      return {
        backends: [
          {
            type: 'guest',
            kind: 'login',
            routes: [
              {
                pattern: 'login',
                isUnauthenticated: true,
                update: withFields({ name: 'text' }, ({ name = '' }, request) => {
                  visits[request.mount.uuid] = (visits[request.mount.uuid] ?? 0) + 1
                  core.changed()
                  return core.logins.issue({
                    request,
                    aliasName: name,
                    displayName: name,
                    metadata: {},
                    terms,
                    name,
                  })
                }),
              },
            ],
            renewalTerms: () => terms,
            forget: ({ uuid }) => void delete visits[uuid],
          },
        ],
        routes: { system: [{ pattern: 'guests', read: () => dataReply({ visits: Object.values(visits) }) }] },
      }
    }
    const { call, write } = await openShipped(guests)
    expect((await write('sys/auth/guest', { type: 'guest' })).status).toBe(204)
    const { auth } = (await write('auth/guest/login', { name: 'jo' })).json
    expect(auth).toMatchObject({ lease_duration: 600, policies: ['default'], renewable: true })
    const token = auth.client_token
    expect((await call('POST', 'auth/token/renew-self', { token, body: {} })).json.auth.lease_duration).toBe(600)
    expect((await call('GET', 'sys/guests')).json.data).toEqual({ visits: [1] })
    await call('DELETE', 'sys/auth/guest')
    expect((await call('GET', 'sys/guests')).json.data).toEqual({ visits: [] })
    expect((await call('GET', 'auth/token/lookup-self', { token })).status).toBe(403)
  })

  it('replaces one operation of a path and leaves the others', async () => {
    const { call, write } = await openShipped(() => ({
      routes: { system: [{ pattern: 'policies/acl/{name*}', read: () => dataReply({ replaced: true }) }] },
    }))
    expect((await write('sys/policies/acl/a', { policy: 'path "a" { }' })).status).toBe(204)
    expect((await call('GET', 'sys/policies/acl/a')).json.data).toEqual({ replaced: true })
  })
})
