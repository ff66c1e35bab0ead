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
  /** Takes away all that was made. @returns what is left of it */
  close(): Promise<readonly string[]>
}

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
  const made: string[] = []
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
    made.push(path(name))
    return name
  }

  /** People that logins have made (entities) stay when their mount goes. */
  const forgetPeople = async (mounts: readonly string[]): Promise<void> => {
    const accessors = await Promise.all(mounts.map(async (mount) => (await admin('GET', mount)).accessor))
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
    async close() {
      if (!server.isEmbedded) await forgetPeople(made.filter((path) => path.startsWith('sys/auth/')))
      for (const path of made.reverse()) await admin('DELETE', path)
      const lists = await Promise.all(
        ['sys/mounts', 'sys/auth', 'sys/policies/acl?list=true'].map((path) => admin('GET', path)),
      )
      const names = made.map((path) => path.slice(path.indexOf(prefix)))
      const text = JSON.stringify(lists)
      await end()
      return names.filter((name) => text.includes(name))
    },
  }
}
