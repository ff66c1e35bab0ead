import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import type { SshRole } from '../../../../src/dev/vault/ssh/ssh-role.ts'
import { keyTypeNamed } from '../../../../src/ssh/keys/key-types.ts'
import { type PublicKey, publicKeyBits } from '../../../../src/ssh/public-key.ts'

/** Roles that say which keys they certify. */
export const keyLengths: Plugin = () => ({
  ssh: {
    fields: { allowed_user_key_lengths: 'map' },
    defaults: { allowed_user_key_lengths: {} },
    checkRole: (role) => ({
      ...role,
      allowed_user_key_lengths: toKeyLengths({ ...keyLengthsOf(role) }),
    }),
    checkKey: checkKeyLength,
  },
})

/** Which lengths a role allows for which types of key; empty: all. */
export function keyLengthsOf(role: SshRole): Readonly<Record<string, readonly number[]>> {
  // Only `toKeyLengths` has written it.
  return (role.allowed_user_key_lengths ?? {}) as Readonly<Record<string, readonly number[]>>
}

function toKeyLengths(map: Readonly<Record<string, unknown>>): Readonly<Record<string, readonly number[]>> {
  const toNumber = (value: unknown) => {
    const number = Number(value)
    if (Number.isInteger(number) && value !== null && value !== '') return number
    throw invalidRequest(`error processing allowed_user_key_lengths: ${JSON.stringify(value)} is not a number`)
  }
  return Object.fromEntries(
    Object.entries(map).map(([type, lengths]) => [type, (Array.isArray(lengths) ? lengths : [lengths]).map(toNumber)]),
  )
}

/** @throws {Error} whose message says which kind of key the role requires */
function checkKeyLength(role: SshRole, key: PublicKey): void {
  const lengths = keyLengthsOf(role)
  if (Object.keys(lengths).length === 0) return
  const { family } = keyTypeNamed(key.type)
  const bits = publicKeyBits(key)
  // A FIDO key counts as a key of its family.
  const names = keyLengthNames(family, family === 'ecdsa' ? `ecdsa-sha2-nistp${bits}` : key.type)
  const present = names.filter((name) => Object.hasOwn(lengths, name))
  if (present.length === 0) throw new Error(`key of type ${family} is not allowed`)
  const passes = present.some((name) =>
    lengths[name]!.some((length) => {
      const isMeasured = family === 'rsa' || name === 'ec' || name === 'ecdsa'
      return !isMeasured || length === bits
    }),
  )
  if (!passes) throw new Error(`key is of an invalid size: ${family === 'ed25519' ? 0 : bits}`)
}

/** The names by which a role may refer to a key. */
export function keyLengthNames(family: string, typeName: string): readonly string[] {
  switch (family) {
    case 'rsa':
      return ['rsa', 'ssh-rsa']
    case 'ed25519':
      return ['ed25519', 'ssh-ed25519']
    case 'ecdsa':
      return ['ecdsa', 'ec', typeName]
  }
  return []
}
