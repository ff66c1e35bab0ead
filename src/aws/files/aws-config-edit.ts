import { type IniSection, parseIni } from '../config/ini.ts'
import { parseCredentialProcess } from '../config/own-process.ts'
import { configHeader } from '../config/profile-header.ts'
import { withBlockAtEnd, withoutLines } from './text-edit.ts'

/** What an AWS config file has for a profile: nothing, the block that latchkey writes and nothing else, or something else. */
export type BlockState = 'absent' | 'own' | 'other'

/** Looks for the block of a profile in the text of an AWS config file. */
export function findBlock(text: string, profile: string): BlockState {
  const sections = sectionsFor(text, profile)
  if (sections.length === 0) return 'absent'
  return sections.length === 1 && isOwnBlock(sections[0]!, profile) ? 'own' : 'other'
}

/** The text with a block for a profile at its end; as it is where it has the profile already. */
export function withBlock(text: string, profile: string, block: string): string {
  return findBlock(text, profile) === 'absent' ? withBlockAtEnd(text, block) : text
}

/**
 * The text without the block that latchkey wrote for a profile: only its own lines go, and the empty line before them.
 * Comments between them stay. A section with anything else in it is somebody's own, and stays whole.
 */
export function withoutBlock(text: string, profile: string): string {
  if (findBlock(text, profile) !== 'own') return text
  const { line, entries } = sectionsFor(text, profile)[0]!
  const gone = new Set([line])
  for (const { lines } of entries) for (let number = lines[0]; number < lines[1]; number += 1) gone.add(number)
  return withoutLines(text, gone)
}

function sectionsFor(text: string, profile: string): IniSection[] {
  return parseIni(text).filter(({ header }) => configHeader(header)?.name === profile)
}

function isOwnBlock({ entries }: IniSection, profile: string): boolean {
  const process = entries.find(({ key }) => key === 'credential_process')
  if (process === undefined || entries.some(({ key }) => !['region', 'credential_process'].includes(key))) return false
  const parsed = parseCredentialProcess(process.value)
  return parsed.type === 'own' && parsed.profile === profile
}
