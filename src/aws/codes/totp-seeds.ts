import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { totpAlgorithms } from '../../core/totp/totp.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import { AwsError } from '../aws-error.ts'
import { parseJsonObject } from '../json-object.ts'
import { sourceItemName, sourceItems } from '../source-items.ts'
import type { TotpSeed } from './totp-seed.ts'

/** The seed of the MFA device of a source. */
export interface DeviceSeed extends TotpSeed {
  mfaSerial: string
}

/** The seeds in the keychain: this is their only reader and writer. None is kept in memory. */
export interface TotpSeeds {
  /** @throws {AwsError} AWS_SEED_INVALID: the item cannot be read; {KeychainError} */
  find(source: string): Promise<DeviceSeed | undefined>
  /** Stores or replaces the seed of a source. */
  write(source: string, seed: DeviceSeed): Promise<void>
  /** Resolves to whether there was one. */
  remove(source: string): Promise<boolean>
  /** The names of the sources that have one, which no seed has to be read for. */
  sources(): Promise<readonly string[]>
}

const prefix = 'aws/totp/'

/** Seeds as items `aws/totp/SOURCE` of the keychain, in JSON. */
export function createTotpSeeds(keychain: Keychain): TotpSeeds {
  const items = sourceItems(keychain, prefix)
  return {
    async find(source) {
      const item = await items.get(source)
      return item === undefined ? undefined : decode(source, item)
    },
    write: (source, { mfaSerial, secret, periodSeconds, algorithm }) =>
      items.set(source, new Secret(JSON.stringify({ mfaSerial, secret: secret.expose(), periodSeconds, algorithm }))),
    remove: items.remove,
    sources: items.sources,
  }
}

function decode(source: string, item: Secret<string>): DeviceSeed {
  const { mfaSerial, secret, periodSeconds, algorithm } = parseJsonObject(item.expose())
  const known = totpAlgorithms.find((name) => name === algorithm)
  const isWhole = typeof mfaSerial === 'string' && typeof secret === 'string' && typeof periodSeconds === 'number'
  if (isWhole && known !== undefined) return { mfaSerial, secret: new Secret(secret), periodSeconds, algorithm: known }
  throw new AwsError('AWS_SEED_INVALID', `the keychain item ${sourceItemName(prefix, source)} is not a seed`, {
    hint: `latchkey aws totp add ${shellWord(source)}`,
  })
}
