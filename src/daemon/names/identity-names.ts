/** The names, in the runtime folder, under which an identity can be found. */
export interface IdentityNames {
  /** In the folder `identity`: the public key, its certificate, and the same certificate as ssh looks for it beside the former. */
  key: string
  certificate: string
  certificateOfKey: string
  /** In the runtime folder itself. */
  socket: string
}

/** The folder of the public files, in the runtime folder. */
export const identityFolderName = 'identity'

/** NAME_MAX of Linux and macOS, in bytes; while it is written, a file has a dot before its name and 13 characters behind. */
const maxNameBytes = 255 - '.'.length - '.pub-cert.pub'.length - 13

/**
 * ssh appends `-cert.pub` to the IdentityFile that it was told, after it has found that with or without `.pub`
 * (load_public_identity_files of ssh.c): so the certificate has two names.
 */
export function namesOf(name: string): IdentityNames {
  return {
    key: `${name}.pub`,
    certificate: `${name}-cert.pub`,
    certificateOfKey: `${name}.pub-cert.pub`,
    socket: `agent-${name}.sock`,
  }
}

/** Why an identity with this name can have no files and no socket, as the end of a sentence after `because`; undefined if it can. */
export function nameFault(name: string): string | undefined {
  if (name.startsWith('.')) return 'its name begins with a dot'
  if (name.includes('/')) return 'its name has a slash in it'
  // They would be the files of another identity, or its name would.
  if (/(\.pub|-cert)$/.test(name)) return 'its name ends as those of the files do'
  return Buffer.byteLength(name) > maxNameBytes ? `its name has more than ${maxNameBytes} bytes` : undefined
}

/** The identity that a file belongs to, if it is one of ours by its name; undefined otherwise. */
export function nameOfFile(file: string): string | undefined {
  const [, name] = /^([^.].*?)(?:\.pub-cert\.pub|-cert\.pub|\.pub)$/s.exec(file) ?? []
  return name === undefined || nameFault(name) !== undefined ? undefined : name
}

/** The identity that a socket belongs to; undefined if it is another socket. */
export function nameOfSocket(file: string): string | undefined {
  const [, name] = /^agent-(.+)\.sock$/s.exec(file) ?? []
  return name === undefined || nameFault(name) !== undefined ? undefined : name
}
