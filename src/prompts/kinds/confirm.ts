import { type PromptKind, typedLine } from './kind.ts'

/**
 * Yes or no. Only an explicit no is a no: a question that was dismissed or left open has no answer, so it is asked again
 * the next time. A yes is one to what the person has read: not what was typed for the question before.
 */
export const confirm: PromptKind<{ details?: readonly string[] }, boolean> = {
  ...typedLine,
  isEchoed: true,
  dropsTypeAhead: true,
  suffix: ' (yes/no): ',
  form: 'confirm',
  coolsDown: false,
  // They are answered where such questions are waited for (latchkey ssh approve).
  patienceMs: 5 * 60_000,
  fault: ({ details = [] }) =>
    Array.isArray(details) && details.every((line) => typeof line === 'string')
      ? undefined
      : 'its details are no lines',
  // What has to be known comes first: the answer is typed behind the last line.
  lines: ({ text, details = [] }) => [...details, `${text}?`],
  read(typed) {
    const word = typed.trim().toLowerCase()
    if (['yes', 'y'].includes(word)) return { answer: true }
    return ['no', 'n'].includes(word) ? { answer: false } : { complaint: 'answer yes or no' }
  },
}
