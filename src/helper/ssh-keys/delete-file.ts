import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { constants, lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { access, link, lstat, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeError, errorCode } from '../../core/errors.ts'
import { readWholeFile } from '../../core/files/read-file.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellPath } from '../../core/text/shell-word.ts'
import { walkPath } from '../../core/trust/path-walk.ts'
import { maxKeyFileBytes } from '../../ssh/key-files/key-file.ts'
import { isKeyAlone } from '../../ssh/key-files/only-key.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { noteDeletion } from './begun-deletions.ts'
import { withoutComment } from './plaintext-copies.ts'

/** A file that is to be deleted once its key is stored. */
export interface DoomedFile {
  /** As it was named. */
  named: string
  /** Where it is, behind all links. */
  path: string
  /** The links that lead to it: they stay. */
  links: readonly string[]
  /** SHA-256 of what was read, to see that it is still that. */
  digest: Buffer
}

/**
 * Sees whether a file may be deleted, before anybody is asked for a passphrase.
 * @param content what was read from it
 * @param endsWithDaemon the keychain keeps the key no longer than the daemon lives
 * @throws {HelperError} REFUSED
 */
export async function doom(file: string, content: Uint8Array, endsWithDaemon: boolean): Promise<DoomedFile> {
  const refuse = (why: string, hint: string, cause?: unknown) =>
    new HelperError('REFUSED', `${file} would not be deleted, and nothing was stored: ${why}`, { cause, hint })
  if (endsWithDaemon) throw refuse('the keychain is lost when the daemon ends', 'leave out --delete-file')
  if (!isKeyAlone(content)) throw refuse('there is more in it than the key', 'leave out --delete-file')
  const path = await realpath(file)
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw refuse(describeError(error), `ls -ld ${shellPath(dirname(path))}`, error)
  })
  return { named: file, path, links: linksTo(file, path), digest: sha256(content) }
}

/**
 * Deletes the file if the stored key signs, and says what stays behind. It is renamed first, so that what has come to its
 * place meanwhile is never deleted.
 * @param key the public line of its key
 * @throws {HelperError} REFUSED: the file was left; what the daemon answers
 */
export async function deleteDoomed(
  doomed: DoomedFile,
  name: string,
  key: string | undefined,
  context: CommandContext,
): Promise<void> {
  const { daemon, print, note } = context
  const { named, path, links } = doomed
  const proved = await daemon.call('proveSshKey', { params: { name } }).catch((error: unknown) => {
    note(`${named} was left, because the stored key has not signed\n`)
    throw error
  })
  if (withoutComment(proved.key) !== key) throw left(named, 'another key was stored meanwhile under its name')
  const { nlink, ino } = await deleteIfSame(doomed, name, context)
  print(`the stored key has signed, and ${displayLine(path)} was deleted; backups and snapshots may still have it\n`)
  for (const each of await dangling(links))
    note(`${displayLine(each)} was a link to it, and leads nowhere now\nhint: rm ${shellPath(each)}\n`)
  if (nlink > 1)
    note(
      `WARNING: the same file still has ${nlink - 1 === 1 ? 'another name' : `${nlink - 1} other names`} (hard links), and the key is in it\nhint: find / -inum ${ino} 2>/dev/null\n`,
    )
}

/** @returns what it was */
async function deleteIfSame({ named, path, digest }: DoomedFile, name: string, context: CommandContext) {
  const aside = `${path}.deleted-${randomBytes(6).toString('hex')}`
  const failed = (error: unknown) =>
    errorCode(error) === 'ENOENT'
      ? left(named, 'it is not there any more', error)
      : left(named, describeError(error), error)
  // A folder in its place can be renamed as well, and back, but need not be.
  const before = await lstat(path).catch((error: unknown) => {
    throw failed(error)
  })
  if (!before.isFile()) throw left(named, 'it is not the file that was read any more')
  const digits = digest.toString('hex')
  // The next run that looks strikes it out, unless the file is still aside then.
  const strikeOut = await noteDeletion({ path, aside, name, digest: digits }, context).catch((error: unknown) => {
    throw left(named, describeError(error), error)
  })
  await rename(path, aside).catch((error: unknown) => {
    throw failed(error)
  })
  if (await isSame(aside, digest)) {
    const { nlink, ino } = await lstat(aside)
    await rm(aside)
    await strikeOut()
    return { nlink, ino }
  }
  throw left(named, `it is not the key that was stored any more${await putBack(aside, path)}`)
}

async function isSame(path: string, digest: Buffer): Promise<boolean> {
  const content = await readWholeFile(path, { maxBytes: maxKeyFileBytes, isTrusted: false }).catch(() => undefined)
  return content !== undefined && timingSafeEqual(sha256(content), digest)
}

/** Replaces nothing that has come to the path since. @returns where it is, unless it is there again */
async function putBack(aside: string, path: string): Promise<string> {
  try {
    await link(aside, path)
    await rm(aside)
    return ''
  } catch {
    return `; it is ${aside} now`
  }
}

function left(file: string, why: string, cause?: unknown): HelperError {
  return new HelperError('REFUSED', `the key is stored, but ${file} was left: ${why}`, {
    cause,
    hint: `ls -l ${shellPath(file)}`,
  })
}

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest()

/** The links on the way to a file that lead to the file itself, and not to a folder. */
function linksTo(file: string, path: string): readonly string[] {
  const links: string[] = []
  walkPath(file, {
    visit(at) {
      if (!lstatSync(at).isSymbolicLink()) return 'entry'
      if (realpathSync(at) === path) links.push(at)
      return 'link'
    },
    readlink: (at) => readlinkSync(at),
  })
  return links
}

/** Those that lead nowhere. */
async function dangling(links: readonly string[]): Promise<readonly string[]> {
  const states = await Promise.all(
    links.map((each) =>
      stat(each).then(
        () => [],
        () => [each],
      ),
    ),
  )
  return states.flat()
}
