import { parse, TomlError } from 'smol-toml'
import type { Environment } from '../../core/places/environment.ts'
import { locateKey, type TextPosition } from './config-position.ts'
import { expandVariables } from './expand-variables.ts'
import { findMistakes, type Mistake, maxDepth } from './schema-mistakes.ts'
import { parseSection, type Section, type SectionKind, type Sections, sectionKey, sectionKinds } from './sections.ts'

/** A mistake, and where it is in the file. Its path is empty if the file is not TOML. */
export type PlacedMistake = Mistake & TextPosition

/** At most this many mistakes are reported: to locate each, the whole file is searched, which may be long. */
export const maxPlaced = 100

/** What config.toml says, as far as each section can be understood by itself. */
export interface ConfigReading {
  /** The sections without a mistake in them. */
  sections: Sections
  /** What is wrong, in the order of the file: all mistakes that are to be reported. */
  mistakes: readonly PlacedMistake[]
  /** Whether a section has a mistake in it or around it, so that it is not in `sections`. */
  isWrong(section: Pick<Section, 'kind' | 'name'>): boolean
  /** The keys of the sections with a mistake in them. */
  wrong: ReadonlySet<string>
  /**
   * False if a part of the file belongs to no known section, or if the file is not TOML at all: a section that seems to be
   * missing may be in there.
   */
  isWhole: boolean
  /** Finds where a key is in the file, or else its nearest parent. */
  locate(path: readonly string[]): TextPosition
}

/** Reads config.toml, section by section. It refers to no file and no other section. @param environment for `${NAME}` */
export function readSections(toml: string, environment: Environment = {}): ConfigReading {
  const locate = (path: readonly string[]) => locateKey(toml, path)
  const parsed = parseToml(toml)
  if ('mistake' in parsed) {
    const nothing = { sections: new Map<string, Section>(), wrong: new Set<string>(), isWhole: false }
    return { ...nothing, mistakes: [parsed.mistake], isWrong: () => true, locate }
  }
  const expanded = expandVariables(parsed.document, environment)
  const unset = new Set(expanded.mistakes.map(({ path }) => path.join('.')))
  // What is wrong with the form of a text that is not known is no news.
  const inForm = findMistakes(expanded.document).filter(({ path }) => !unset.has(path.join('.')))
  const mistakes = [...expanded.mistakes, ...inForm]
  const wrong = new Set(mistakes.flatMap(({ path }) => sectionAt(path) ?? []))
  const outside = new Set(
    mistakes.filter(({ path }) => sectionAt(path) === undefined).map(({ path }) => path.join('.')),
  )
  const isWrong: ConfigReading['isWrong'] = (section) =>
    wrong.has(sectionKey(section)) ||
    sectionKinds[section.kind].prefix.some((_, at, prefix) => outside.has(prefix.slice(0, at + 1).join('.')))
  const sections = new Map<string, Section>()
  for (const { kind, name, table } of tablesOf(expanded.document)) {
    if (!isWrong({ kind, name })) sections.set(sectionKey({ kind, name }), parseSection(kind, name, table))
  }
  return {
    sections,
    mistakes: mistakes
      .slice(0, maxPlaced)
      .map((mistake) => ({ ...mistake, ...locate(mistake.path) }))
      .sort(byPosition),
    isWrong,
    wrong,
    isWhole: outside.size === 0,
    locate,
  }
}

/** The key of the section that a path is in; undefined if it is in none. */
export function sectionAt(path: readonly string[]): string | undefined {
  for (const { prefix, isNamed, schema } of Object.values(sectionKinds)) {
    const depth = prefix.length + (isNamed ? 1 : 0)
    const isBelow = path.length >= depth && prefix.every((key, at) => key === path[at])
    // An unknown key of [ssh] may be a section in it, misspelled.
    const isOwn = !isAround(prefix) || Object.hasOwn(schema.entries, path[depth] ?? '')
    if (isBelow && isOwn) return path.slice(0, depth).join('.')
  }
  return undefined
}

/** Whether there are sections in this one. */
function isAround(prefix: readonly string[]): boolean {
  return Object.values(sectionKinds).some(
    (inner) => inner.prefix.length > prefix.length && prefix.every((key, at) => key === inner.prefix[at]),
  )
}

/** Compares two positions, for sorting by their order in the file. */
export function byPosition(a: TextPosition, b: TextPosition): number {
  return a.line - b.line || a.column - b.column
}

type Table = Readonly<Record<string, unknown>>
const asTable = (value: unknown): Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

/** The table of each section in the document. */
function tablesOf(document: unknown): { kind: SectionKind; name: string; table: unknown }[] {
  return (Object.keys(sectionKinds) as SectionKind[]).flatMap((kind) => {
    const { prefix, isNamed, schema } = sectionKinds[kind]
    const around = prefix.slice(0, -1).reduce((table: Table, key) => asTable(table[key]), asTable(document))
    const last: string = prefix.at(-1)!
    if (!Object.hasOwn(around, last)) return []
    if (!isNamed && isAround(prefix)) {
      const own = ownKeys(around[last], schema)
      return Object.keys(own).length === 0 ? [] : [{ kind, name: '', table: own }]
    }
    if (!isNamed) return [{ kind, name: '', table: around[last] }]
    return Object.entries(asTable(around[last])).map(([name, table]) => ({ kind, name, table }))
  })
}

/** A table without the sections in it. */
function ownKeys(table: unknown, { entries }: { entries: object }): Table {
  return Object.fromEntries(Object.entries(asTable(table)).filter(([key]) => Object.hasOwn(entries, key)))
}

function parseToml(toml: string): { document: unknown } | { mistake: PlacedMistake } {
  try {
    return { document: parse(toml, { maxDepth }) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [reason = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n')
    return { mistake: { path: [], reason, line: error.line, column: error.column } }
  }
}
