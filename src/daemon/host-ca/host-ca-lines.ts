import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import type { HostCaConfig } from '../config/config.ts'

/** How the file begins: by it, it is known as ours. */
const mark = '# latchkey: '
const header = `${mark}the CAs of hosts by config.toml; written anew when they change, so nothing else stays in here\n`

/** Whether a text is a file of these lines, and not somebody else's known_hosts. */
export const isHostCaText = (text: string): boolean => text.startsWith(mark)

/**
 * The lines of known_hosts for a CA (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): one for each key, without line breaks.
 * @param keyBlobs checked keys; whatever a server has written beside one is not among it
 */
export function hostCaLines({ name, hosts }: HostCaConfig, keyBlobs: readonly Uint8Array[]): readonly string[] {
  return keyBlobs.map((blob) => `@cert-authority ${hosts.join(',')} ${formatPublicKeyLine(blob, `latchkey: ${name}`)}`)
}

/** The whole file. */
export function hostCaText(lines: readonly string[]): string {
  return `${header}${lines.map((line) => `${line}\n`).join('')}`
}
