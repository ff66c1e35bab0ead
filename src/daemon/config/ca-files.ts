import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { deciding, FileError, readTextFile } from '../../core/files/read-file.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { certificateBlocks } from '../../http/tls.ts'
import { VaultError } from '../../vault/vault-error.ts'

/** A folder of the system has some hundred, each under two names. */
const maxFiles = 2000

/**
 * The certificates in the files of a folder, each once, whether they can be read or not; folders in it are not looked into.
 * @throws {FileError} others could have put a file there; {VaultError} VAULT_CONFIG: there is none; the file system's error
 */
export async function readCaFolder(path: string): Promise<string> {
  const names = (await readdir(path)).sort()
  if (names.length > maxFiles) throw unusable(path, `has more than ${maxFiles} files`)
  const certificates = new Set<string>()
  for (const name of names) {
    for (const certificate of certificateBlocks(await readRegular(join(path, name)))) certificates.add(certificate)
  }
  if (certificates.size === 0) throw unusable(path, 'holds no certificate')
  return [...certificates].join('\n')
}

/** What is no file has nothing to offer. */
async function readRegular(path: string): Promise<string> {
  try {
    return await readTextFile(path, deciding)
  } catch (error) {
    if (error instanceof FileError && error.code === 'FILE_NOT_REGULAR') return ''
    throw error
  }
}

const unusable = (path: string, what: string) =>
  new VaultError('VAULT_CONFIG', `${path} ${what}`, { hint: `ls -l ${shellWord(path)}` })
