import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { readPublicKeyFile } from '../public-key-file.ts'
import { type PublicKeySource, readPublicKeyText, refusePrivateKey } from '../public-key-text.ts'
import { findKnownKeys } from '../ssh/known-keys.ts'
import { readSshSettings } from '../ssh/run-ssh.ts'
import { isHostName } from './host-names.ts'
import { type PlacedKey, refuseSeveralOfType } from './one-of-a-type.ts'

/** The keys that are to be certified. */
export interface HostKeys {
  /** Lines of .pub files. */
  keys: readonly string[]
  /** What the host is called, where that is known. */
  principals: readonly string[] | undefined
}

const notPrivate = 'which must not leave its machine'
/** sshd has three or four. */
const maxKeys = 8

/**
 * The keys of a host: from a file, from the standard input (`-`), or, of a HOST, those that known_hosts has. Nothing is asked
 * of the host: who answers there may be anybody, and would get a certificate for its name.
 * @param from what has a slash in it or ends in `.pub` is a file
 * @throws {HelperError} REFUSED; {FileError}
 */
export async function readHostKeys(from: string, context: CommandContext): Promise<HostKeys> {
  if (from === '-')
    return {
      keys: inText(await context.readInput(), { name: 'the standard input', notPrivate }),
      principals: undefined,
    }
  if (isKeyFile(from)) {
    // Anybody who can change it gets a certificate for the name of the host.
    const text = await readPublicKeyFile(from)
    return { keys: inText(text, { name: from, path: from, notPrivate }), principals: undefined }
  }
  return await ofKnownHost(from, context)
}

/** Whether FROM is a file: anything else is a host, as ssh takes it. */
export function isKeyFile(from: string): boolean {
  return !/^ssh:\/\//i.test(from) && /\/|\.pub$/.test(from)
}

/** One key in each line, each once, as from `cat /etc/ssh/ssh_host_*_key.pub`. */
function inText(text: string, source: PublicKeySource): readonly string[] {
  refusePrivateKey(text, source)
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const keys = new Map<string, string>()
  for (const line of lines.length === 0 ? [''] : lines) {
    const key = readPublicKeyText(line, source)
    const [type, base64] = key.split(' ')
    keys.set(`${type} ${base64}`, key)
  }
  return notTooMany([...keys.values()], source.name)
}

/** None is left out in silence. @throws {HelperError} REFUSED */
function notTooMany(keys: readonly string[], name: string): readonly string[] {
  if (keys.length <= maxKeys) return keys
  throw new HelperError('REFUSED', `${name} has ${keys.length} keys, which are not those of one host`, {
    hint: `at most ${maxKeys}, as on the host: cat /etc/ssh/ssh_host_*_key.pub | latchkey ssh host-sign --principals NAME -`,
  })
}

async function ofKnownHost(host: string, context: CommandContext): Promise<HostKeys> {
  const settings = await readSshSettings({ destination: host, options: [] }, context)
  const known = await findKnownKeys(settings, context.environment, context.readProgram)
  const revoked = new Set(known.flatMap(({ role, key }) => (role === 'revoked' ? [key] : [])))
  const own = new Map<string, PlacedKey>()
  for (const { role, type, key, file, line: at } of known) {
    if (role !== 'host' || revoked.has(key) || own.has(key)) continue
    const line = readPublicKeyText(`${type} ${key}`, { name: 'known_hosts', notPrivate })
    refuseUntrusted(file)
    own.set(key, { line, place: `${displayLine(file)}:${at}` })
  }
  const name = (settings.hostKeyAlias ?? settings.hostname).toLowerCase()
  if (own.size > 0) {
    const called = `known_hosts, for ${displayLine(name)},`
    const keys = notTooMany(
      [...own.values()].map(({ line }) => line),
      called,
    )
    refuseSeveralOfType([...own.values()], called, 'then take the lines of the others out')
    return { keys, principals: isHostName(name) ? [name] : undefined }
  }
  const isCertified = known.some(({ role }) => role === 'cert-authority')
  throw new HelperError(
    'REFUSED',
    isCertified
      ? `known_hosts has a CA for ${displayLine(name)}, and no key of its own`
      : `known_hosts has no key of ${displayLine(name)}, and what answers there is not believed`,
    {
      hint: existsSync(`${host}.pub`)
        ? `the file: latchkey ssh host-sign ${shellWord(`./${host}.pub`)}`
        : throughSsh(host, name),
    },
  )
}

/** Anybody who can change it gets a certificate for the name of the host, which everybody believes and not only whose file it is. */
function refuseUntrusted(file: string): void {
  const fault = findPathFault(resolve(file))
  if (fault !== undefined) throw new HelperError('REFUSED', fault.message, { hint: fault.hint })
}

/** ssh checks who answers, by what it trusts. */
function throughSsh(host: string, name: string): string {
  const names = isHostName(name) ? name : 'NAME'
  return `where ssh trusts it: ssh -o StrictHostKeyChecking=yes ${shellWord(host)} cat /etc/ssh/ssh_host_ed25519_key.pub | latchkey ssh host-sign --principals ${names} -`
}
