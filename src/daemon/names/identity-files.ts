import { lstat, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PublicIdentity, PublishIdentity } from '../../agent/identities/publication.ts'
import { errorCode } from '../../core/errors.ts'
import { sweepTemporaries } from '../../core/files/atomic-file.ts'
import type { Logger } from '../../core/log.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import { certificateValidity } from '../../ssh/certificate.ts'
import { identityFolderName, nameFault, nameOfFile, namesOf } from './identity-names.ts'
import { NamesError, removePublicFile, writePublicFile } from './public-file.ts'

/** The public keys and certificates of the identities as files, for ssh_config to name. It is their only writer. */
export interface IdentityFiles {
  /**
   * Where an identity tells what is public of it. The certificates of an earlier one with this name are removed, and it is
   * not heard any more. A name that is no file name is never written.
   */
  open(name: string): PublishIdentity
  /** These identities are there: the files of all others are removed. */
  keep(names: readonly string[]): void
  /** Resolves when all that was asked for until now is done, or has failed. */
  settled(): Promise<void>
  /** What is wrong, for people to read. */
  faults(): readonly string[]
  /** Removes the certificates, because nobody signs for them any more. The keys stay. */
  close(): Promise<void>
}

/** What they need. */
export interface IdentityFilesDeps {
  /** The runtime folder, which has been made. */
  folder: string
  log: Logger
  clock: Clock
}

/** Whose fault it is, where it is not one identity's. */
const everybody = ''

/** Writes nothing yet. */
export function createIdentityFiles({ folder: runtimeFolder, log, clock }: IdentityFilesDeps): IdentityFiles {
  const folder = join(runtimeFolder, identityFolderName)
  const at = (file: string) => join(folder, file)
  /** Who may write, by name. */
  const writers = new Map<string, PublishIdentity>()
  const faults = new Map<string, string>()
  // One after the other, in the order in which they were asked for: the last one is what stays.
  let queue: Promise<void> = Promise.resolve()
  let isClosed = false

  const enqueue = (name: string, work: () => Promise<void>): Promise<void> => {
    queue = queue.then(work).then(
      () => void faults.delete(name),
      (error: unknown) => report(name, error),
    )
    return queue
  }

  const report = (name: string, error: unknown): void => {
    // The system's own message names a temporary file, another one each time.
    const fault = error instanceof NamesError ? error.message : `${folder} cannot be written: ${errorCode(error)}`
    const isKnown = [...faults.values()].includes(fault)
    faults.set(name, fault)
    if (isKnown) return
    const hint = error instanceof NamesError ? error.hint : undefined
    log.warn('ssh_config cannot name an identity', { identity: name, code: errorCode(error), reason: fault, hint })
  }

  const removeCertificates = async (name: string): Promise<void> => {
    if (!(await isOwnFolder(folder))) return
    const { certificate, certificateOfKey } = namesOf(name)
    await removePublicFile(at(certificate))
    await removePublicFile(at(certificateOfKey))
  }

  const write = async (name: string, { publicKey, certificate }: PublicIdentity): Promise<void> => {
    if (!(await isOwnFolder(folder))) {
      await mkdir(runtimeFolder, { recursive: true, mode: 0o700 })
      await mkdir(folder, { mode: 0o700 })
    }
    const files = namesOf(name)
    if (certificate === undefined) await removeCertificates(name)
    await writePublicFile(at(files.key), publicKey.blob, name)
    if (certificate === undefined) return
    const comment = `${name} until ${formatUtc(certificateValidity(certificate).notAfterMs)}`
    await writePublicFile(at(files.certificate), certificate.blob, comment)
    await writePublicFile(at(files.certificateOfKey), certificate.blob, comment)
  }

  const sweep = async (names: ReadonlySet<string>): Promise<void> => {
    if (!(await isOwnFolder(folder))) return
    for (const file of await readdir(folder)) {
      const name = nameOfFile(file)
      if (name !== undefined && !names.has(name)) await removePublicFile(at(file))
      // What a daemon that was killed was about to write.
      const [, unfinished] = /^\.(.+)\.[0-9a-f]{12}$/s.exec(file) ?? []
      if (unfinished !== undefined && nameOfFile(unfinished) !== undefined)
        await sweepTemporaries(at(unfinished), clock.now())
    }
  }

  return {
    open(name) {
      if (nameFault(name) !== undefined) return async () => {}
      const publish: PublishIdentity = async (identity) => {
        if (writers.get(name) !== publish || isClosed) return
        await enqueue(name, () => write(name, identity))
      }
      writers.set(name, publish)
      void enqueue(name, () => removeCertificates(name))
      return publish
    },
    keep(names) {
      const kept = new Set(names)
      for (const name of writers.keys()) {
        if (kept.has(name)) continue
        writers.delete(name)
        faults.delete(name)
      }
      void enqueue(everybody, () => sweep(kept))
    },
    settled: () => queue,
    faults: () => [...new Set(faults.values())],
    async close() {
      isClosed = true
      for (const name of writers.keys()) void enqueue(name, () => removeCertificates(name))
      await queue
    },
  }
}

/** @returns false if there is none @throws {NamesError} what is there is not ours alone; the file system's error */
async function isOwnFolder(folder: string): Promise<boolean> {
  const entry = await lstat(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (entry === undefined) return false
  if (!entry.isDirectory() || entry.uid !== process.getuid!()) {
    throw new NamesError('NAME_IN_THE_WAY', `${folder} is in the way: it is not a folder of yours`, {
      hint: `ls -ld ${shellWord(folder)}`,
    })
  }
  const fault = findPathFault(folder)
  if (fault !== undefined) throw new NamesError('FOLDER_UNTRUSTED', fault.message, { hint: fault.hint })
  return true
}
