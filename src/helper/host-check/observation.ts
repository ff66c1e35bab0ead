import { displayLine } from '../../core/text/display-text.ts'
import { HelperError } from '../fast/failure.ts'

/** What a program on the host has said. */
export interface ProgramSaid {
  lines: readonly string[]
  status: number
}

/** What there is to see on a host. */
export interface HostObservation {
  /** Who is logged in, and the groups. */
  user: string
  groups: readonly string[]
  /** The time of the host's clock, in its time zone: `2026-01-02T03:04:05`. */
  time: string
  /** `sshd -T`, for that user. */
  sshd: ProgramSaid
  /** The files that it names; undefined where it names none. */
  ca: ProgramSaid | undefined
  revoked: ProgramSaid | undefined
  principals: ProgramSaid | undefined
  /** `ssh-keygen -L` of each. */
  hostCertificates: readonly ProgramSaid[]
}

/**
 * Reads what the script has printed; what start files of the login shell print before it is passed over.
 * @throws {HelperError} REFUSED: something else has answered, or not all of it has come
 */
export function readObservation(lines: readonly string[]): HostObservation {
  const facts = new Map<string, string>()
  const parts: { name: string; said: ProgramSaid }[] = []
  let open: { name: string; lines: string[] } | undefined
  for (const line of lines) {
    const [, word, rest = ''] = /^latchkey:(\w+)(?: (.*))?$/.exec(line) ?? []
    if (word === 'begin') open = { name: rest, lines: [] }
    else if (word === 'end' && open !== undefined) {
      parts.push({ name: open.name, said: { lines: open.lines, status: Number(rest) } })
      open = undefined
    } else if (word !== undefined && open === undefined) facts.set(word, rest)
    else if (line.startsWith('|')) open?.lines.push(line.slice(1))
  }
  const said = (name: string) => parts.find((part) => part.name === name)?.said
  const [user, sshd] = [facts.get('user'), said('sshd')]
  if (user === undefined || sshd === undefined || !facts.has('done')) throw garbled(lines)
  return {
    user,
    groups: (facts.get('groups') ?? '').split(' '),
    time: facts.get('time') ?? '',
    sshd,
    ca: said('ca'),
    revoked: said('revoked'),
    principals: said('principals'),
    hostCertificates: parts.filter(({ name }) => name === 'hostcertificate').map((part) => part.said),
  }
}

function garbled(lines: readonly string[]): HelperError {
  const first = displayLine(lines.find((line) => line.trim() !== '') ?? '', 100)
  const what = first === '' ? 'nothing' : `something else: ${first}`
  return new HelperError('REFUSED', `the host runs no commands as they are sent, and answers ${what}`, {
    hint: 'is its login shell, or a forced command, in the way? try: ssh HOST id',
  })
}

/** The settings that `sshd -T` prints, with their names in small letters; one that stands in several lines has them all. */
export function sshdSettings({ lines }: ProgramSaid): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>()
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z]\w*) (.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const key = name.toLowerCase()
    settings.set(key, [...(settings.get(key) ?? []), value])
  }
  return settings
}
