import type { ListPreview, StoredIdentity } from '../../agent/connection/list-preview.ts'
import { isPermitted } from '../../agent/connection/sign-policy.ts'
import { type Destination, hostPatterns } from '../../agent/destination/host-patterns.ts'
import { hasToo, keyRules } from '../../agent/keys/key-rules.ts'
import { type ConnectionView, type Identity, type KeyStore, unbound } from '../../agent/keys/key-store.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type { ExplainedCertificate, ListedIdentity } from '../../ipc/endpoints/ssh-explain.ts'
import { certificateValidity, decodeCertificate, type SshCertificate } from '../../ssh/certificate.ts'
import { keyTypeOfCertificate } from '../../ssh/keys/key-types.ts'
import { fingerprint } from '../../ssh/public-key.ts'
import { readOr } from '../../ssh/read-or.ts'
import { SshReader } from '../../ssh/wire.ts'
import { validBeforeOf } from './status.ts'

const fromElsewhere: ConnectionView = { bindings: [], isForwarded: true }

/** What the agent itself does with an identity of one of its stores. */
export function rulesOf({ store, identity }: StoredIdentity, all: readonly KeyStore[]) {
  const { keyBlob } = identity
  const whyNot = (each: KeyStore) => {
    const uses = each.uses(unbound)
    return uses === undefined || isPermitted(uses, { type: 'login', user: '' }) ? undefined : 'it signs no logins'
  }
  const rules = keyRules({ keyBlob, identity, store, all, whyNot })
  return {
    isForwarded: all.some((each) => (each === store || hasToo(each, keyBlob)) && each.isShownTo(fromElsewhere)),
    confirm: rules.type === 'allowed' ? rules.confirm : store.confirmOf(identity),
    signsLogins: rules.type === 'allowed',
  }
}

/** What is known of a key that is no configured identity. */
export function describeKey(
  { store, identity }: StoredIdentity,
  { destination, stores }: ListPreview,
  { hosts, ...names }: { staticKey?: string; agent?: string; hosts?: readonly string[] | undefined },
): ListedIdentity {
  return {
    ...names,
    comment: identity.comment,
    kind: kindOf(identity),
    keyType: keyTypeOfCertificate(typeOf(identity))?.name ?? typeOf(identity),
    ...publicParts(identity),
    ...fitOf(hosts, destination),
    ...rulesOf({ store, identity }, stores),
    warnings: [],
  }
}

const typeOf = ({ keyBlob }: Identity) => readOr('unknown', () => displayLine(new SshReader(keyBlob).text()))

const isCertificate = (identity: Identity) => keyTypeOfCertificate(typeOf(identity)) !== undefined

/** What an identity is. */
export function kindOf(identity: Identity): ListedIdentity['kind'] {
  if (!isCertificate(identity)) return 'key'
  return identity.behind === 'everything' ? 'former-certificate' : 'certificate'
}

/** What its blob says; little where it cannot be read: other agents may list anything. */
export function publicParts(identity: Identity) {
  const { keyBlob } = identity
  const read = () => ({
    fingerprint: fingerprint(keyBlob),
    ...(isCertificate(identity) ? { certificate: describeCertificate(decodeCertificate(keyBlob)) } : {}),
  })
  return { blob: Buffer.from(keyBlob).toString('base64'), ...readOr({}, read) }
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
export function fitOf(hosts: readonly string[] | undefined, destination: Destination | undefined) {
  if (hosts === undefined) return {}
  const worthOf = (entry: string) => (destination === undefined ? 'unknown' : hostPatterns([entry]).fit(destination))
  const fitting = hosts
    .map((entry) => ({ entry, worth: worthOf(entry) }))
    .flatMap(({ entry, worth }) => (typeof worth === 'number' ? [{ entry, worth }] : []))
    .sort((a, b) => b.worth - a.worth)
  const [best] = fitting
  return { hosts, ...(best === undefined ? {} : { fits: best.entry }) }
}
