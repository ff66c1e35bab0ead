import { Secret } from '../../core/secret.ts'
import { type PromptKind, typedLine } from './kind.ts'

/** A password, or any other secret that lasts: exactly as it is typed, for it may begin or end with a blank. */
export const password: PromptKind<object, Secret<string>> = {
  ...typedLine,
  isEchoed: false,
  label: 'Password',
  read: (typed) => (typed === '' ? { complaint: 'nothing was typed (Ctrl-C cancels)' } : { answer: new Secret(typed) }),
}
