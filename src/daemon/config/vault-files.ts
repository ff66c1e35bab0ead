import { createHash } from 'node:crypto'
import { describeError, errorCode } from '../../core/errors.ts'
import { FileError } from '../../core/files/read-file.ts'
import { silentLogger } from '../../core/log.ts'
import { expandHome } from '../../core/places/paths.ts'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { TlsSettings } from '../../http/tls.ts'
import { parseVaultAddress } from '../../vault/address.ts'
import { createVaultClient } from '../../vault/client.ts'
import { VaultError } from '../../vault/vault-error.ts'
import type { Mistake } from './schema-mistakes.ts'
import type { ConfigDefaults } from './section-faults.ts'
import { type Section, sectionPath } from './sections.ts'

/** The contents of the TLS files of one `[vault.NAME]`. */
export interface VaultFiles {
  ca?: string | undefined
  clientCert?: string | undefined
  clientKey?: Secret<string> | undefined
  /** Changes whenever the contents do. */
  version: string
}

/** How files are found and read; `readText` rejects with the file system's error, or a FileError. */
export interface VaultFilesDeps {
  home: string
  readText: (path: string) => Promise<string>
  defaults: ConfigDefaults
}

const fileKeys = ['ca_file', 'client_cert_file', 'client_key_file'] as const

/** The files that a section names. */
export function vaultFilePaths({ written }: Section<'vault'>, home: string): readonly string[] {
  return fileKeys.flatMap((key) => (written[key] === undefined ? [] : [expandHome(written[key], home)]))
}

/** Reads the files of a section, and checks that a connection can be set up with them; no server is called. */
export async function readVaultFiles(
  section: Section<'vault'>,
  deps: VaultFilesDeps,
): Promise<{ files: VaultFiles } | { fault: Mistake }> {
  const fault = (key: string, error: unknown): { fault: Mistake } => {
    const hint = error instanceof VaultError || error instanceof FileError ? { hint: error.hint } : {}
    return { fault: { path: [...sectionPath(section), key], reason: describeError(error), ...hint } }
  }
  const texts: (string | undefined)[] = []
  for (const key of fileKeys) {
    const path = section.written[key]
    try {
      texts.push(path === undefined ? undefined : await readNamed(expandHome(path, deps.home), deps))
    } catch (error) {
      return fault(key, error)
    }
  }
  const [ca, clientCert, clientKey] = texts
  const version = createHash('sha256').update(JSON.stringify(texts)).digest('hex')
  const files = { ca, clientCert, clientKey: clientKey === undefined ? undefined : new Secret(clientKey), version }
  for (const { key, run } of trials(section, files, deps)) {
    try {
      run()
    } catch (error) {
      if (error instanceof VaultError) return fault(key, error)
      throw error
    }
  }
  return { files }
}

async function readNamed(path: string, { readText }: VaultFilesDeps): Promise<string> {
  try {
    return await readText(path)
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    const [reason, hint] =
      errorCode(cause) === 'ENOENT'
        ? [`${path} does not exist`, undefined]
        : [`${path} cannot be read: ${describeError(cause)}`, `check its permissions: ls -l ${shellWord(path)}`]
    throw new VaultError('VAULT_CONFIG', reason, { cause, hint })
  }
}

/** The steps that may throw, each with the key that is to blame. A later step needs the earlier ones to work. */
function trials({ name, written }: Section<'vault'>, files: VaultFiles, { defaults }: VaultFilesDeps) {
  const address = written.address ?? defaults.vaultAddress
  if (address === undefined) return []
  const connect = (parts: { tls?: TlsSettings; namespace?: string | undefined }) => {
    const silent = { timeoutMs: 1, clock: noClock, random: () => 0, log: silentLogger }
    createVaultClient({ name, address, ...parts, ...silent }).close()
  }
  return [
    { key: 'address', run: () => parseVaultAddress(address) },
    { key: 'ca_file', run: () => connect({ tls: { ca: files.ca } }) },
    { key: 'client_cert_file', run: () => connect({ tls: files }) },
    { key: 'namespace', run: () => connect({ namespace: written.namespace }) },
  ]
}

/** Nothing is sent, so no clock is needed. */
const noClock = { now: () => 0, uptime: () => 0, after: () => () => {} }
