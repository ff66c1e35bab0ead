import { type IniSection, parseIni } from '../config/ini.ts'
import { parseCredentialProcess } from '../config/own-process.ts'
import { configHeader } from '../config/profile-header.ts'
import { withBlocksAtEnd, withoutSections } from './text-edit.ts'

/**
 * What an AWS config file has for a profile: nothing, the block that latchkey writes and nothing else, be it more than once,
 * or something else.
 */
export type BlockState = 'absent' | 'own' | 'other'

/** Looks for the block of a profile in the text of an AWS config file. */
export function findBlock(text: string, profile: string): BlockState {
  const sections = sectionsByProfile(text).get(profile) ?? []
  if (sections.length === 0) return 'absent'
  return sections.every((section) => isOwnBlock(section, profile)) ? 'own' : 'other'
}

/** A profile with the lines that it has in an AWS config file. */
export interface ProfileBlock {
  name: string
  /** Lines that end with line feeds. */
  block: string
}

/** The text with blocks at its end, in their order; profiles that it has already stay as they are. */
export function withBlocks(text: string, blocks: readonly ProfileBlock[]): string {
  const sections = sectionsByProfile(text)
  const missing = blocks.filter(({ name }) => !sections.has(name))
  return withBlocksAtEnd(
    text,
    missing.map(({ block }) => block),
  )
}

/**
 * The text without the blocks that latchkey wrote for profiles: only its own lines go, and the empty line before each.
 * Comments between them stay. A section with anything else in it is somebody's own, and stays whole.
 */
export function withoutBlocks(text: string, profiles: readonly string[]): string {
  const sections = sectionsByProfile(text)
  const own = [...new Set(profiles)].flatMap((profile) => {
    const found = sections.get(profile) ?? []
    return found.every((section) => isOwnBlock(section, profile)) ? found : []
  })
  return withoutSections(
    text,
    own.map(({ line, entries }) => [[line, line + 1] as const, ...entries.map(({ lines }) => lines)]),
  )
}

function sectionsByProfile(text: string): ReadonlyMap<string, IniSection[]> {
  const sections = new Map<string, IniSection[]>()
  for (const section of parseIni(text)) {
    const name = configHeader(section.header)?.name
    if (name !== undefined) sections.set(name, [...(sections.get(name) ?? []), section])
  }
  return sections
}

function isOwnBlock({ entries }: IniSection, profile: string): boolean {
  const process = entries.find(({ key }) => key === 'credential_process')
  if (process === undefined || entries.some(({ key }) => !['region', 'credential_process'].includes(key))) return false
  const parsed = parseCredentialProcess(process.value)
  return parsed.type === 'own' && parsed.profile === profile
}
