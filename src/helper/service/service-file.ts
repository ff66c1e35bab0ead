import { createHash } from 'node:crypto'

/** A file that makes latchkey a service. */
export interface ServiceFile {
  path: string
  /** What it should hold, mark included. */
  content: string
}

/** How an existing file compares with the wanted one. */
export type FileState =
  | { type: 'missing' }
  | { type: 'same' }
  /** Written by latchkey and not touched since. */
  | { type: 'ours'; present: string }
  /** Written or edited by somebody else. */
  | { type: 'foreign'; present: string }

const mark = 'Written by "latchkey service install", which replaces it only while this is true: sha256'
const markPattern = new RegExp(`^.*${mark} ([0-9a-f]{64}).*\\n`, 'm')

/**
 * Adds a comment line with a hash of all other lines, by which an edited file is told from an untouched one.
 * @param toComment makes a comment of the file's format
 * @param afterLines how many lines must stay in front of it
 */
export function markContent(content: string, toComment: (text: string) => string, afterLines = 0): string {
  const lines = content.split('\n')
  const line = toComment(`${mark} ${hashOf(content)}`)
  return [...lines.slice(0, afterLines), line, ...lines.slice(afterLines)].join('\n')
}

/** Compares what is there, if anything, with what should be. */
export function fileState(present: string | undefined, wanted: string): FileState {
  if (present === undefined) return { type: 'missing' }
  if (present === wanted) return { type: 'same' }
  return isUntouched(present) ? { type: 'ours', present } : { type: 'foreign', present }
}

/** Whether latchkey wrote this and nobody has edited it since. */
export function isUntouched(content: string): boolean {
  const [line, hash] = markPattern.exec(content) ?? []
  return line !== undefined && hash === hashOf(content.replace(line, ''))
}

const hashOf = (content: string) => createHash('sha256').update(content).digest('hex')
