import { kindOf, numberedOptions, questionLines } from '../kinds.ts'
import { type Dialog, type DialogProgram, declined, type Said, typed } from './dialog.ts'
import { chosenOption } from './list-answer.ts'

/** A dialog of KDE (kdialog(1)). */
export const kdialog: DialogProgram = {
  name: 'kdialog',
  open(question) {
    const { form, isEchoed, options } = kindOf(question)
    const lines = questionLines(question)
    const text = richText(lines)
    const dialog = (args: readonly string[], atEnd: (status: number, line: string) => Said | undefined): Dialog => ({
      args: ['--title', 'latchkey', ...args],
      explains: true,
      said: ({ status, lines: [line = ''] }) => atEnd(status, line),
    })
    switch (form) {
      case 'text':
        // The label of an input box marks a key with an ampersand.
        return dialog(isEchoed ? ['--inputbox', richText(lines, '&&')] : ['--password', text], (status, line) =>
          status === 0 ? typed(line) : status === 1 ? declined : undefined,
        )
      case 'list': {
        const rows = numberedOptions(question).flatMap((option, index) => [String(index + 1), option])
        return dialog(['--menu', text, '--', ...rows], (status, line) =>
          status === 0 ? typed(chosenOption(options(question), line)) : status === 1 ? declined : undefined,
        )
      }
      case 'confirm':
        // 2: the window was closed.
        return dialog(['--yesno', text], (status) =>
          status === 0 ? typed('yes') : status === 1 ? typed('no') : status === 2 ? declined : undefined,
        )
      case 'shown':
        return dialog(['--msgbox', text], (status) => (status <= 2 ? typed('') : undefined))
    }
  },
}

/**
 * Qt takes a text for HTML when it looks like it, so it is always HTML here, in which nothing of the text is a tag. A
 * backslash would begin an escape of kdialog's own.
 */
function richText(lines: readonly string[], ampersand = '&'): string {
  const escaped = lines.map((line) =>
    line.replaceAll('&', ampersand).replace(/[&<>"\\]/g, (char) => `&#${char.charCodeAt(0)};`),
  )
  return `<qt>${escaped.join('<br>')}</qt>`
}
