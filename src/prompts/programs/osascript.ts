import { kindOf, numberedOptions, questionLines } from '../kinds.ts'
import { type Dialog, type DialogProgram, declined, type Said, typed } from './dialog.ts'
import { chosenOption } from './list-answer.ts'

/**
 * A dialog of macOS (osascript(1); AppleScript Language Guide, "display dialog", "choose from list"). The texts are
 * arguments of the script and no part of it, so that nothing in them is run.
 */
export const osascript: DialogProgram = {
  name: 'osascript',
  open(question) {
    const { form, isEchoed, options } = kindOf(question)
    const text = questionLines(question).join('\n')
    const dialog = (
      command: string,
      atEnd: (line: string) => Said,
      { items = [], onCancel = declined }: { items?: readonly string[]; onCancel?: Said } = {},
    ): Dialog => ({
      // The title comes first: no argument before it can be taken for an option.
      args: ['-e', 'on run argv', '-e', 'activate', '-e', command, '-e', 'end run', 'latchkey', text, ...items],
      explains: true,
      // -128 is userCanceledErr.
      said: ({ status, lines: [line = ''], complaint }) =>
        status === 0 ? atEnd(line) : complaint.includes('(-128)') ? onCancel : undefined,
    })
    const shown = 'display dialog (item 2 of argv) with title (item 1 of argv)'
    switch (form) {
      case 'text':
        return dialog(
          `return text returned of (${shown} default answer ""${isEchoed ? '' : ' with hidden answer'})`,
          typed,
        )
      case 'list':
        return dialog(
          'return choose from list (items 3 thru -1 of argv) with title (item 1 of argv) with prompt (item 2 of argv)',
          // It says false where it was cancelled, and an option may be called so: hence the numbers.
          (line) => (line === 'false' ? declined : typed(chosenOption(options(question), line.split(')', 1)[0]!))),
          { items: numberedOptions(question) },
        )
      case 'confirm':
        return dialog(`return button returned of (${shown} buttons {"No", "Yes"} default button "No")`, (line) =>
          typed(line.toLowerCase()),
        )
      case 'shown':
        return dialog(`${shown} buttons {"OK"} default button "OK"`, () => typed(''), { onCancel: typed('') })
    }
  },
}
