import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as v from 'valibot'
import { hashBytes, type KeepLock, type LockRecord, saltBytes } from '../../agent/lock/lock.ts'
import { createTurns } from '../../core/calls/turns.ts'
import { CodedError, describeError, errorCode } from '../../core/errors.ts'
import { writeOwnFile } from '../../core/files/own-file.ts'
import { readTextIfPresent } from '../../core/files/read-file.ts'
import type { Logger } from '../../core/log.ts'
import { shellWord } from '../../core/text/shell-word.ts'

/** How the agent is locked cannot be read or written. */
export class LockFileError extends CodedError<'LOCK_FILE'> {}

/** Keeps the lock of the SSH agent over a restart: in a file, which is there while it is locked. */
export interface LockFile {
  /** How it was locked; undefined: it was not. It never rejects: what cannot be read is a lock that a person opens. */
  read(): Promise<LockRecord | undefined>
  keep: KeepLock
  /** Why the next start will not find what holds now; or why this one has not found what held. */
  error(): LockFileError | undefined
}

const bytesInBase64 = (count: number) =>
  v.pipe(
    v.string(),
    v.base64(),
    v.transform((text): Uint8Array => Buffer.from(text, 'base64')),
    v.length(count),
  )
const form = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({
    // The costs of scrypt belong to it (src/agent/lock/lock.ts).
    version: v.literal(1),
    lock: v.variant('type', [
      v.strictObject({
        type: v.literal('passphrase'),
        salt: bytesInBase64(saltBytes),
        hash: bytesInBase64(hashBytes),
      }),
      v.strictObject({ type: v.literal('person') }),
    ]),
  }),
)
const maxBytes = 4096

/** @param path of the file (docs/adr/0044-the-lock-outlives-the-daemon.md) */
export function createLockFile(path: string, log: Logger): LockFile {
  const turns = createTurns(1)
  let error: LockFileError | undefined

  const fail = (message: string, cause: unknown, hint: string): void => {
    error = new LockFileError('LOCK_FILE', `${message}: ${describeError(cause)}`, { cause, hint })
    log.warn('the lock of the SSH agent does not outlive the daemon', { reason: error.message })
  }
  const look = `ls -ld ${shellWord(dirname(path))} ${shellWord(path)}`

  return {
    async read() {
      try {
        const text = await readTextIfPresent(path, { maxBytes, isTrusted: true })
        if (text === undefined) return undefined
        const parsed = v.safeParse(form, text)
        if (!parsed.success) throw new Error(`${path} is damaged, or of a newer latchkey`)
        return parsed.output.lock
      } catch (cause) {
        // A file in the place of its folder: there is none.
        if (errorCode(cause) === 'ENOTDIR') return undefined
        fail('the SSH agent is locked, for it cannot be told whether it was', cause, `in a terminal: latchkey unlock`)
        return { type: 'person' }
      }
    },
    keep: (record) =>
      turns.run(async () => {
        try {
          if (record === undefined) await rm(path, { force: true })
          else await writeOwnFile(path, encode(record))
          error = undefined
        } catch (cause) {
          const next = record === undefined ? 'locks' : 'unlocks'
          fail(`a restart of the daemon ${next} the SSH agent`, cause, look)
        }
      }),
    error: () => error,
  }
}

function encode(record: LockRecord): string {
  const lock = record.type === 'person' ? record : { ...record, salt: base64(record.salt), hash: base64(record.hash) }
  return `${JSON.stringify({ version: 1, lock })}\n`
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
