import { basename } from 'node:path'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { StaticKeySettings } from '../../ipc/endpoints/ssh-keys.ts'
import type { KeyFile } from '../../ssh/key-files/key-file.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { type DoomedFile, deleteDoomed, doom } from './delete-file.ts'
import { describeSettings } from './key-list.ts'
import { withoutComment } from './plaintext-copies.ts'
import { warnOfPlaintext } from './plaintext-warnings.ts'
import { openKey, readContent } from './read-key.ts'

/** The options of `latchkey ssh keys add`; false is for those that were given as `--no-…`. */
export interface AddSshKeyOptions {
  name?: string
  hosts?: readonly string[] | false
  confirm?: boolean
  /** In seconds. */
  lifetime?: number | false
  deleteFile?: true
}

/** Longer ones than the API takes belong to no key that anybody has. */
const maxBlobBytes = 8 * 1024

/** Stores the key of a file, and with --delete-file removes that. @throws {HelperError}, {FileError} */
export async function addSshKey(file: string, options: AddSshKeyOptions, context: CommandContext): Promise<void> {
  if (file === '-' && options.deleteFile)
    throw new HelperError('USAGE', 'there is no file to delete', { hint: 'latchkey help ssh keys add' })
  const { daemon, print, note } = context
  const ownName = options.name ?? nameFrom(file)
  const settings = settingsFrom(options)
  const check = (name: string, key: { key?: string } = {}) =>
    daemon.call('checkSshKey', { params: { name }, body: { ...settings, ...key } })

  // All that needs no person comes first: nobody is to type a passphrase in vain.
  const { keys } = await daemon.call('listSshKeys')
  const { endsWithDaemon = false } = await check(ownName)
  /** The same key keeps the name that it has. */
  const nameOf = (blob: Uint8Array): string => {
    const line = lineOf(blob)
    return options.name ?? keys.find(({ key }) => withoutComment(key) === line)?.name ?? ownName
  }
  const content = await readContent(file, context)
  let doomed: DoomedFile | undefined
  let key: KeyFile
  try {
    if (options.deleteFile) doomed = await doom(file, content, endsWithDaemon)
    const source = {
      file,
      name: ownName,
      addInstead: (word: string) => `latchkey ssh keys add ${optionWords({ ...options, name: ownName })} ${word}`,
      async beforeAsking(blob: Uint8Array | undefined) {
        if (blob === undefined || blob.length > maxBlobBytes) return
        await check(nameOf(blob), { key: Buffer.from(blob).toString('base64') })
      },
    }
    key = await openKey(content, source, context)
  } finally {
    content.fill(0)
  }

  const name = nameOf(key.publicKey.blob)
  const body = { ...settings, pkcs8: exported(key), comment: displayLine(key.comment) }
  const stored = await daemon.call('putSshKey', { params: { name }, body })
  const place = `in the keychain (${displayLine(stored.keychain)})`
  print(`stored ${stored.fingerprint} as ${displayLine(name)} ${place}${describeSettings(stored)}\n`)
  if (endsWithDaemon)
    note('WARNING: that keychain is lost when the daemon ends\nhint: set store under [keychain] in config.toml\n')
  if (doomed !== undefined) await deleteDoomed(doomed, name, lineOf(key.publicKey.blob), context)
  await warnOfPlaintext([{ name, key: stored.key }], context)
}

function nameFrom(file: string): string {
  if (file === '-')
    throw new HelperError('USAGE', 'a key from the standard input needs a name', { hint: '--name NAME' })
  return basename(file).replace(/\.(pem|ppk|key)$/, '')
}

function settingsFrom({ hosts, confirm, lifetime }: AddSshKeyOptions): StaticKeySettings {
  return {
    ...(hosts === undefined ? {} : { hosts: hosts === false ? null : [...hosts] }),
    ...(confirm === undefined ? {} : { mustConfirm: confirm }),
    ...(lifetime === undefined ? {} : { lifetimeSeconds: lifetime === false ? null : lifetime }),
  }
}

/** The options as they are typed, for a file that nobody needs afterwards. */
function optionWords({ name, hosts, confirm, lifetime }: AddSshKeyOptions): string {
  const words = [
    ...(name === undefined ? [] : [`--name ${shellWord(name)}`]),
    ...(hosts === undefined ? [] : [hosts === false ? '--no-hosts' : `--hosts ${shellWord(hosts.join(','))}`]),
    ...(confirm === undefined ? [] : [confirm ? '--confirm' : '--no-confirm']),
    ...(lifetime === undefined ? [] : [lifetime === false ? '--no-lifetime' : `--lifetime ${lifetime}s`]),
  ]
  return [...words, '--delete-file'].join(' ')
}

/** The public line without a comment; undefined for what is no key: nothing vouches for what a file says of itself. */
function lineOf(blob: Uint8Array): string | undefined {
  try {
    return formatPublicKeyLine(blob, '')
  } catch {
    return undefined
  }
}

function exported({ privateKey }: KeyFile): string {
  const der = privateKey.export({ format: 'der', type: 'pkcs8' })
  try {
    return der.toString('base64')
  } finally {
    der.fill(0)
  }
}
