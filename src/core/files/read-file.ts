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

/** A file that is there and is not read; the message names it. What the system refuses is thrown as the system's error. */
export class FileError extends CodedError<FileErrorCode> {}

/** What may be read. */
export interface ReadFileOptions {
  /** More than this is refused, and not held in memory. */
  maxBytes: number
  /**
   * Whether it decides what is run, trusted or sent, so that nobody but the user and root may be able to change it. Looked
   * at before the file is opened.
   */
  isTrusted: boolean
  /** Looks at the open file before it is read; throws where it is not to be used. */
  check?: (stats: Stats) => void
}

const chunkBytes = 64 * 1024
/** As people say it to a program that wants one: `AWS_CONFIG_FILE=/dev/null`. */
const noFile = '/dev/null'

/**
 * Reads a whole file: a regular one of bounded size, which is what never has to be waited for. Whatever stands in its
 * place, such as a pipe that nobody writes to, a device without an end or a file that grows while it is read, is an
 * error. A pipe of the shell's (`<(…)`, /dev/fd/N) is refused too: most files are read again later, when it is empty.
 * @throws {FileError}; the file system's error, as ENOENT where there is no file, whoever owns the folder
 */
export async function readWholeFile(path: string, options: ReadFileOptions): Promise<Buffer> {
  if (path === noFile) return Buffer.alloc(0)
  if (options.isTrusted) await refuseUntrusted(path)
  // Without O_NONBLOCK the opening of a pipe waits for a writer, and holds one of the threads that all files share.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
  const file = await open(path, flags).catch((error: unknown) => {
    // open(2): a socket.
    throw errorCode(error) === 'ENXIO' ? notRegular(path, 'a socket') : error
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
  // What is not there is not used, wherever it might be; and of a device the right to write is nothing to mend.
  const stats = await stat(path)
  if (!stats.isFile()) throw notRegular(path, kindOf(stats))
  throw untrusted(fault)
}

/** For what others could have put there. */
export function untrusted({ message, hint }: PathFault): FileError {
  return new FileError('FILE_UNTRUSTED', message, { hint })
}

/** To the end, whatever its size was: a file of /proc has none. */
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

/** For what is in the place of a file. @param kind such as `a pipe` */
export function notRegular(path: string, kind: string): FileError {
  const hint = kind === 'a pipe' ? 'write it into a file first' : `ls -ld ${shellWord(path)}`
  return new FileError('FILE_NOT_REGULAR', `${path} is ${kind}, which is not a file`, { hint })
}

function tooLarge(path: string, maxBytes: number): FileError {
  const limit = maxBytes >= 1024 * 1024 ? `${maxBytes / 1024 / 1024} MiB` : `${maxBytes / 1024} KiB`
  const hint = `ls -l ${shellWord(path)}`
  return new FileError('FILE_TOO_LARGE', `${path} has more than the ${limit} that are read of such a file`, { hint })
}
