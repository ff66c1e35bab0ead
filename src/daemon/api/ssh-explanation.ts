import type { Agent } from '../../agent/agent.ts'
import type { ImaginedHost, ListPreview, StoredIdentity } from '../../agent/connection/list-preview.ts'
import { isPermitted } from '../../agent/connection/sign-policy.ts'
import { type Destination, hostPatterns } from '../../agent/destination/host-patterns.ts'
import type { ConnectionView, Identity, KeyStore } from '../../agent/keys/key-store.ts'
import type { Lock } from '../../agent/lock/lock.ts'
import { sectionHeader } from '../../core/text/section-name.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type {
  ExplainedCertificate,
  ListedIdentity,
  SshListExplanation,
  SshListRequest,
} from '../../ipc/endpoints/ssh-explain.ts'
import { certificateValidity, decodeCertificate, type SshCertificate } from '../../ssh/certificate.ts'
import { keyTypeOfCertificate } from '../../ssh/keys/key-types.ts'
import { formatHostName } from '../../ssh/known-hosts/host-name.ts'
import { decodePublicKey, fingerprint } from '../../ssh/public-key.ts'
import { equalBytes, SshError, SshReader } from '../../ssh/wire.ts'
import type { KnownHostsFiles } from '../known-hosts-files.ts'
import type { ConfigService } from '../running/config-service.ts'
import type { RunningIdentity, RunningVault } from '../running/running-vault.ts'
import type { StoredKey } from '../static-keys/stored-keys.ts'
import { ApiError } from './api-errors.ts'
import { describeIdentity, validBeforeOf } from './status.ts'

/** What an explanation is made of. */
export interface SshExplanationDeps {
  agent: Pick<Agent, 'preview' | 'viewOf'>
  config: Pick<ConfigService, 'current' | 'vaults'>
  knownHosts: Pick<KnownHostsFiles, 'paths'>
  lock: Pick<Lock, 'isLocked'>
  staticKeys: () => readonly StoredKey[]
}

/** A function that says what an ssh would be listed, and what is known of it. @throws {ApiError} IDENTITY_UNKNOWN */
export function createSshExplanation({ agent, config, knownHosts, lock, staticKeys }: SshExplanationDeps) {
  const all = () => config.vaults().flatMap((vault) => vault.identities.map((identity) => ({ vault, identity })))

  const settingsOf = ({ store, identity: { keyBlob } }: StoredIdentity) => {
    const added = { hosts: config.current().ssh.addedKeys[fingerprint(keyBlob)]?.hosts }
    if (store.isAdded) return added
    const known = staticKeys().find(({ key }) => equalBytes(key.keyBlob, keyBlob))?.record
    return known === undefined ? {} : { staticKey: known.name, hosts: known.hosts }
  }

  const viewOf = (name: string | undefined) => {
    if (name === undefined) return undefined
    const [found] = all().filter(({ identity }) => identity.config.name === name && identity.config.socket)
    if (found !== undefined) return agent.viewOf(() => [found.identity.key])
    throw new ApiError('IDENTITY_UNKNOWN', `no identity ${name} has a socket of its own`, {
      hint: `socket = true in ${sectionHeader('ssh', 'identity', name)} of config.toml; latchkey status`,
    })
  }

  return async ({ commandLine, host, identity }: SshListRequest): Promise<SshListExplanation> => {
    const preview = await agent.preview({ commandLine, host: imagined(host) }, viewOf(identity))
    const describe = (stored: StoredIdentity) => {
      const owner = all().find((one) => one.identity.key === stored.store)
      return owner === undefined
        ? describeKey(stored, preview, settingsOf(stored))
        : describeConfigured(stored, preview, owner.vault, owner.identity)
    }
    const { destination, isRevoked, isUnnamed, listed, leftOut } = preview
    return {
      isLocked: lock.isLocked(),
      knownHosts: knownHosts.paths(),
      usesHosts: destination !== undefined,
      names: (destination?.names ?? []).map(formatHostName),
      isRevoked,
      isUnnamed,
      listed: listed.map(describe),
      leftOut: leftOut.map((stored) => ({ ...describe(stored), why: stored.why })),
    }
  }
}

function imagined(host: SshListRequest['host']): ImaginedHost {
  switch (host.type) {
    case 'key': {
      const blob = Buffer.from(host.key, 'base64')
      return isKnownKind(blob) ? { type: 'key', blob } : { type: 'unknown' }
    }
    case 'new':
      return { type: 'new', name: { host: host.name.toLowerCase(), port: host.port }, isHashed: host.isHashed }
    case 'unknown':
      return host
  }
}

