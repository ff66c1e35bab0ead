import { randomBytes } from 'node:crypto'
import { link, lstat, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from '../core/errors.ts'
import { readTextIfPresent } from '../core/files/read-file.ts'
import { Secret } from '../core/secret.ts'
import { shellWord } from '../core/text/shell-word.ts'
import { KeychainError } from './keychain.ts'
import { readPrivateFile, unreadable } from './private-file.ts'

/** Where a passphrase may come from. */
export interface PassphraseSource {
  /** The encrypted file; the key file is beside it. */
  keychainFile: string
  /** `$CREDENTIALS_DIRECTORY`: where systemd puts a service's credentials (systemd.exec(5)). */
  credentialsFolder?: string | undefined
}

/** Longer than any passphrase. */
const maxPassphraseBytes = 64 * 1024
const keychainCredential = 'keychain-passphrase'

/** Where the passphrase of a keychain file is kept when it is not a systemd credential. */
export const keyFileOf = (keychainFile: string) => `${keychainFile}.key`

const temporaryKeyFile = (keyFile: string, suffix: string) => `${keyFile}.${suffix}`

/** Whether a name in the folder of a keychain is one under which its key file was being written. */
export function isTemporaryKeyFile(name: string, keychainName: string): boolean {
  const prefix = temporaryKeyFile(keyFileOf(keychainName), '')
  return name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length))
}

/**
 * The passphrase of the encrypted file: the systemd credential `keychain-passphrase` where the service has one, else a
 * random key in `<file>.key`, made on first use.
 *
 * What the key file is worth: it guards a copy or a backup that holds one of the two files, and a synced folder. It does
 * not guard the account: anyone who can read the user's files can read both. A credential that systemd decrypts with the
 * TPM (systemd-creds(1)) does better.
 * @throws {KeychainError} KEYCHAIN_UNAVAILABLE, KEYCHAIN_LOCKED when the key file of a present keychain is gone
 */
export async function readPassphrase({ keychainFile, credentialsFolder }: PassphraseSource): Promise<Secret<string>> {
  const credential = credentialsFolder && (await readCredential(join(credentialsFolder, keychainCredential)))
  if (credential) return new Secret(credential)
  const keyFile = keyFileOf(keychainFile)
  const present = await readPrivateFile(keyFile)
  if (present !== undefined) return toPassphrase(present, keyFile)
  if (await exists(keychainFile)) {
    // A new key would not open it, and would hide that the old one is lost.
    throw new KeychainError('KEYCHAIN_LOCKED', `the key of the keychain is gone: there is no ${keyFile}`, {
      hint: `restore ${keyFile} from a backup, or start afresh with mv ${shellWord(keychainFile)} ${shellWord(`${keychainFile}.lost`)}`,
    })
  }
  await createKeyFile(keyFile)
  return toPassphrase((await readPrivateFile(keyFile)) ?? '', keyFile)
}

async function readCredential(path: string): Promise<string | undefined> {
  const options = { maxBytes: maxPassphraseBytes, isTrusted: true }
  const text = await readTextIfPresent(path, options).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  // An editor's or echo's last newline is not part of it.
  return text?.replace(/\n$/, '')
}

function toPassphrase(text: string, keyFile: string): Secret<string> {
  const passphrase = text.trim()
  if (passphrase !== '') return new Secret(passphrase)
  throw new KeychainError('KEYCHAIN_LOCKED', `${keyFile} is empty`, { hint: `restore ${keyFile} from a backup` })
}

/** Puts a new random key in place, whole and durable; where another process was faster, its key stays. */
async function createKeyFile(path: string): Promise<void> {
  const folder = dirname(path)
  const temporary = temporaryKeyFile(path, randomBytes(6).toString('hex'))
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${randomBytes(32).toString('base64url')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    // link, unlike rename, never replaces: two keys for one keychain would lose what the first sealed.
    await link(temporary, path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
    await syncFolder(folder)
  } catch (cause) {
    const message = `cannot write ${path}: ${errorCode(cause) ?? 'unknown error'}`
    throw new KeychainError('KEYCHAIN_UNAVAILABLE', message, {
      cause,
      hint: `ls -ld ${shellWord(folder)}; df ${shellWord(folder)}`,
    })
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  )
}
