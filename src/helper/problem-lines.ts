import { displayLine } from '../core/text/display-text.ts'
import type { ReportedError } from '../ipc/endpoints/fields.ts'

/** Warnings as lines below what they are about. @param subject of all of them, where a table shows several */
export function formatWarnings(warnings: readonly string[], subject?: string): string {
  const about = subject === undefined ? '' : `${displayLine(subject)}: `
  return warnings.map((warning) => `  ! ${about}warning: ${displayLine(warning)}\n`).join('')
}

/** An error as a line below what it is about, and one with its hint; empty where there is none. */
export function formatProblem(error: ReportedError | undefined, subject?: string): string {
  if (error === undefined) return ''
  const hint = error.hint === undefined ? '' : `    hint: ${displayLine(error.hint)}\n`
  return `  ! ${subject === undefined ? '' : `${displayLine(subject)}: `}${displayLine(error.message)}\n${hint}`
}
