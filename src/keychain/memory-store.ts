import { Secret } from '../core/secret.ts'
import type { Keychain } from './keychain.ts'

/** A keychain that ends with the process. It has to be asked for: what it holds is lost at the next start. */
export function createMemoryKeychain(): Keychain {
  const items = new Map<string, Secret<string>>()
  return {
    description: 'memory',
    endsWithDaemon: true,
    get: async (name) => items.get(name),
    async set(name, value) {
      items.set(name, new Secret(value.expose()))
    },
    delete: async (name) => items.delete(name),
    list: async () => [...items.keys()].sort(),
  }
}
