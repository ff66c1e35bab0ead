import * as v from 'valibot'
import { once } from '../../core/calls/once.ts'
import { createTurns } from '../../core/calls/turns.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import { parseJsonObject } from '../json-object.ts'

/** In ms since the epoch, as far as Date can show it. */
const time = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15))

const sightingSchema = v.object({
  accessKeyId: v.string(),
  createdAtMs: time,
  use: v.variant('type', [
    v.object({ type: v.literal('used'), atMs: time, service: v.string() }),
    v.object({ type: v.picklist(['never', 'unknown']) }),
  ]),
  seenAtMs: time,
})

/** What AWS said of a long-term key when it was last asked. Times are in ms since the epoch. */
export type KeySighting = v.InferOutput<typeof sightingSchema>

/** Owns what is known of the age and use of the keys: what AWS has said, and when. It never asks AWS itself. */
export interface KeySightings {
  /** By source. Nothing where the keychain cannot answer. */
  all(): Promise<ReadonlyMap<string, KeySighting>>
  /** Never rejects: what cannot be kept is asked again some day. */
  note(source: string, sighting: KeySighting): Promise<void>
  /** The key of a source has changed. */
  forget(source: string): Promise<void>
}

/** One item for all, so that status reads one. It is in the keychain because it goes with the keys, from store to store. */
const itemName = 'aws/keys-seen'

/** Read once, then held in memory. */
export function createKeySightings(keychain: Keychain, log: Logger): KeySightings {
  const turns = createTurns(1)
  const held = once(async () => decode(await keychain.get(itemName)))

  const change = (apply: (sightings: Map<string, KeySighting>) => boolean) =>
    turns.run(async () => {
      try {
        const sightings = await held()
        if (!apply(sightings)) return
        await keychain.set(itemName, new Secret(JSON.stringify(Object.fromEntries(sightings))))
      } catch (error) {
        log.info('what AWS said of a key is not kept', { reason: describeError(error) })
      }
    })

  return {
    all: () => held().catch(() => new Map()),
    note: (source, sighting) => change((sightings) => sightings.set(source, sighting) !== undefined),
    forget: (source) => change((sightings) => sightings.delete(source)),
  }
}

function decode(item: Secret<string> | undefined): Map<string, KeySighting> {
  if (item === undefined) return new Map()
  const entries = Object.entries(parseJsonObject(item.expose()))
  return new Map(
    entries.flatMap(([source, value]) => {
      const result = v.safeParse(sightingSchema, value)
      return result.success ? [[source, result.output] as const] : []
    }),
  )
}
