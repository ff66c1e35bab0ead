import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { CodedError, errorCode } from '../errors.ts'
import { shellWord } from '../text/shell-word.ts'
import { findPathFault, type PathFault } from '../trust/path-trust.ts'

/** Why a file was not read. */
export type FileErrorCode =
  /** Somebody else could have written what is in it (path-trust.ts). */
  | 'FILE_UNTRUSTED'
  /** A pipe, a device, a socket or a folder. */
  | 'FILE_NOT_REGULAR'
  | 'FILE_TOO_LARGE'
  /** It can be read, but could not be replaced without a loss. */
  | 'FILE_NOT_EDITABLE'

/** A file that exists but is not read; the message names it. Where the system refuses, its own error is thrown. */
export class FileError extends CodedError<FileErrorCode> {}

/**
 * The largest file of settings that is read, and so that is written: config.toml, those that it names and those of the AWS
 * tools. Seven thousand profiles fit into it; a bundle of CA certificates takes a quarter.
 */
export const maxSettingsBytes = 1024 * 1024

/** For files that name programs and servers, or hold what is trusted or sent. */
export const deciding = { maxBytes: maxSettingsBytes, isTrusted: true } as const

/** What may be read. */
export interface ReadFileOptions {
  /** A larger file is refused, and not held in memory. */
  maxBytes: number
  /**
   * Whether the file decides what is run, trusted or sent, so that nobody but the user and root may be able to change it.
   * Its path is checked before it is opened.
   */
  isTrusted: boolean
  /** Inspects the open file before it is read; throws if it must not be used. */
  check?: (stats: Stats) => void
}

const chunkBytes = 64 * 1024
/** How people tell a program that there is no such file: `AWS_CONFIG_FILE=/dev/null`. */
const noFile = '/dev/null'

/**
 * Reads a whole file. Only a regular file of limited size is read, because reading one never blocks. Anything else in its
 * place, such as a pipe that nobody writes to, an endless device or a file that grows while it is read, is an error.
 * A pipe made by the shell (`<(…)`, /dev/fd/N) is refused too: most files are read again later, when it is empty.
 * @throws {FileError}; the file system's error, such as ENOENT where there is no file, no matter who owns the folder
 */
export async function readWholeFile(path: string, options: ReadFileOptions): Promise<Buffer> {
  if (path === noFile) return Buffer.alloc(0)
  if (options.isTrusted) await refuseUntrusted(path)
  // Without O_NONBLOCK, opening a pipe waits for a writer and occupies one of the threads that all file operations share.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
  const file = await open(path, flags).catch(async (error: unknown) => {
    // open(2): ENXIO is a socket, or a device that is not there, such as /dev/tty without a terminal.
    throw errorCode(error) === 'ENXIO' ? notRegular(path, kindOf(await stat(path))) : error
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw notRegular(path, kindOf(stats))
    options.check?.(stats)
    if (stats.size > options.maxBytes) throw tooLarge(path, options.maxBytes)
    return await readToEnd(file, path, options.maxBytes)
  } finally {
    await file.close()
  }
}

/** The same as text in UTF-8. */
export async function readTextFile(path: string, options: ReadFileOptions): Promise<string> {
  return (await readWholeFile(path, options)).toString('utf8')
}

/** The same, or undefined where there is no such file. */
export async function readTextIfPresent(path: string, options: ReadFileOptions): Promise<string | undefined> {
  try {
    return await readTextFile(path, options)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function refuseUntrusted(path: string): Promise<void> {
  const fault = findPathFault(path)
  if (fault === undefined) return
  // A missing file cannot be used, so its folders do not matter (stat throws); and a device is refused as one, whatever its
  // permissions.
  const stats = await stat(path)
  if (!stats.isFile()) throw notRegular(path, kindOf(stats))
  throw untrusted(fault)
}

/** The error for a file that others could have put there. */
export function untrusted({ message, hint }: PathFault): FileError {
  return new FileError('FILE_UNTRUSTED', message, { hint })
}

/** Reads to the end, whatever size was reported: files in /proc report none. */
async function readToEnd(file: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null)
    if (bytesRead === 0) return Buffer.concat(chunks, length)
    length += bytesRead
    if (length > maxBytes) throw tooLarge(path, maxBytes)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isSocket()) return 'a socket'
  return stats.isFIFO() ? 'a pipe' : 'a device'
}

/** The error for something else in the place of a file. @param kind such as `a pipe` */
export function notRegular(path: string, kind: string): FileError {
  const hint = kind === 'a pipe' ? 'write it to a file first' : `ls -ld ${shellWord(path)}`
  return new FileError('FILE_NOT_REGULAR', `${path} is ${kind}, not a regular file`, { hint })
}

function tooLarge(path: string, maxBytes: number): FileError {
  const limit = maxBytes >= 1024 * 1024 ? `${maxBytes / 1024 / 1024} MiB` : `${maxBytes / 1024} KiB`
  const hint = `ls -l ${shellWord(path)}`
  return new FileError('FILE_TOO_LARGE', `${path} is larger than ${limit}, the limit for such a file`, { hint })
}
