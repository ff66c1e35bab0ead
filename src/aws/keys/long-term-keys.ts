import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import { AwsError } from '../aws-error.ts'
import type { AccessKey } from '../credentials.ts'
import { parseJsonObject } from '../json-object.ts'
import { sourceItemName, sourceItems } from '../source-items.ts'

/** The long-term keys in the keychain: this is their only reader and writer. None is kept in memory. */
export interface LongTermKeys {
  /** @throws {AwsError} AWS_KEY_MISSING, AWS_KEY_CORRUPT */
  read(source: string): Promise<AccessKey>
  find(source: string): Promise<AccessKey | undefined>
  /** Stores or replaces the key of a source. */
  write(source: string, key: AccessKey): Promise<void>
  /** Resolves to whether there was one. */
  remove(source: string): Promise<boolean>
  /** The names of the sources that have a key. */
  sources(): Promise<readonly string[]>
}

const prefix = 'aws/key/'

/** Keys as items `aws/key/SOURCE` of the keychain, in JSON. */
export function createLongTermKeys(keychain: Keychain): LongTermKeys {
  const items = sourceItems(keychain, prefix)
  const find = async (source: string): Promise<AccessKey | undefined> => {
    const item = await items.get(source)
    return item === undefined ? undefined : decode(source, item)
  }
  return {
    find,
    async read(source) {
      const key = await find(source)
      if (key !== undefined) return key
      throw new AwsError('AWS_KEY_MISSING', `no access key for ${source} in the keychain (${keychain.description})`, {
        hint: `latchkey aws keys add ${shellWord(source)}`,
      })
    },
    write: (source, { accessKeyId, secretAccessKey }) =>
      items.set(source, new Secret(JSON.stringify({ accessKeyId, secretAccessKey: secretAccessKey.expose() }))),
    remove: items.remove,
    sources: items.sources,
  }
}

function decode(source: string, item: Secret<string>): AccessKey {
  const { accessKeyId, secretAccessKey } = parseJsonObject(item.expose())
  if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') {
    return { accessKeyId, secretAccessKey: new Secret(secretAccessKey) }
  }
  throw new AwsError('AWS_KEY_CORRUPT', `the keychain item ${sourceItemName(prefix, source)} is not an access key`, {
    hint: `latchkey aws keys add ${shellWord(source)}`,
  })
}
