import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { callVault, startTestVault, type VaultCallOptions, type VaultReply } from './dev-vault.ts'
import { pem } from './vault-network.ts'

/** A server that is tried by the conformance suite: the embedded one, or a real one that was named. */
export interface VaultSubject {
  name: string
  address: string
  /** In PEM: what its certificate is of; undefined where there is none. */
  ca: string | undefined
  isEmbedded: boolean
  call(method: string, path: string, options?: VaultCallOptions): Promise<VaultReply>
  /** A call with its root token that must succeed. Resolves to its `data`, or its `auth` where it has no data. */
  admin(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>
  /** A name that nothing else there has. */
  newName(): string
  /** Mounts a secrets engine. @returns its path */
  mountSecrets(type: string): Promise<string>
  /** Enables a login method. @returns its path without `auth/` */
  enableLogin(type: string): Promise<string>
  /** @returns the name of the new policy */
  writePolicy(policy: string): Promise<string>
  /** Makes a method of login MFA whose codes an authenticator app shows. */
  newTotpMethod(): Promise<{ id: string; name: string }>
  /** Wants one of the methods of everybody who logs in at the mounts. */
  enforceMfa(methodIds: readonly string[], mounts: readonly string[]): Promise<void>
  /** Takes away all that was made. @returns what is left of it */
  close(): Promise<readonly string[]>
}

/** Lists what is on a server. An empty one is answered with 404. */
const everything = [
  'sys/mounts',
  'sys/auth',
  'sys/policies/acl?list=true',
  'identity/mfa/login-enforcement?list=true',
  'identity/mfa/method/totp?list=true',
]

/** Begins the name of everything that the suite makes on somebody's server. */
const prefix = 'latchkey-test-'

/**
 * The server of VAULT_TEST_ADDR, whose VAULT_TEST_TOKEN may do everything, else the embedded one, with TLS.
 * VAULT_TEST_CACERT is a file with what the named server's certificate is of.
 */
export async function openVaultSubject(): Promise<VaultSubject> {
  const { VAULT_TEST_ADDR: named, VAULT_TEST_TOKEN: token = '', VAULT_TEST_CACERT: caFile } = process.env
  if (named !== undefined) {
    const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8')
    return createSubject({ name: named, address: named, ca, isEmbedded: false, token, end: async () => {} })
  }
  const tls = { key: pem('server-key'), cert: pem('server'), asks: true }
  const { vault } = await startTestVault({ now: () => Date.now(), tls })
  const { address, rootToken, close } = vault
  return createSubject({
    name: 'the embedded Vault',
    address,
    ca: pem('ca'),
    isEmbedded: true,
    token: rootToken,
    end: close,
  })
}

interface Server extends Pick<VaultSubject, 'name' | 'address' | 'ca' | 'isEmbedded'> {
  token: string
  end: () => Promise<void>
}

function createSubject({ token, end, ...server }: Server): VaultSubject {
  /** What takes each of them away, and the name by which it would be found. */
  const made: { path: string; name: string }[] = []
  const call: VaultSubject['call'] = (method, path, options = {}) => callVault(server.address, method, path, options)
  const admin: VaultSubject['admin'] = async (method, path, body) => {
    const reply = await call(method, path, { token, body })
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
    return { ...(reply.json.data ?? reply.json.auth) }
  }
  const newName = () => `${prefix}${randomBytes(6).toString('hex')}`
  const make = async (path: (name: string) => string, body: object): Promise<string> => {
    const name = newName()
    await admin('POST', path(name), body)
    made.push({ path: path(name), name })
    return name
  }
  const accessorOf = async (mount: string) => String((await admin('GET', mount)).accessor)

  /** People that logins have made (entities) stay when their mount goes. */
  const forgetPeople = async (mounts: readonly string[]): Promise<void> => {
    const accessors: unknown[] = await Promise.all(mounts.map(accessorOf))
    const { json } = await call('GET', 'identity/entity-alias/id?list=true', { token })
    const aliases = Object.values((json.data?.key_info ?? {}) as Record<string, Readonly<Record<string, unknown>>>)
    const entities = aliases.filter((alias) => accessors.includes(alias.mount_accessor))
    for (const alias of entities) await admin('DELETE', `identity/entity/id/${String(alias.canonical_id)}`)
  }

  return {
    ...server,
    call,
    admin,
    newName,
    mountSecrets: (type) => make((name) => `sys/mounts/${name}`, { type }),
    enableLogin: (type) => make((name) => `sys/auth/${name}`, { type }),
    writePolicy: (policy) => make((name) => `sys/policies/acl/${name}`, { policy }),
    async newTotpMethod() {
      const name = newName()
      const path = 'identity/mfa/method/totp'
      const { method_id: id } = await admin('POST', path, { method_name: name, issuer: prefix })
      made.push({ path: `${path}/${String(id)}`, name })
      return { id: String(id), name }
    },
    async enforceMfa(methodIds, mounts) {
      const accessors = await Promise.all(mounts.map((mount) => accessorOf(`sys/auth/${mount}`)))
      const wishes = { mfa_method_ids: methodIds, auth_method_accessors: accessors }
      await make((name) => `identity/mfa/login-enforcement/${name}`, wishes)
    },
    async close() {
      const logins = made.map(({ path }) => path).filter((path) => path.startsWith('sys/auth/'))
      if (!server.isEmbedded) await forgetPeople(logins)
      // The last first: what is enforced cannot be taken away.
      for (const { path } of made.reverse()) await admin('DELETE', path)
      const lists = await Promise.all(everything.map((path) => call('GET', path, { token })))
      await end()
      return made.flatMap(({ name }) => (lists.some(({ text }) => text.includes(name)) ? [name] : []))
    },
  }
}
