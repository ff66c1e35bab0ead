import type { ListedIdentity } from '../../ipc/endpoints/ssh-explain.ts'
import type { OfferedFiles } from './offered-files.ts'
import type { SshSettings } from './ssh-settings.ts'

/** Something that ssh offers to a server. */
export interface Offer {
  identity: ListedIdentity
  /** The file that names it; absent: the agent alone has it. */
  file?: string
}

/** Something that the agent has and ssh does not offer. */
export interface Withheld {
  identity: ListedIdentity
  why: 'agent' | 'locked' | 'no-keys' | 'identities-only' | 'algorithm'
}

/** The signature algorithms that ssh asks an RSA key for. */
const rsaAlgorithms = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']

/**
 * In which order ssh offers what the agent lists (pubkey_prepare of sshconnect2.c): certificates of CertificateFile, what
 * IdentityFile names too, all the rest. Keys that are in files only come behind all of it.
 * @param certificatesFirst whether the rest begins with its certificates
 */
export function offersOf(
  listed: readonly ListedIdentity[],
  files: OfferedFiles,
  settings: Pick<SshSettings, 'identitiesOnly' | 'acceptedAlgorithms'>,
  certificatesFirst: boolean,
): { offers: readonly Offer[]; withheld: readonly Withheld[] } {
  const fileOf = (named: OfferedFiles['identities'], { blob }: ListedIdentity) =>
    named.find((one) => one.blob === blob)?.file
  const first = listed.filter((identity) => fileOf(files.certificates, identity) !== undefined)
  const others = listed.filter((identity) => !first.includes(identity))
  const named = others.filter((identity) => fileOf(files.identities, identity) !== undefined)
  const rest = others.filter((identity) => !named.includes(identity))
  const byKind = [...rest.filter(({ kind }) => kind !== 'key'), ...rest.filter(({ kind }) => kind === 'key')]
  const unnamed = certificatesFirst ? byKind : rest
  const candidates = [...first, ...named, ...(settings.identitiesOnly ? [] : unnamed)]
  const accepts = (identity: ListedIdentity) => isAccepted(identity, settings.acceptedAlgorithms)
  return {
    offers: candidates.filter(accepts).map((identity) => {
      const file = fileOf([...files.certificates, ...files.identities], identity)
      return { identity, ...(file === undefined ? {} : { file }) }
    }),
    withheld: listed
      .filter((identity) => !candidates.includes(identity) || !accepts(identity))
      .map((identity) => ({ identity, why: accepts(identity) ? 'identities-only' : 'algorithm' })),
  }
}

function isAccepted({ keyType, kind }: ListedIdentity, accepted: readonly string[] | undefined): boolean {
  const names = kind === 'key' ? signatureAlgorithms(keyType) : certificateAlgorithms(keyType)
  return accepted === undefined || names.some((name) => accepted.includes(name))
}

/** What PubkeyAcceptedAlgorithms and CASignatureAlgorithms call the signatures of a type of key. */
export function signatureAlgorithms(keyType: string): readonly string[] {
  return keyType === 'ssh-rsa' ? rsaAlgorithms : [keyType]
}

/**
 * What PubkeyAcceptedAlgorithms calls its certificates: those of `sk-ssh-ed25519@openssh.com` are
 * `sk-ssh-ed25519-cert-v01@openssh.com`.
 */
export function certificateAlgorithms(keyType: string): readonly string[] {
  return signatureAlgorithms(keyType).map((name) => `${name.replace(/@openssh\.com$/, '')}-cert-v01@openssh.com`)
}
