import { maxSettingsBytes, readTextFile } from '../../core/files/read-file.ts'
import { expandPath, type PathMeaning } from './expand-path.ts'
import type { SshSettings } from './ssh-settings.ts'

/** A key or certificate that a file names. */
export interface NamedKey {
  file: string
  /** In base64. */
  blob: string
}

/** What ssh reads before it asks an agent. */
export interface OfferedFiles {
  /** Of CertificateFile. */
  certificates: readonly NamedKey[]
  /** Of IdentityFile: its public key, and the certificate beside it. */
  identities: readonly NamedKey[]
}

/** Reads what the settings name; what is not there, or no key, is nothing to ssh either. */
export async function readOfferedFiles(
  { certificateFiles, identityFiles }: Pick<SshSettings, 'certificateFiles' | 'identityFiles'>,
  meaning: PathMeaning,
): Promise<OfferedFiles> {
  const read = async (files: readonly string[]) => (await Promise.all(files.map(readPublicKey))).flat()
  const expand = (files: readonly string[]) => files.map((file) => expandPath(file, meaning))
  // load_public_identity_files of ssh.c.
  const besides = expand(identityFiles).flatMap((file) => [file, `${file}.pub`, `${file}-cert.pub`])
  return { certificates: await read(expand(certificateFiles)), identities: await read(besides) }
}

async function readPublicKey(file: string): Promise<NamedKey[]> {
  const text = await readTextFile(file, { maxBytes: maxSettingsBytes, isTrusted: false }).catch(() => '')
  const [, blob] = /^(?:ssh|ecdsa|sk)-\S+[ \t]+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(text) ?? []
  return blob === undefined ? [] : [{ file, blob }]
}
