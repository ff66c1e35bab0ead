import { kindOf, questionText } from '../kinds.ts'
import { type DialogProgram, declined, typed } from './dialog.ts'

/** The variable that says to the program what is wanted. */
const mode = 'SSH_ASKPASS_PROMPT'

/**
 * A program that is used as ssh does it (ssh(1), SSH_ASKPASS; OpenSSH's readpass.c): the question is its argument. Where
 * there is something to type, the variable is unset and the first line that it prints is what was typed; for `confirm` its
 * exit status is the answer; for `none` it only shows something, and its exit status means nothing.
 */
export const askpass: DialogProgram = {
  name: 'askpass',
  open(question) {
    const { form } = kindOf(question)
    switch (form) {
      case 'text':
      case 'list':
        return {
          args: [questionText(question, true)],
          environment: { [mode]: undefined },
          explains: false,
          said: ({ status, lines: [line = ''] }) => (status === 0 && line !== '' ? typed(line) : declined),
        }
      case 'confirm':
        return {
          args: [questionText(question, false)],
          environment: { [mode]: 'confirm' },
          explains: false,
          said: ({ status, lines: [line = ''] }) =>
            typed(status === 0 && ['', 'yes'].includes(line.toLowerCase()) ? 'yes' : 'no'),
        }
      case 'shown':
        return {
          args: [questionText(question, false)],
          environment: { [mode]: 'none' },
          explains: false,
          said: () => typed(''),
        }
    }
  },
}
