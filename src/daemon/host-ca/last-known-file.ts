import * as v from 'valibot'
import { CodedError, describeError } from '../../core/errors.ts'
import { writeOwnFile } from '../../core/files/own-file.ts'
import { readTextIfPresent } from '../../core/files/read-file.ts'
import type { Logger } from '../../core/log.ts'
import { decodePublicKey } from '../../ssh/public-key.ts'
import { formatPublicKeyLine, parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { SshError } from '../../ssh/wire.ts'

/** What a CA had when it was last asked. */
export interface KnownCa {
  /** The blobs of its keys. */
  keys: readonly Uint8Array[]
  /** All issuers of its mount that are known. */
  issuers: readonly string[]
}

/** By the origins of CAs: server, namespace, mount and issuers. */
export type KnownCas = ReadonlyMap<string, KnownCa>

/** Keeps over a restart what is known of host CAs, for a start without their servers (docs/adr/0056-host-cas-are-one-file.md). */
export interface LastKnownFile {
  /** It never rejects: what cannot be read, or is no key, is not known. */
  read(): Promise<KnownCas>
  /** It never rejects; the next start then knows less. */
  write(known: KnownCas): Promise<void>
}

const key = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return decodePublicKey(parsePublicKeyLine(dataset.value).blob).blob
    } catch (error) {
      if (!(error instanceof SshError)) throw error
      addIssue({ message: error.message })
      return NEVER
    }
  }),
)
const form = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({
    version: v.literal(1),
    cas: v.array(v.strictObject({ origin: v.string(), issuers: v.array(v.string()), keys: v.array(key) })),
  }),
)
const maxBytes = 4 * 1024 * 1024

/** @param path of the file; only its user may be able to write it */
export function createLastKnownFile(path: string, log: Logger): LastKnownFile {
  return {
    async read() {
      try {
        const text = await readTextIfPresent(path, { maxBytes, isTrusted: true })
        if (text === undefined) return new Map()
        const parsed = v.safeParse(form, text)
        if (!parsed.success) throw new Error(`${path} is damaged, or of a newer latchkey`)
        return new Map(parsed.output.cas.map(({ origin, ...known }) => [origin, known]))
      } catch (error) {
        log.warn('the host CAs are not known until their servers answer', reasonOf(error))
        return new Map()
      }
    },
    async write(known) {
      const cas = [...known].map(([origin, { keys, ...rest }]) => ({ origin, ...rest, keys: keys.map(lineOf) }))
      try {
        await writeOwnFile(path, `${JSON.stringify({ version: 1, cas })}\n`)
      } catch (error) {
        log.warn('the host CAs are not known at the next start until their servers answer', reasonOf(error))
      }
    },
  }
}

const lineOf = (blob: Uint8Array) => formatPublicKeyLine(blob, '')
const reasonOf = (error: unknown) => ({
  reason: describeError(error),
  hint: error instanceof CodedError ? error.hint : undefined,
})
