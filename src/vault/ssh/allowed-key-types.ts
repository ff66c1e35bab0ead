import { shellWord } from '../../core/text/shell-word.ts'
import { keyGenerators, type TypedKeyGenerator } from '../../ssh/keys/key-types.ts'
import { type PublicKey, publicKeyBits } from '../../ssh/public-key.ts'
import { vaultPath } from '../address.ts'
import type { SignPurpose } from '../advice/advice-row.ts'
import type { VaultClient } from '../client.ts'
import type { Access } from '../inline-login.ts'
import { VaultError } from '../vault-error.ts'

/** What is needed to look at the role that has refused a key. */
export interface RefusedKey {
  client: VaultClient
  access: Access
  purpose: SignPurpose
  signal: AbortSignal
}

/** The name that `key_type` in config.toml has for a key; its SSH name if such keys are not made here. */
export function keyTypeSetting(key: PublicKey): string {
  const bits = publicKeyBits(key)
  return keyGenerators.find((each) => each.type.name === key.type && each.bits === bits)?.name ?? key.type
}

/**
 * The refusal of a key, with the key types that the role takes. A token that may sign with a role need not be allowed to
 * read it: then the refusal stays as it is.
 * @param refusal VAULT_KEY_NOT_ALLOWED
 */
export async function explainRefusedKey(refusal: VaultError, refused: RefusedKey): Promise<VaultError> {
  const { mount, role, isOthersKey } = refused.purpose
  // No setting makes it another key: the refusal says what helps.
  if (isOthersKey === true) return refusal
  const lengths = await readKeyLengths(refused)
  if (lengths === undefined) return refusal
  const settings = keyTypesWithin(lengths)
  const hint =
    settings.length === 0
      ? `it takes none of the keys that latchkey makes: its operator must put one into its allowed_user_key_lengths, such as ed25519=0; see: vault read ${shellWord(`${mount}/roles/${role}`)}`
      : `set key_type of the ssh identity in config.toml to one that the role takes: ${settings.join(', ')}`
  return new VaultError(refusal.code, refusal.message, { cause: refusal, status: refusal.status, hint })
}

/** @returns undefined if the role cannot be read, or says nothing of keys */
async function readKeyLengths({ client, access, purpose, signal }: RefusedKey): Promise<object | undefined> {
  try {
    const { data } = await client.request({
      method: 'GET',
      path: vaultPath(purpose.mount, 'roles', purpose.role),
      purpose,
      ...access,
      signal,
    })
    const lengths = data?.allowed_user_key_lengths
    return typeof lengths === 'object' && lengths !== null && Object.keys(lengths).length > 0 ? lengths : undefined
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

/**
 * The key types of config.toml that a role certifies.
 * @param lengths the role's `allowed_user_key_lengths`: sizes, by names of key types
 */
export function keyTypesWithin(lengths: object): readonly string[] {
  const sizes = new Map<string, unknown>(Object.entries(lengths))
  return keyGenerators.filter((generator) => isWithin(generator, sizes)).map(({ name }) => name)
}

/** As Vault compares them (`validateSignedKeyRequirements` of builtin/logical/ssh/path_issue_sign.go). */
function isWithin({ type, bits }: TypedKeyGenerator, sizes: ReadonlyMap<string, unknown>): boolean {
  const families = type.family === 'ecdsa' ? ['ecdsa', 'ec'] : [type.family]
  return [...families, type.name].some((name) => {
    // Old servers have one size instead of a list.
    const allowed = [sizes.get(name) ?? []].flat()
    // The size of an Ed25519 key is not looked at, nor that of a curve that is named in full.
    const isMeasured = type.family === 'rsa' || name === 'ecdsa' || name === 'ec'
    return isMeasured ? allowed.some((size) => Number(size) === bits) : allowed.length > 0
  })
}
