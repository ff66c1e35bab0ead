import { type PromptKind, typedLine } from './kind.ts'

/** The options, in the order in which they are shown. */
export interface ChoiceFields {
  options: readonly string[]
}

/** Nobody can choose from more than fits on a screen. */
const maxOptions = 50

/** One of several, by its number or its name; the answer is the name. */
export const choice: PromptKind<ChoiceFields, string> = {
  ...typedLine,
  isEchoed: true,
  suffix: '\nnumber: ',
  form: 'list',
  label: 'Number',
  fault({ options }) {
    if (!Array.isArray(options) || options.length === 0) return 'there is nothing to choose from'
    if (options.length > maxOptions) return `there are more than ${maxOptions} options`
    const isNamed = options.every((option) => typeof option === 'string' && option !== '')
    return isNamed ? undefined : 'an option has no name'
  },
  lines: ({ text }) => [`${text}:`],
  options: ({ options }) => options,
  read(typed, { options }) {
    const word = typed.trim()
    const chosen =
      options.find((option) => option === word) ?? (/^\d+$/.test(word) ? options[Number(word) - 1] : undefined)
    return chosen === undefined ? { complaint: `choose from 1 to ${options.length}` } : { answer: chosen }
  },
}