/** What cannot be read here cannot be verified either when ssh shows it: docs/PROTOCOL.md P-11. */
function isKnownKind(blob: Uint8Array): boolean {
  try {
    decodePublicKey(blob)
    return true
  } catch (error) {
    if (error instanceof SshError) return false
    throw error
  }
}

const fromHere: ConnectionView = { bindings: [], isForwarded: false }
const fromElsewhere: ConnectionView = { bindings: [], isForwarded: true }

/** What the agent itself does with an identity. */
function rulesOf(store: KeyStore, identity: Identity) {
  const uses = store.uses(fromHere)
  return {
    isForwarded: store.isShownTo(fromElsewhere),
    confirm: store.confirmOf(identity),
    signsLogins: uses === undefined || isPermitted(uses, { type: 'login', user: '' }),
  }
}

function describeConfigured(
  { store, identity }: StoredIdentity,
  { destination }: ListPreview,
  vault: RunningVault,
  { config, key }: RunningIdentity,
): ListedIdentity {
  const { error, warnings = [], keyType } = describeIdentity(vault, { config, key })
  const isHeld = identity.keyBlob.length > 0
  const kind = isHeld ? kindOf(identity) : identity.behind === undefined ? 'certificate' : 'key'
  return {
    identity: config.name,
    comment: identity.comment,
    keyType,
    kind,
    ...(isHeld ? publicParts(identity) : config.principals && { askedPrincipals: config.principals }),
    ...fitOf(config.hosts, destination),
    ...rulesOf(store, identity),
    warnings: kind === 'certificate' ? warnings : [],
    ...(error === undefined ? {} : { error }),
  }
}

function describeKey(
  { store, identity }: StoredIdentity,
  { destination }: ListPreview,
  { staticKey, hosts }: { staticKey?: string; hosts?: readonly string[] | undefined },
): ListedIdentity {
  return {
    ...(staticKey === undefined ? {} : { staticKey }),
    comment: identity.comment,
    kind: kindOf(identity),
    keyType: keyTypeOfCertificate(typeOf(identity))?.name ?? typeOf(identity),
    ...publicParts(identity),
    ...fitOf(hosts, destination),
    ...rulesOf(store, identity),
    warnings: [],
  }
}

const typeOf = ({ keyBlob }: Identity) => new SshReader(keyBlob).text()
const isCertificate = (identity: Identity) => keyTypeOfCertificate(typeOf(identity)) !== undefined

function kindOf(identity: Identity): ListedIdentity['kind'] {
  if (!isCertificate(identity)) return 'key'
  return identity.behind === 'everything' ? 'former-certificate' : 'certificate'
}

function publicParts(identity: Identity) {
  const { keyBlob } = identity
  return {
    fingerprint: fingerprint(keyBlob),
    blob: Buffer.from(keyBlob).toString('base64'),
    ...(isCertificate(identity) ? { certificate: describeCertificate(decodeCertificate(keyBlob)) } : {}),
  }
}

function describeCertificate(certificate: SshCertificate): ExplainedCertificate {
  const { keyId, serial, principals, validBefore, signatureKey, signature, extensions, criticalOptions } = certificate
  return {
    keyId,
    serial: String(serial),
    principals,
    validAfter: formatUtc(certificateValidity(certificate).notBeforeMs),
    ...validBeforeOf(validBefore),
    ca: fingerprint(signatureKey.blob),
    caType: signatureKey.type,
    signedWith: new SshReader(signature).text(),
    extensions: [...extensions.keys()],
    criticalOptions: Object.fromEntries(criticalOptions),
  }
}

/** The setting, and the entry that counts. */
function fitOf(hosts: readonly string[] | undefined, destination: Destination | undefined) {
  if (hosts === undefined) return {}
  const worthOf = (entry: string) => (destination === undefined ? 'unknown' : hostPatterns([entry]).fit(destination))
  const fitting = hosts
    .map((entry) => ({ entry, worth: worthOf(entry) }))
    .flatMap(({ entry, worth }) => (typeof worth === 'number' ? [{ entry, worth }] : []))
    .sort((a, b) => b.worth - a.worth)
  const [best] = fitting
  return { hosts, ...(best === undefined ? {} : { fits: best.entry }) }
}
