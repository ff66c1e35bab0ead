import { createHash } from 'node:crypto'
import { isAbsolute } from 'node:path'
import { describeError, errorCode } from '../../core/errors.ts'
import { FileError } from '../../core/files/read-file.ts'
import { silentLogger } from '../../core/log.ts'
import type { Environment } from '../../core/places/environment.ts'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { readableCertificates } from '../../http/tls.ts'
import { parseVaultAddress } from '../../vault/address.ts'
import { createVaultClient, type VaultClientOptions } from '../../vault/client.ts'
import { createRouteTo } from '../../vault/route.ts'
import { VaultError } from '../../vault/vault-error.ts'
import type { Mistake } from './schema-mistakes.ts'
import { type Section, sectionPath } from './sections.ts'
import type { PemSource, PemSources } from './vault-pems.ts'

/** The contents of the TLS files of one `[vault.NAME]`. */
export interface VaultFiles {
  ca?: string | undefined
  clientCert?: string | undefined
  clientKey?: Secret<string> | undefined
  /** Changes whenever the contents do. */
  version: string
}

/** How files are read; both reject with the file system's error, or a FileError. */
export interface VaultFilesDeps {
  environment: Environment
  readText: (path: string) => Promise<string>
  /** The certificates in the files of a folder. */
  readCaFolder: (path: string) => Promise<string>
}

/** What a vault is reached with, as far as it has been settled. */
export interface VaultReach {
  address: string
  namespace: string | undefined
  sources: PemSources
}

/** Reads the files of a section, and checks that a connection can be set up with them; no server is called. */
export async function readVaultFiles(
  section: Section<'vault'>,
  { address, namespace, sources }: VaultReach,
  deps: VaultFilesDeps,
): Promise<{ files: VaultFiles } | { fault: Mistake }> {
  const fault = (setting: PemSource['setting'], error: unknown): { fault: Mistake } => {
    const hint = error instanceof VaultError || error instanceof FileError ? { hint: error.hint } : {}
    const path = sectionPath(section)
    const reason = describeError(error)
    if ('key' in setting) return { fault: { path: [...path, setting.key], reason, ...hint } }
    return { fault: { path, reason: `${setting.variable}: ${reason}`, ...hint } }
  }
  const texts: (string | undefined)[] = []
  for (const source of [sources.ca, sources.clientCert, sources.clientKey]) {
    try {
      texts.push(source === undefined ? undefined : await readSource(source, deps))
    } catch (error) {
      return fault(source!.setting, error)
    }
  }
  const [ca, clientCert, clientKey] = texts
  const version = createHash('sha256').update(JSON.stringify(texts)).digest('hex')
  const files = { ca, clientCert, clientKey: clientKey === undefined ? undefined : new Secret(clientKey), version }
  const connect = (parts: Partial<VaultClientOptions>) => {
    const silent = { timeoutMs: 1, clock: noClock, random: () => 0, log: silentLogger }
    createVaultClient({ name: section.name, address, ...parts, ...silent }).close()
  }
  const whole = sources.clientCert ?? sources.clientKey
  // The steps that may throw, each with the setting that is to blame. A later one needs the earlier ones to work.
  const trials: readonly [PemSource['setting'], () => void][] = [
    [{ key: 'address' }, () => void parseVaultAddress(address)],
    [sources.ca?.setting ?? { key: 'ca_file' }, () => connect({ tls: { ca } })],
    [whole?.setting ?? { key: 'client_cert_file' }, () => connect({ tls: pair(files, sources) })],
    [{ key: 'namespace' }, () => connect({ namespace })],
    [{ key: 'address' }, () => connect({ routeTo: trialRoute(address, deps.environment) })],
  ]
  for (const [setting, run] of trials) {
    try {
      run()
    } catch (error) {
      if (error instanceof VaultError) return fault(setting, error)
      throw error
    }
  }
  return { files }
}

/** @throws {VaultError} one of a client certificate and its key is missing */
function pair({ ca, clientCert, clientKey }: VaultFiles, sources: PemSources) {
  if ((sources.clientCert === undefined) !== (sources.clientKey === undefined)) {
    throw new VaultError('VAULT_CONFIG', 'a client certificate needs a key, and a key its certificate', {
      hint: 'name both, with client_cert_file and client_key_file in config.toml',
    })
  }
  return { ca, clientCert, clientKey }
}

const trialRoute = (address: string, environment: Environment) =>
  createRouteTo({
    address,
    environment,
    srvLookup: false,
    proxyRoots: undefined,
    resolveSrv: async () => [],
    random: () => 0,
  })

async function readSource({ type, value, setting }: PemSource, deps: VaultFilesDeps): Promise<string> {
  if (type === 'text') return value
  if ('variable' in setting && !isAbsolute(value)) {
    throw new VaultError('VAULT_CONFIG', `${value} is not an absolute path, and the daemon runs in another folder`)
  }
  try {
    if (type === 'file') return await deps.readText(value)
    // As for Vault's own clients, what else is in the folder does no harm.
    return readableCertificates(await deps.readCaFolder(value)).join('\n')
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    const [reason, hint] =
      errorCode(cause) === 'ENOENT'
        ? [`${value} does not exist`, undefined]
        : [`${value} cannot be read: ${describeError(cause)}`, `check its permissions: ls -ld ${shellWord(value)}`]
    throw new VaultError('VAULT_CONFIG', reason, { cause, hint })
  }
}

/** Nothing is sent, so no clock is needed. */
const noClock = { now: () => 0, uptime: () => 0, after: () => () => {} }
