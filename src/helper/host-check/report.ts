import { displayLine } from '../../core/text/display-text.ts'
import type { Finding } from './finding.ts'

const marks: Readonly<Record<Finding['type'], string>> = { good: '  ', bad: '! ', unseen: '? ', note: '- ' }

/** What was found, a line each; all of it may hold text of the host. @param host as it was asked for */
export function formatHostCheck(host: string, user: string, findings: readonly Finding[]): string {
  const lines = findings.map(({ type, text }) => `  ${marks[type]}${displayLine(text)}`)
  return [displayLine(`${user} at ${host}`), ...lines].map((line) => `${line}\n`).join('')
}
