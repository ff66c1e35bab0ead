import { hostPatterns } from '../../agent/destination/host-patterns.ts'
import type { CertificateSource } from '../../agent/identities/certificate-source.ts'
import { type ConfiguredIdentity, createConfiguredIdentity } from '../../agent/identities/configured-identity.ts'
import type { PublishIdentity } from '../../agent/identities/publication.ts'
import type { Turns } from '../../core/calls/turns.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { VaultClient } from '../../vault/client.ts'
import type { CaWatch } from '../../vault/ssh/ca-watch.ts'
import { createVaultIssuer } from '../../vault/ssh/issuer.ts'
import type { TokenSource } from '../../vault/token/token-source.ts'
import type { IdentityConfig } from '../config/config.ts'

/** One `[ssh.identity.NAME]`, running. */
export interface RunningIdentity {
  config: IdentityConfig
  key: ConfiguredIdentity
}

/** What the identities of a vault need. */
export interface IdentityDeps {
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  log: Logger
  /** Called when a private key was let go. */
  onKeysReleased: () => void
  /** The turns for making keys that take long. */
  slowKeys: Turns
  /** Where an identity tells what is public of it. @param name of the identity; one who came before is not heard any more */
  openName: (name: string) => PublishIdentity
}

/** Starts it: it is certified when it is first needed, and ahead of time from then on. */
export function startIdentity(
  config: IdentityConfig,
  client: VaultClient,
  tokens: TokenSource,
  ca: CaWatch,
  source: CertificateSource,
  { clock, random, log, onKeysReleased, slowKeys, openName }: IdentityDeps,
): ConfiguredIdentity {
  const signing = {
    mount: config.mount,
    role: config.role,
    principals: config.principals,
    ttlSeconds: config.ttl,
    extensions: config.extensions,
    criticalOptions: config.critical_options,
    strict: config.strict,
    cas: config.ca === undefined ? undefined : [config.ca].flat(),
    isOthersKey: config.upstream_key !== undefined,
  }
  const key = createConfiguredIdentity({
    name: config.name,
    comment: `${config.name}@${config.vault}`,
    keyType: config.key_type,
    upstreamKey: config.upstream_key,
    slowKeys,
    issuer: createVaultIssuer({ client, tokens, ca, signing, clock, log }),
    source,
    clock,
    random,
    log,
    renew: config.renew,
    forward: config.forward,
    confirm: config.confirm,
    sign: config.sign,
    hosts: config.hosts === undefined ? undefined : hostPatterns(config.hosts),
    listKey: config.list_key,
    publish: openName(config.name),
    onKeysReleased,
  })
  key.start()
  return key
}

/** Lets go of its key and certificate. */
export function disposeIdentity({ key }: RunningIdentity): void {
  key.stop()
  void key.clear()
}
