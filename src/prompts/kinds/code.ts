import { Secret } from '../../core/secret.ts'
import { type PromptKind, typedLine } from './kind.ts'

/** How long the code may be. */
export interface CodeFields {
  /** Absent: as long as the shortest, which has six digits, as those of AWS's devices all have. */
  maxDigits?: number
}

const minDigits = 6
/** Nothing that a person types from a display is longer. */
const longest = 16

/** A one-time code. It can be used only once, so it may be seen: other AWS tools show it too. */
export const code: PromptKind<CodeFields, Secret<string>> = {
  ...typedLine,
  isEchoed: true,
  label: 'Code',
  fault({ maxDigits = minDigits }) {
    const isLength = typeof maxDigits === 'number' && maxDigits >= minDigits && maxDigits <= longest
    return isLength ? undefined : 'the length of the code is not a number of digits'
  },
  read(typed, { maxDigits = minDigits }) {
    // Authenticator apps show `123 456`.
    const digits = typed.replace(/\s/g, '')
    const isCode = /^\d+$/.test(digits) && digits.length >= minDigits && digits.length <= maxDigits
    if (isCode) return { answer: new Secret(digits) }
    return { complaint: `a code is ${maxDigits === minDigits ? minDigits : `${minDigits} to ${maxDigits}`} digits` }
  },
}
