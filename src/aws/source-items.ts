import type { Secret } from '../core/secret.ts'
import type { Keychain } from '../keychain/keychain.ts'

/** The items of the keychain of which each source has one. Each method rejects with a KeychainError. */
export interface SourceItems {
  get(source: string): Promise<Secret<string> | undefined>
  set(source: string, value: Secret<string>): Promise<void>
  /** Resolves to whether there was one. */
  remove(source: string): Promise<boolean>
  /** The names of the sources that have one, for which none has to be read. */
  sources(): Promise<readonly string[]>
}

/** The name of a source's item: names come from files and may hold a slash. @param prefix such as `aws/key/` */
export function sourceItemName(prefix: string, source: string): string {
  return `${prefix}${encodeURIComponent(source)}`
}

/** The items whose names begin so. */
export function sourceItems(keychain: Keychain, prefix: string): SourceItems {
  return {
    get: (source) => keychain.get(sourceItemName(prefix, source)),
    set: (source, value) => keychain.set(sourceItemName(prefix, source), value),
    remove: (source) => keychain.delete(sourceItemName(prefix, source)),
    async sources() {
      const names = await keychain.list()
      return names
        .filter((name) => name.startsWith(prefix))
        .map((name) => decodeURIComponent(name.slice(prefix.length)))
    },
  }
}
