import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Backend, VaultCore } from '../backend.ts'
import { DevVaultError, invalidRequest } from '../errors.ts'
import { dataReply, empty, listReply } from '../reply.ts'
import { pageFields, type VaultRequest, withFields } from '../routes.ts'
import { entryOf, table } from '../tables.ts'
import {
  defaultTokenTerms,
  sanitizePolicies,
  type TokenTerms,
  tokenTermFields,
  updateTokenTerms,
} from '../token/token-terms.ts'

const userFields = { ...tokenTermFields, password: 'text', ttl: 'seconds', max_ttl: 'seconds' } as const

/** A user who logs in by password. */
export interface UserpassUser {
  passwordHash: string
  terms: TokenTerms
}

/** The users of each mount, by its uuid and their name in lower case. */
export function usersByMount({ part }: Pick<VaultCore, 'part'>): Record<string, Record<string, UserpassUser>> {
  return part('userpass', () => table<Record<string, UserpassUser>>())
}

/** Login by user name and password. */
export function createUserpassBackend({ part, changed, logins }: VaultCore): Backend {
  const mounts = usersByMount({ part })
  const usersOf = ({ mount }: VaultRequest) => entryOf(mounts, mount.uuid, () => table<UserpassUser>())
  const nameOf = ({ params }: VaultRequest) => params.username!.toLowerCase()
  const findUser = (request: VaultRequest) => usersOf(request)[nameOf(request)]

  const login = async (request: VaultRequest, password: string | undefined) => {
    const name = nameOf(request)
    // A 500 rather than a 400, as Vault has it.
    if (password === undefined || password === '') throw new DevVaultError('INTERNAL', 'missing password')
    const user = findUser(request)
    // The check takes as long for a user who does not exist.
    const isRight = await isPasswordOf(user?.passwordHash ?? unusableHash, password)
    if (user === undefined) throw invalidRequest('invalid username or password')
    if (!isRight) throw new DevVaultError('INVALID_CREDENTIALS', 'invalid username or password')
    return logins.issue({
      request,
      aliasName: name,
      displayName: name,
      metadata: { username: name },
      terms: user.terms,
      name,
    })
  }

  return {
    type: 'userpass',
    kind: 'login',
    forget: ({ uuid }) => void delete mounts[uuid],
    renewalTerms({ uuid }, name, { policies }) {
      const terms = mounts[uuid]?.[name]?.terms
      if (terms === undefined) return undefined
      const own = sanitizePolicies(terms.token_policies, !terms.token_no_default_policy)
      if (own.join() !== policies.join()) throw new DevVaultError('INTERNAL', 'policies have changed, not renewing')
      return terms
    },
    routes: [
      {
        pattern: 'login/{username}',
        isUnauthenticated: true,
        update: withFields({ password: 'text' }, ({ password }, request) => login(request, password)),
      },
      {
        pattern: 'users',
        list: withFields(pageFields, (page, request) => listReply(Object.keys(usersOf(request)), page)),
      },
      {
        pattern: 'users/{username}',
        exists: (request) => findUser(request) !== undefined,
        read(request) {
          const user = findUser(request)
          return user === undefined ? empty : dataReply({ ...user.terms })
        },
        update: withFields(userFields, async ({ password, ttl, max_ttl: maxTtl, ...fields }, request) => {
          const old = findUser(request)
          if (old === undefined && (password === undefined || password === '')) throw invalidRequest('missing password')
          const terms = updateTokenTerms(old?.terms ?? defaultTokenTerms, {
            ...(ttl === undefined ? {} : { token_ttl: ttl }),
            ...(maxTtl === undefined ? {} : { token_max_ttl: maxTtl }),
            ...fields,
          })
          const passwordHash = password === undefined ? old!.passwordHash : await hashPassword(password)
          usersOf(request)[nameOf(request)] = { passwordHash, terms }
          changed()
          return empty
        }),
        delete(request) {
          delete usersOf(request)[nameOf(request)]
          changed()
          return empty
        },
      },
    ],
  }
}

const hashBytes = 32
// Cheap on purpose: a development server's passwords are made up, and its logins are counted in tests.
const scryptCost = { N: 1024, r: 8, p: 1 }
const unusableHash = `${'00'.repeat(16)}:${'00'.repeat(hashBytes)}`

/** What is kept of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `${salt.toString('hex')}:${(await deriveHash(password, salt)).toString('hex')}`
}

async function isPasswordOf(stored: string, password: string): Promise<boolean> {
  const [salt, hash] = stored.split(':').map((part) => Buffer.from(part, 'hex'))
  return timingSafeEqual(hash!, await deriveHash(password, salt!))
}

function deriveHash(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hashBytes, scryptCost, (error, hash) => (error === null ? resolve(hash) : reject(error)))
  })
}
