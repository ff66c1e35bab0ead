import { parseSharedConfig } from '../config/shared-config.ts'
import { keysOfVariables } from './key-variables.ts'
import { hunkBetween, type LineHunk } from './line-hunks.ts'
import { isLongTermId, keysOfProfiles, linesWithKeys, type PlaintextKey, withoutLines } from './plaintext-keys.ts'
import { type MendRequest, mendProfiles } from './profile-mend.ts'

/** A file in which keys are looked for. */
export interface SearchedFile {
  path: string
  /** Which of the AWS tools' own two files it is; `other`: one that somebody named. */
  role: 'config' | 'credentials' | 'other'
  text: string
}

/** A key pair with the file that it stands in. */
export interface FoundKey extends PlaintextKey {
  file: SearchedFile
}

/** One key, wherever it stands. */
export interface MovableKey {
  accessKeyId: string
  places: readonly FoundKey[]
}

/** What was found in some files. */
export interface FoundKeys {
  movable: readonly MovableKey[]
  /** What stays where it is, and why. */
  notes: readonly string[]
}

/** Looks for key pairs. The format of a file that somebody named is that in which it has one. */
export function findKeys(files: readonly SearchedFile[]): FoundKeys {
  const notes: string[] = []
  const byKey = new Map<string, FoundKey[]>()
  for (const file of files) {
    const found = keysIn(file)
    for (const key of found) {
      const whose = key.profile === undefined ? '' : ` of ${key.profile}`
      if (key.isTemporary) notes.push(`${file.path}: the credentials${whose} are temporary, there is nothing to keep`)
      else if (!isLongTermId(key.accessKeyId))
        notes.push(`${file.path}: the access key${whose} is not a long-term one (AKIA…)`)
      else {
        const id = JSON.stringify([key.accessKeyId, key.secretAccessKey.expose()])
        byKey.set(id, [...(byKey.get(id) ?? []), { ...key, file }])
      }
    }
    const secrets = found.map(({ secretAccessKey }) => secretAccessKey)
    const isRead = (line: number) =>
      found.some(({ lines }) => lines.some(([first, end]) => line > first && line <= end))
    const unread = linesWithKeys(file.text, secrets).filter((line) => !isRead(line))
    if (unread.length > 0) notes.push(describeUnread(file, unread))
  }
  return { movable: [...byKey.values()].map((places) => ({ accessKeyId: places[0]!.accessKeyId, places })), notes }
}

function describeUnread({ path }: SearchedFile, lines: readonly number[]): string {
  const where = lines.length === 1 ? `line ${lines[0]} looks` : `lines ${lines.join(', ')} look`
  return `${path}: ${where} like a key, in a comment or in a form that is not moved: take that out yourself`
}

function keysIn({ role, text }: SearchedFile): PlaintextKey[] {
  const variables = role === 'other' ? keysOfVariables(text) : []
  return variables.length > 0 ? variables : keysOfProfiles(text)
}

/**
 * The name under which the profiles of the AWS files look for a key: that of the profile that has it; for one that assumes
 * its role with its own key another name, since the profile itself stands for the role.
 */
export function sourceNameOf(
  { places }: MovableKey,
  files: readonly SearchedFile[],
): { name: string; isForced: boolean } {
  const own = places.find(({ file, profile }) => file.role !== 'other' && profile !== undefined)
  const { profile = 'default' } = own ?? places.find((place) => place.profile !== undefined) ?? {}
  const textOf = (role: SearchedFile['role']) => files.find((file) => file.role === role)?.text
  const { profiles } = parseSharedConfig({ config: textOf('config'), credentials: textOf('credentials') })
  const values = profiles.get(profile)?.values
  const isForced = own !== undefined && values?.has('role_arn') === true && values.get('source_profile') === profile
  return { name: isForced ? `${profile}-key` : profile, isForced }
}

/** A key with the name that it is to have. */
export interface NamedKey extends MovableKey {
  source: string
}

/** What becomes of a file. */
export interface FileChange {
  path: string
  before: string
  after: string
  /** The changes one after another. */
  hunks: readonly LineHunk[]
}

/** What a move does to the files, in the order in which it has to be done. */
export interface MovePlan {
  changes: readonly FileChange[]
  notes: readonly string[]
}

/**
 * Takes keys out of the files, and leads the profiles that used them to latchkey. The config file is first: until the keys
 * are gone from the credentials file it changes nothing for the AWS tools, and after that they need it.
 * @param files the AWS tools' own two among them
 */
export function planMove(
  files: readonly SearchedFile[],
  keys: readonly NamedKey[],
  rest: Pick<MendRequest, 'latchkey' | 'sources'>,
): MovePlan {
  const texts = new Map(files.map((file) => [file, withoutKeys(file, keys)]))
  const textOf = (wanted: SearchedFile['role']) => [...texts].find(([{ role }]) => role === wanted)?.[1].at(-1) ?? ''
  const moved = keys.flatMap(({ source, places }) =>
    places.flatMap(({ profile, file }) =>
      profile === undefined || file.role === 'other' ? [] : [{ profile, source }],
    ),
  )
  const mend = mendProfiles({ config: textOf('config'), credentials: textOf('credentials'), moved, ...rest })
  const ordered = [...texts].toSorted(([one], [other]) => order[one.role] - order[other.role])
  const changes = ordered.flatMap(
    ([{ path, role }, steps]) => changeOf(path, role === 'config' ? [...steps, ...mend.steps] : steps) ?? [],
  )
  return { changes, notes: mend.notes }
}

const order: Readonly<Record<SearchedFile['role'], number>> = { config: 0, credentials: 1, other: 2 }

/** The text, and what it is after each place in it that has a key. */
function withoutKeys(file: SearchedFile, keys: readonly NamedKey[]): string[] {
  const places = keys.flatMap((key) => key.places).filter((place) => place.file === file)
  const texts = [file.text]
  let gone = 0
  for (const [first, end] of places.flatMap(({ lines }) => lines).toSorted(([one], [other]) => one - other)) {
    texts.push(withoutLines(texts.at(-1)!, [[first - gone, end - gone]]))
    gone += end - first
  }
  return texts
}

function changeOf(path: string, texts: readonly string[]): FileChange | undefined {
  const hunks = texts.slice(1).flatMap((text, index) => hunkBetween(texts[index]!, text) ?? [])
  return hunks.length === 0 ? undefined : { path, before: texts[0]!, after: texts.at(-1)!, hunks }
}
