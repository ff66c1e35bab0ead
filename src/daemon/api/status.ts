import type { AddedKey } from '../../agent/keys/keyring.ts'
import type { Lock } from '../../agent/lock/lock.ts'
import type { AgentNotice } from '../../agent/notices.ts'
import type { DestinationConstraint } from '../../agent/protocol/destination-constraints.ts'
import type { Upstream } from '../../agent/upstream/upstream.ts'
import type { AwsCredentials } from '../../aws/aws-credentials.ts'
import { CodedError } from '../../core/errors.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type { ConfigReport } from '../../ipc/endpoints/config.ts'
import type {
  AddedKeyStatus,
  NoticeStatus,
  PromptStatus,
  SshIdentityStatus,
  Status,
  UpstreamAgentStatus,
  VaultStatus,
} from '../../ipc/endpoints/status.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import { isLoginNeeded } from '../../vault/vault-error.ts'
import type { RunningIdentity } from '../running/running-identity.ts'
import type { RunningVault } from '../running/running-vault.ts'
import type { SshReadiness } from '../running/ssh-readiness.ts'
import type { RunningStaticKeys } from '../static-keys/running-static-keys.ts'
import type { WatchedKeychain } from '../watched-keychain.ts'
import { reportedError } from './api-errors.ts'
import { describeStaticKeys } from './ssh-key-handlers.ts'

/** The parts that the status reports on. */
export interface StatusParts {
  /** What does not change after the start. */
  fixed: Pick<Status, 'version' | 'pid' | 'startedAt' | 'configFile' | 'sockets'>
  config: ConfigReport
  keychain: WatchedKeychain
  prompt: PromptStatus
  lock: Pick<Lock, 'isLocked' | 'isForPerson'>
  lockError: CodedError | undefined
  addedKeys: () => readonly AddedKey[]
  staticKeys: RunningStaticKeys
  upstreams: () => readonly Upstream[]
  notices: () => readonly AgentNotice[]
  vaults: readonly RunningVault[]
  readiness: Pick<SshReadiness, 'warningsOf'>
  aws: AwsCredentials
}

/** Describes what is held, until when, and what is wrong. It calls no server and asks nobody. */
export async function describeStatus(parts: StatusParts): Promise<Status> {
  const { fixed, config, keychain, prompt, lock, lockError, addedKeys, upstreams, notices, vaults } = parts
  // First, because it calls the keychain, whose state is reported too.
  const aws = await parts.aws.status().catch(withoutAws)
  const added = addedKeys()
  const keychainError = keychain.lastError()
  return {
    ...fixed,
    config,
    keychain: {
      description: keychain.description,
      ...(keychainError === undefined ? {} : { error: reportedError(keychainError) }),
    },
    prompt,
    ssh: {
      locked: lock.isLocked(),
      ...(lock.isForPerson() ? { isForPerson: true } : {}),
      ...(lockError === undefined ? {} : { lockError: reportedError(lockError) }),
      addedKeys: added.length,
      added: added.slice(0, shownAdded).map(describeAdded),
      identities: vaults.flatMap((vault) =>
        vault.identities.map((identity) => describeIdentity(vault, identity, parts.readiness)),
      ),
      static: describeStaticKeys(parts.staticKeys),
      upstreams: upstreams().map(describeUpstream),
      notices: notices().map(describeNotice),
    },
    vaults: vaults.map(describeVault),
    aws,
  }
}

/** More keys than anybody tells apart. */
const shownAdded = 100

function describeAdded({
  keyBlob,
  comment,
  expiresAtMs,
  isEnded,
  mustConfirm,
  destinations,
}: AddedKey): AddedKeyStatus {
  return {
    key: fingerprint(keyBlob),
    comment,
    ...(expiresAtMs === undefined ? {} : { expiresAt: formatUtc(expiresAtMs) }),
    ...(isEnded ? { isEnded: true } : {}),
    ...(mustConfirm ? { mustConfirm: true } : {}),
    ...(destinations === undefined ? {} : { destinations: destinations.map(describeDestination) }),
  }
}

/** As ssh-add -h takes it. */
function describeDestination({ from, to, user }: DestinationConstraint): string {
  const there = user === undefined ? to.hostname : `${user}@${to.hostname}`
  return from === undefined ? there : `${from.hostname}>${there}`
}

function describeUpstream({ name, status }: Upstream): UpstreamAgentStatus {
  const { lastError, ...shown } = status()
  return { name, ...shown, ...(lastError === undefined ? {} : { error: reportedError(lastError) }) }
}

function describeNotice({ atMs, reason, count, key, peer, host }: AgentNotice): NoticeStatus {
  return {
    at: formatUtc(atMs),
    reason,
    count,
    ...(key === undefined ? {} : { key }),
    ...(host === undefined ? {} : { host }),
    ...(peer === undefined ? {} : { peer }),
  }
}

/** The AWS tools' files cannot be read: the rest can be reported all the same. */
function withoutAws(error: unknown): Status['aws'] {
  if (!(error instanceof CodedError)) throw error
  return { sessions: [], roles: [], profiles: [], error: reportedError(error) }
}

/** One identity of a vault. */
export function describeIdentity(
  { tokens }: RunningVault,
  { config, key }: RunningIdentity,
  readiness?: Pick<SshReadiness, 'warningsOf'>,
): SshIdentityStatus {
  const isLoggedIn = ['logged-in', 'inline'].includes(tokens.status().state)
  const { state, keyType, certificate, warnings: ofCertificate = [], ...status } = key.status()
  const ofUse = certificate === undefined ? [] : (readiness?.warningsOf(config.name, certificate) ?? [])
  const warnings = [...ofCertificate, ...ofUse]
  // Resolved in the meantime, though the identity only notices at its next use.
  const lastError = isLoggedIn && isLoginNeeded(status.lastError) ? undefined : status.lastError
  return {
    name: config.name,
    vault: config.vault,
    role: config.role,
    state,
    keyType,
    principals: certificate?.principals ?? config.principals ?? [],
    ...(certificate === undefined
      ? {}
      : { keyId: certificate.keyId, serial: String(certificate.serial), ...validBeforeOf(certificate.validBefore) }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(lastError === undefined ? {} : { error: reportedError(lastError) }),
  }
}

/** Absent for a certificate that is valid for ever, or longer than dates can be written. */
export function validBeforeOf(seconds: bigint): { validBefore?: string } {
  return seconds > 253_402_300_799n ? {} : { validBefore: formatUtc(Number(seconds) * 1000) }
}

function describeVault({ config, login, tokens, source }: RunningVault): VaultStatus {
  const { state, expiresAtMs, warnings, ...status } = tokens.status()
  const lastError = status.lastError ?? source.trouble()
  return {
    name: config.name,
    address: config.address,
    method: login.auth().method,
    state,
    ...(expiresAtMs === undefined ? {} : { expiresAt: formatUtc(expiresAtMs) }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(lastError === undefined ? {} : { error: reportedError(lastError) }),
  }
}
