import { existsSync } from 'node:fs'
import type { Environment } from '../../core/places/environment.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { ReadProgram } from '../exec/read-program.ts'
import { HelperError } from '../fast/failure.ts'
import { knownName, type SshSettings } from './ssh-settings.ts'

/** A key that known_hosts has for a host. */
export interface KnownKey {
  role: 'host' | 'cert-authority' | 'revoked'
  type: string
  /** In base64. */
  key: string
  file: string
  /** From 1. */
  line: number
}

const limitMs = 15_000

/**
 * The keys that ssh would take from a host, the one that it prefers first. ssh-keygen knows how they are written.
 * @throws {HelperError} REFUSED: it has not said all, and one of the rest may be revoked; PROGRAM_MISSING, …
 */
export async function findKnownKeys(
  settings: SshSettings,
  environment: Environment,
  read: ReadProgram,
): Promise<readonly KnownKey[]> {
  const find = async (name: string): Promise<readonly KnownKey[]> => {
    const found: KnownKey[] = []
    for (const file of settings.knownHostsFiles.filter((path) => existsSync(path))) {
      const args = ['-F', name, '-f', file]
      const { end, lines } = await read('ssh-keygen', args, environment, limitMs)
      // 1 is that there is none.
      if (end.how !== 'exited') {
        const why = end.how === 'timed-out' ? `has not been searched within ${limitMs / 1000} s` : 'has too much to say'
        throw new HelperError('REFUSED', `${file} ${why} about ${name}`, {
          hint: ['ssh-keygen', ...args].map(shellWord).join(' '),
        })
      }
      found.push(...parseKnownKeys(lines, file))
    }
    return found
  }
  const found = await find(knownName(settings))
  // sshconnect.c: where no key is known for a port, that of the name without one counts.
  const isNew = found.every(({ role }) => role === 'revoked')
  const all =
    isNew && settings.hostKeyAlias === undefined && settings.port !== 22 ? await find(settings.hostname) : found
  const rank = ({ type }: KnownKey) => {
    const place = settings.hostKeyAlgorithms.indexOf(type === 'ssh-rsa' ? 'rsa-sha2-512' : type)
    return place < 0 ? Number.POSITIVE_INFINITY : place
  }
  return all.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
}

/** Reads the output of `ssh-keygen -F`: lines of known_hosts, and comments above them. */
export function parseKnownKeys(lines: readonly string[], file: string): readonly KnownKey[] {
  let at = 0
  return lines.flatMap((line) => {
    at = Number(/^# Host .* found: line (\d+)/.exec(line)?.[1] ?? at)
    const fields = line.trim().split(/[ \t]+/)
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined
    const [hosts, type, key] = fields
    if (hosts === undefined || hosts.startsWith('#') || type === undefined || key === undefined) return []
    const role = marker === '@revoked' ? 'revoked' : marker === '@cert-authority' ? 'cert-authority' : 'host'
    return [{ role, type, key, file, line: at }]
  })
}
