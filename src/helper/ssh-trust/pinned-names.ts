import { randomBytes } from 'node:crypto'
import { homeFolder } from '../../core/places/home.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { formatHostName, type HostName } from '../../ssh/known-hosts/host-name.ts'
import { saltBytes } from '../../ssh/known-hosts/known-host.ts'
import type { PinnedName } from '../../ssh/known-hosts/pin-keys.ts'
import type { CommandContext } from '../command-context.ts'
import { expandPath } from '../ssh/expand-path.ts'
import { readSshSettings } from '../ssh/run-ssh.ts'
import type { SshSettings } from '../ssh/ssh-settings.ts'

/** What ssh would make of names, and what a person should know of it. */
export interface PinnedNames {
  names: readonly PinnedName[]
  /** The other files in which ssh looks for them, each with the names that it would look for there. */
  elsewhere: ReadonlyMap<string, readonly HostName[]>
  notes: readonly string[]
}

/**
 * Finds out from ssh whether each name is to be hashed, and whether ssh would find it in the file at all.
 * @param file the known_hosts that is written
 */
export async function pinnedNames(
  names: readonly HostName[],
  file: string,
  context: CommandContext,
): Promise<PinnedNames> {
  const pinned: PinnedName[] = []
  const elsewhere = new Map<string, HostName[]>()
  const notes: string[] = []
  for (const name of names) {
    const settings = await readSshSettings({ destination: name.host, options: ['-p', String(name.port)] }, context)
    pinned.push({ ...name, ...(settings.hashesKnownHosts ? { newSalt: () => randomBytes(saltBytes) } : {}) })
    const files = knownHostsOf(name, settings, context)
    for (const other of files) if (other !== file) elsewhere.set(other, [...(elsewhere.get(other) ?? []), name])
    const note = noteOf(name, file, files, settings)
    if (note !== undefined) notes.push(note)
  }
  return { names: pinned, elsewhere, notes }
}

function knownHostsOf({ host }: HostName, settings: SshSettings, { environment }: CommandContext): ReadonlySet<string> {
  const meaning = { environment, home: homeFolder(environment), host, settings }
  return new Set(settings.knownHostsFiles.map((path) => expandPath(path, meaning)))
}

function noteOf(
  name: HostName,
  file: string,
  files: ReadonlySet<string>,
  { hostKeyAlias: alias, knownHostsFiles }: SshSettings,
): string | undefined {
  const written = formatHostName(name)
  // An alias stands there as it is, without the port (sshconnect.c).
  if (alias !== undefined && alias.toLowerCase() !== written)
    return `ssh looks for ${written} as ${displayLine(alias)} (HostKeyAlias): --hosts ${shellWord(alias)}\n`
  if (files.has(file)) return undefined
  return `ssh does not look for ${written} in ${displayLine(file)}, but in ${displayLine(knownHostsFiles.join(' '))} (UserKnownHostsFile)\n`
}
