import { type PromptKind, typedLine } from './kind.ts'

/**
 * Yes or no. Only an explicit no is a no: a question that was dismissed or left open has no answer, so it is asked again
 * the next time.
 */
export const confirm: PromptKind<object, boolean> = {
  ...typedLine,
  isEchoed: true,
  suffix: ' (yes/no): ',
  form: 'confirm',
  coolsDown: false,
  lines: ({ text }) => [`${text}?`],
  read(typed) {
    const word = typed.trim().toLowerCase()
    if (['yes', 'y'].includes(word)) return { answer: true }
    return ['no', 'n'].includes(word) ? { answer: false } : { complaint: 'answer yes or no' }
  },
}
