import { displayLine } from '../core/text/display-text.ts'
import type { ConfigReport } from '../ipc/endpoints/config.ts'

const effects: Readonly<Record<ConfigReport['errors'][number]['effect'], string>> = {
  off: 'switched off',
  former: 'as it was before the edit',
  ignored: '',
}

/** Which parts of config.toml do not count, as lines of `status`; empty where all of it counts. */
export function formatConfigProblems({ errors, warnings }: ConfigReport): string {
  const lines = errors.map(({ section, effect, message, hint }) => {
    const what = effects[effect] === '' ? '' : `${section ?? 'config.toml'} is ${effects[effect]}: `
    return `  ! ${displayLine(`${what}${message}`)}\n${formatHint('    ', hint)}`
  })
  return [...lines, ...warnings.map((warning) => `  ! warning: ${displayLine(warning)}\n`)].join('')
}

/** The mistakes alone, one a line, in the form that editors jump to: `FILE:LINE:COLUMN: key: reason`. */
export function formatConfigCheck({ file, errors, warnings }: ConfigReport): string {
  const mistakes = errors.map(({ message, hint }) => {
    const known = hint === `edit ${file}` ? undefined : hint
    return `${displayLine(message)}\n${formatHint('  ', known)}`
  })
  const notes = warnings.map((warning) => `${displayLine(file)}: warning: ${displayLine(warning)}\n`)
  const verdict = errors.length === 0 ? [`${displayLine(file)}: no mistakes\n`] : []
  return [...mistakes, ...notes, ...verdict].join('')
}

function formatHint(indent: string, hint: string | undefined): string {
  return hint === undefined ? '' : `${indent}hint: ${displayLine(hint)}\n`
}
