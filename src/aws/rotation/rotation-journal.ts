import * as v from 'valibot'
import type { Logger } from '../../core/log.ts'
import { Secret } from '../../core/secret.ts'
import type { Keychain } from '../../keychain/keychain.ts'
import { parseJsonObject } from '../json-object.ts'
import { sourceItems } from '../source-items.ts'

const time = v.number()
const common = { userName: v.string(), formerKeyId: v.string() }

const rotationSchema = v.variant('type', [
  /** AWS is being asked for a new key, and may have made one. The time is by AWS's clock. */
  v.object({ ...common, type: v.literal('asked'), askedAtMs: time }),
  /** It is here with its secret, and not in use. */
  v.object({
    ...common,
    type: v.literal('made'),
    successor: v.object({
      accessKeyId: v.string(),
      secretAccessKey: v.pipe(
        v.string(),
        v.transform((text) => new Secret(text)),
      ),
      createdAtMs: time,
    }),
  }),
  /** AWS knows it, and it has taken the place of the former one. */
  v.object({ ...common, type: v.literal('in-use'), successorId: v.string() }),
  /** The former one is inactive. */
  v.object({ ...common, type: v.literal('retired'), successorId: v.string(), retiredAtMs: time }),
])

/** How far the rotation of a key has come, and all that is needed to go on from there. Times are in ms since the epoch. */
export type Rotation = v.InferOutput<typeof rotationSchema>

/** The rotations that are under way, or not finished, in the keychain: this is their only reader and writer. */
export interface RotationJournal {
  /** That of a source, if there is one for the key that it has now. */
  find(source: string, accessKeyId: string): Promise<Rotation | undefined>
  write(source: string, rotation: Rotation): Promise<void>
  remove(source: string): Promise<void>
  /** The sources that have one, for which none has to be read. */
  sources(): Promise<readonly string[]>
}

/** Items `aws/rotation/SOURCE`, beside the keys: the new key is stored by the same write that says so. */
export function createRotationJournal(keychain: Keychain, log: Logger): RotationJournal {
  const items = sourceItems(keychain, 'aws/rotation/')
  const remove = async (source: string) => void (await items.remove(source))
  return {
    async find(source, accessKeyId) {
      const item = await items.get(source)
      if (item === undefined) return undefined
      const rotation = decode(item)
      if (rotation === undefined) log.warn('the keychain holds a rotation that cannot be read', { source })
      else if (keysOf(rotation).includes(accessKeyId)) return rotation
      // The key was replaced by other means.
      await remove(source)
      return undefined
    },
    write: (source, rotation) => items.set(source, encode(rotation)),
    remove,
    sources: items.sources,
  }
}

/** The keys that a source may have at this point of a rotation. */
function keysOf(rotation: Rotation): string[] {
  switch (rotation.type) {
    case 'asked':
      return [rotation.formerKeyId]
    case 'made':
      return [rotation.formerKeyId, rotation.successor.accessKeyId]
    case 'in-use':
    case 'retired':
      return [rotation.successorId]
  }
}

function encode(rotation: Rotation): Secret<string> {
  if (rotation.type !== 'made') return new Secret(JSON.stringify(rotation))
  const { accessKeyId, secretAccessKey, createdAtMs } = rotation.successor
  const successor = { accessKeyId, secretAccessKey: secretAccessKey.expose(), createdAtMs }
  return new Secret(JSON.stringify({ ...rotation, successor }))
}

/** Undefined for what is no rotation: a parser's error would quote the secret in it. */
function decode(item: Secret<string>): Rotation | undefined {
  const result = v.safeParse(rotationSchema, parseJsonObject(item.expose()))
  return result.success ? result.output : undefined
}
