import type { LineHunk } from '../../aws/files/line-hunks.ts'
import type { Secret } from '../../core/secret.ts'
import { displayLine } from '../../core/text/display-text.ts'

/** What is done to a file. */
export interface ShownChange {
  path: string
  hunks: readonly LineHunk[]
}

/** The hint for a caller that is shown changes and cannot be asked about them. */
export const addYes = 'look at it, and add --yes'

/** Changes as a diff without context; secrets are not shown. */
export function formatChanges(changes: readonly ShownChange[], secrets: readonly Secret<string>[]): string {
  const show = (line: string) =>
    displayLine(secrets.reduce((text, secret) => text.replaceAll(secret.expose(), '[secret]'), line))
  return changes
    .map(({ path, hunks }) => {
      const lines = hunks.flatMap(({ removed, added }) => [
        ...withoutSame(removed, added).map((line) => `- ${show(line)}`),
        ...withoutSame(added, removed).map((line) => `+ ${show(line)}`),
      ])
      return `${displayLine(path)}\n${lines.map((line) => `  ${line}\n`).join('')}`
    })
    .join('')
}

/** A line that only gets an end is the same for a reader. */
function withoutSame(lines: readonly string[], others: readonly string[]): readonly string[] {
  const present = new Set(others.map((line) => line.trimEnd()))
  return lines.filter((line) => !present.has(line.trimEnd()))
}
