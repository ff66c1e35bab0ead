import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import type { Keychain } from '../../keychain/keychain.ts'

/** What AWS said of a long-term key when it was last asked. Times are in ms since the epoch, in whole seconds. */
export interface KeySighting {
  accessKeyId: string
  createdAtMs: number
  /** When it was last used. `unknown`: the user may not ask. */
  use: { type: 'used'; atMs: number } | { type: 'never' | 'unknown' }
  seenAtMs: number
}

/** Owns what is known of the age and use of the keys: what AWS has said, and when. It never asks AWS itself. */
export interface KeySightings {
  /** By source. Nothing where the keychain cannot answer. */
  all(): Promise<ReadonlyMap<string, KeySighting>>
  /** Never rejects: what cannot be kept is asked again some day. */
  note(source: string, sighting: KeySighting): Promise<void>
  /** The key of a source has changed. Never rejects: what is left says whose key it was. */
  forget(source: string): Promise<void>
}

/** All of it stands in the name, so that the status never decrypts and never opens a dialog. */
const itemPattern = /^aws\/seen\/([^/]+)\/(\w+)\/(\d{1,12})\/(never|unknown|\d{1,12})\/(\d{1,12})$/

/** Items of the keychain, since they go with the keys, from store to store: `aws/seen/SOURCE/ID/CREATED/USED/SEEN`. */
export function createKeySightings(keychain: Keychain, log: Logger): KeySightings {
  const stored = async () => (await keychain.list()).flatMap((name) => parseItemName(name) ?? [])

  const replace = async (source: string, newest?: string) => {
    try {
      if (newest !== undefined) await keychain.set(newest, new Secret('its name says it all'))
      for (const item of await stored())
        if (item.source === source && item.name !== newest) await keychain.delete(item.name)
    } catch (error) {
      log.info('what AWS said of a key is not kept', { source, reason: describeError(error) })
    }
  }

  return {
    async all() {
      const items = await stored().catch(() => [])
      // Where an older one could not be removed.
      const inOrder = items.sort((a, b) => a.sighting.seenAtMs - b.sighting.seenAtMs)
      return new Map(inOrder.map(({ source, sighting }) => [source, sighting]))
    },
    note: (source, sighting) => replace(source, itemName(source, sighting)),
    forget: (source) => replace(source),
  }
}

const seconds = (ms: number) => Math.floor(ms / 1000)

function itemName(source: string, { accessKeyId, createdAtMs, use, seenAtMs }: KeySighting): string {
  const used = use.type === 'used' ? seconds(use.atMs) : use.type
  return `aws/seen/${encodeURIComponent(source)}/${accessKeyId}/${seconds(createdAtMs)}/${used}/${seconds(seenAtMs)}`
}

function parseItemName(name: string): { name: string; source: string; sighting: KeySighting } | undefined {
  const [, source, accessKeyId, created, used, seen] = itemPattern.exec(name) ?? []
  if (source === undefined || accessKeyId === undefined || used === undefined) return undefined
  const use = useOf(used)
  const [createdAtMs, seenAtMs] = [Number(created) * 1000, Number(seen) * 1000]
  return { name, source: decodeURIComponent(source), sighting: { accessKeyId, createdAtMs, use, seenAtMs } }
}

function useOf(used: string): KeySighting['use'] {
  return used === 'never' || used === 'unknown' ? { type: used } : { type: 'used', atMs: Number(used) * 1000 }
}
