import { rootCertificates } from 'node:tls'
import { type CertificateSource, createCertificateSource } from '../agent/certificate-source.ts'
import { type ConfiguredIdentity, createConfiguredIdentity } from '../agent/configured-identity.ts'
import type { Clock } from '../core/clock.ts'
import type { Environment } from '../core/environment.ts'
import type { Logger } from '../core/log.ts'
import { expandHome } from '../core/paths.ts'
import { Secret } from '../core/secret.ts'
import type { TlsSettings } from '../http/tls.ts'
import type { Keychain } from '../keychain/keychain.ts'
import type { Prompts } from '../prompts/prompt.ts'
import { createVaultClient, type VaultClient } from '../vault/client.ts'
import { createLoginMethod } from '../vault/login/login-methods.ts'
import { type RunProgram, readOptional } from '../vault/login/token-helper.ts'
import { type CaWatch, createCaWatch } from '../vault/ssh/ca-watch.ts'
import { createVaultIssuer } from '../vault/ssh/issuer.ts'
import { createTokenSource, type TokenSource } from '../vault/token/token-source.ts'
import { VaultError } from '../vault/vault-error.ts'
import type { IdentityConfig, VaultConfig } from './config/config.ts'
import { watchVault } from './watched-vault.ts'

/** One `[ssh.identity.NAME]`, running. */
export interface RunningIdentity {
  config: IdentityConfig
  key: ConfiguredIdentity
}

/** One `[vault.NAME]`, running, with the identities that it certifies. */
export interface RunningVault {
  config: VaultConfig
  tokens: TokenSource
  /** Whether it is there, and who waits for it. */
  source: CertificateSource
  identities: readonly RunningIdentity[]
  close(): void
}

export interface VaultDeps {
  keychain: Keychain
  prompts: Prompts
  clock: Clock
  random: () => number
  log: Logger
  environment: Environment
  home: string
  readText: (path: string) => Promise<string>
  runProgram: RunProgram
  /** PEM certificates that are trusted beside the usual ones, where `ca_file` names no others. */
  extraCa: string | undefined
  /** Told that a private key was let go. */
  onKeysReleased: () => void
  /** Why this vault does not get the token that the command lines use. */
  tokenRefusal?: VaultError | undefined
}

/** @throws {VaultError} VAULT_CONFIG: a certificate file or the address cannot be used */
export async function startVault(
  config: VaultConfig,
  identities: readonly IdentityConfig[],
  deps: VaultDeps,
): Promise<RunningVault> {
  const { clock, random, log } = deps
  const source = createCertificateSource({ name: `vault ${config.name}`, clock, log })
  const client = watchVault(
    createVaultClient({
      name: config.name,
      address: config.address,
      namespace: config.namespace,
      tls: await readTls(config, deps),
      timeoutMs: config.timeout * 1000,
      clock,
      random,
      log,
    }),
    source,
  )
  const method = createLoginMethod(config.auth, { ...deps, client, address: config.address })
  const tokens = createTokenSource({ ...deps, client, method })
  tokens.start()
  const watches = new Map<string, CaWatch>()
  const running = identities.map((identity) => {
    const ca = watches.get(identity.mount) ?? createCaWatch(client, identity.mount, clock, log)
    watches.set(identity.mount, ca)
    return { config: identity, key: startIdentity(identity, client, tokens, ca, source, deps) }
  })
  // Whatever the former one was refused, this one may be allowed.
  tokens.onReplaced(() => {
    for (const { key } of running) key.start()
  })
  return {
    config,
    tokens,
    source,
    identities: running,
    close() {
      for (const { key } of running) key.stop()
      tokens.stop()
      client.close()
    },
  }
}

function startIdentity(
  config: IdentityConfig,
  client: VaultClient,
  tokens: TokenSource,
  ca: CaWatch,
  source: CertificateSource,
  deps: VaultDeps,
): ConfiguredIdentity {
  const { clock, random, log, onKeysReleased } = deps
  const signing = {
    mount: config.mount,
    role: config.role,
    principals: config.principals,
    ttlSeconds: config.ttl,
    extensions: config.extensions,
    criticalOptions: config.critical_options,
  }
  const key = createConfiguredIdentity({
    name: config.name,
    comment: `${config.name}@${config.vault}`,
    issuer: createVaultIssuer({ client, tokens, ca, signing, clock, log }),
    source,
    clock,
    random,
    log,
    renew: config.renew,
    forwarding: config.forwarding,
    onKeysReleased,
  })
  key.start()
  return key
}

async function readTls(config: VaultConfig, { home, readText, extraCa }: VaultDeps): Promise<TlsSettings> {
  const read = async (path: string | undefined) => {
    if (path === undefined) return undefined
    const text = await readOptional(expandHome(path, home), readText)
    if (text === undefined)
      throw new VaultError('VAULT_CONFIG', `${path} does not exist`, { hint: 'check [vault.…] in config.toml' })
    return text
  }
  const [ca, clientCert, clientKey] = await Promise.all(
    [config.ca_file, config.client_cert_file, config.client_key_file].map(read),
  )
  return {
    ca: ca ?? (extraCa === undefined ? undefined : [...rootCertificates, extraCa].join('\n')),
    clientCert,
    clientKey: clientKey === undefined ? undefined : new Secret(clientKey),
    serverName: config.server_name,
  }
}
