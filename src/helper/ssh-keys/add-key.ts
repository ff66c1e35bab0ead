import { realpath, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { readWholeFile } from '../../core/files/read-file.ts'
import { homeFolder } from '../../core/places/home.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type KeyFile, maxKeyFileBytes } from '../../ssh/key-files/key-file.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { plaintextCopies, withoutComment } from './plaintext-copies.ts'
import { readKey } from './read-key.ts'

/** The options of `latchkey ssh keys add`. */
export interface AddSshKeyOptions {
  name?: string
  hosts?: readonly string[]
  confirm?: true
  /** In seconds. */
  lifetime?: number
  deleteFile?: true
}

/** Stores the key of a file, and with --delete-file removes that. @throws {HelperError}, {FileError} */
export async function addSshKey(file: string, options: AddSshKeyOptions, context: CommandContext): Promise<void> {
  const name = options.name ?? nameFrom(file)
  if (file === '-' && options.deleteFile)
    throw new HelperError('USAGE', 'there is no file to delete', { hint: 'latchkey help ssh keys add' })
  // A person must not type a passphrase in vain.
  await context.daemon.call('listSshKeys')
  const before = options.deleteFile ? await fingerprintOf(file) : undefined
  const key = await readKey(file, context)
  const { hosts, confirm, lifetime } = options
  const stored = await context.daemon.call('putSshKey', {
    params: { name },
    body: {
      pkcs8: exported(key),
      comment: key.comment || name,
      ...(hosts === undefined ? {} : { hosts: [...hosts] }),
      ...(confirm ? { mustConfirm: true } : {}),
      ...(lifetime === undefined ? {} : { lifetimeSeconds: lifetime }),
    },
  })
  context.print(
    `stored ${stored.fingerprint} as ${displayLine(name)} in the keychain (${displayLine(stored.keychain)})\n`,
  )
  if (before !== undefined) await deleteFile(file, before, name, key, context)
  await warnOfCopies(withoutComment(stored.key), context)
}

function nameFrom(file: string): string {
  if (file === '-')
    throw new HelperError('USAGE', 'a key from the standard input needs a name', { hint: '--name NAME' })
  return basename(file).replace(/\.(pem|ppk|key)$/, '')
}

function exported({ privateKey }: KeyFile): string {
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  try {
    return der.toString('base64')
  } finally {
    der.fill(0)
  }
}

/** The bytes of the file, to see that it is the same when it is removed. */
async function fingerprintOf(file: string): Promise<Buffer> {
  const { createHash } = await import('node:crypto')
  const content = await readWholeFile(file, { maxBytes: maxKeyFileBytes, isTrusted: false })
  return createHash('sha256').update(content).digest()
}

async function deleteFile(
  file: string,
  before: Buffer,
  name: string,
  { publicKey }: KeyFile,
  { daemon, print }: CommandContext,
): Promise<void> {
  const proved = await daemon.call('proveSshKey', { params: { name } })
  const isSame = withoutComment(proved.key) === formatPublicKeyLine(publicKey.blob, '')
  if (!isSame || !(await fingerprintOf(file)).equals(before))
    throw new HelperError('REFUSED', `${file} was left: it is not the key that was stored any more`)
  // Behind a link too: it is the key that must not stay.
  const target = await realpath(file)
  await rm(target)
  if (target !== file) await rm(file, { force: true })
  print(`the stored key has signed, and ${displayLine(file)} was deleted; backups and snapshots may still have it\n`)
}

async function warnOfCopies(key: string, context: CommandContext): Promise<void> {
  const copies = await plaintextCopies(homeFolder(context.environment), [key])
  for (const path of copies.get(key) ?? []) context.note(plaintextWarning(path))
}

/** The warning for a file that has a stored key as well. */
export const plaintextWarning = (path: string): string =>
  `WARNING: ${displayLine(path)} has the same key without a passphrase: whoever reads it needs no keychain\nhint: latchkey ssh keys add --delete-file ${shellWord(displayLine(path))}\n`
