import { kindOf, numberedOptions, questionLines } from '../kinds.ts'
import { type Dialog, type DialogProgram, declined, type Said, typed } from './dialog.ts'
import { chosenOption } from './list-answer.ts'

/** Statuses of our own: without these zenity ends with 1 for a no, for a closed window and for a missing display alike. */
const statuses = { no: 21, closed: 22 } as const

/** A dialog of GTK (zenity(1)), versions 3 and 4. */
export const zenity: DialogProgram = {
  name: 'zenity',
  open(question) {
    const { form, isEchoed, options } = kindOf(question)
    const lines = questionLines(question)
    const dialog = (args: readonly string[], atEnd: (status: number, line: string) => Said | undefined): Dialog => ({
      args: ['--title=latchkey', '--width=420', ...args],
      environment: {
        ZENITY_CANCEL: String(statuses.no),
        ZENITY_ESC: String(statuses.closed),
        // The terminal in which the daemon was started: the dialog would belong to its window.
        WINDOWID: undefined,
      },
      explains: true,
      said: ({ status, lines: [line = ''] }) =>
        atEnd(status, line) ?? (status === statuses.closed ? declined : undefined),
    })
    switch (form) {
      case 'text':
        return dialog(
          ['--entry', ...(isEchoed ? [] : ['--hide-text']), `--text=${mnemonicText(lines)}`],
          (status, line) => (status === 0 ? typed(line) : status === statuses.no ? declined : undefined),
        )
      case 'list': {
        const rows = numberedOptions(question).flatMap((option, index) => [String(index + 1), option])
        const columns = ['--column=number', '--column=option', '--hide-column=1', '--print-column=1', '--hide-header']
        return dialog(
          ['--list', '--height=320', ...columns, `--text=${markup(lines)}`, '--', ...rows],
          (status, line) =>
            status === 0 ? typed(chosenOption(options(question), line)) : status === statuses.no ? declined : undefined,
        )
      }
      case 'confirm':
        return dialog(
          ['--question', '--ok-label=Yes', '--cancel-label=No', '--default-cancel', `--text=${markup(lines)}`],
          (status) => (status === 0 ? typed('yes') : status === statuses.no ? typed('no') : undefined),
        )
      case 'shown':
        return dialog(['--info', `--text=${markup(lines)}`], (status) =>
          status === 0 || status === statuses.no || status === statuses.closed ? typed('') : undefined,
        )
    }
  },
}

/** As its entries read it: backslashes begin an escape (g_strcompress), an underscore marks a key. */
function mnemonicText(lines: readonly string[]): string {
  return lines.join('\n').replaceAll('\\', '\\\\').replaceAll('_', '__')
}

/** As its other texts are read: Pango markup, in which backslashes begin an escape as well. */
function markup(lines: readonly string[]): string {
  return lines.join('\n').replace(/[&<>\\]/g, (char) => `&#${char.charCodeAt(0)};`)
}
