import type { PrincipalsOfUser } from './principals.ts'
import { caPath, dropInPath, earlyDropIn, trustScript } from './script.ts'

/** The forms of user data that are written. */
export const userDataFormats = ['cloud-config', 'mime', 'shell'] as const
/** One of them. */
export type UserDataFormat = (typeof userDataFormats)[number]

/** What a new machine is told. */
export interface UserDataOptions {
  format: UserDataFormat
  /** Lines of public keys, without comments. */
  caKeys: readonly string[]
  principals: readonly PrincipalsOfUser[]
  /** The line of a key that logs in as the default user of the image; not in a shell script. */
  breakGlass?: string | undefined
}

/** User data with which a new machine trusts the CA keys. */
export function writeUserData({ format, caKeys, principals, breakGlass }: UserDataOptions): string {
  const keys = oldestTypesFirst(caKeys)
  switch (format) {
    case 'cloud-config':
      return `#cloud-config\n${cloudConfig(keys, principals, breakGlass)}`
    case 'mime':
      return mime(`#cloud-config\n${mergeHow}\n${cloudConfig(keys, principals, breakGlass)}`)
    case 'shell':
      return shell(keys, principals)
  }
}

/** EC2 takes no more, "in raw form, before it is base64-encoded" (its user guide, "User data"). */
const ec2MaxBytes = 16 * 1024

/** What a person should know of user data that EC2 would refuse; undefined where it would not. */
export function sizeNote(userData: string): string | undefined {
  const bytes = Buffer.byteLength(userData)
  if (bytes <= ec2MaxBytes) return undefined
  return `this is ${bytes} bytes, and EC2 takes ${ec2MaxBytes}; cloud-init reads it compressed, too: latchkey ssh cloud-init … | gzip -9`
}

/** A line of a type that an sshd does not know hides all that come after it. */
function oldestTypesFirst(lines: readonly string[]): readonly string[] {
  const age = (line: string) => {
    if (line.startsWith('ssh-rsa ')) return 0
    if (line.startsWith('sk-')) return 3
    return line.startsWith('ecdsa-') ? 1 : 2
  }
  return [...new Set(lines)].sort((a, b) => age(a) - age(b))
}

/** cloud-init drops the lists of all parts but one where they do not say this ("Merging user data sections"). */
const mergeHow = "merge_how: 'list(append)+dict(no_replace,recurse_list)+str()'"

function cloudConfig(keys: readonly string[], principals: readonly PrincipalsOfUser[], breakGlass?: string): string {
  return [
    ...(breakGlass === undefined ? [] : ['ssh_authorized_keys:', `  - ${JSON.stringify(breakGlass)}`]),
    'write_files:',
    ...writtenFile(caPath, keys),
    // So that sshd trusts the CA from its start: runcmd comes later, and then looks at what else is in force.
    ...writtenFile(dropInPath, [earlyDropIn]),
    'runcmd:',
    '  - - sh',
    '    - -c',
    '    - |',
    ...trustScript(principals)
      .trimEnd()
      .split('\n')
      .map((line) => (line === '' ? '' : `      ${line}`)),
    '',
  ].join('\n')
}

function writtenFile(path: string, lines: readonly string[]): readonly string[] {
  return [
    `  - path: ${path}`,
    '    owner: root:root',
    "    permissions: '0644'",
    '    content: |',
    ...lines.map((line) => `      ${line}`),
  ]
}

const boundary = '==latchkey-user-data=='

function mime(part: string): string {
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    'MIME-Version: 1.0',
    '',
    `--${boundary}`,
    'Content-Type: text/cloud-config; charset="utf-8"',
    'MIME-Version: 1.0',
    'Content-Disposition: attachment; filename="latchkey.cfg"',
    '',
    `${part}--${boundary}--`,
    '',
  ].join('\n')
}

function shell(keys: readonly string[], principals: readonly PrincipalsOfUser[]): string {
  return `#!/bin/sh\n${trustScript(principals, keys)}`
}
