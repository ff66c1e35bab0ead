import { Secret } from '../../core/secret.ts'
import { type PromptKind, typedLine } from './kind.ts'

/** A one-time code of six digits. It can be used only once, so it may be seen: other AWS tools show it too. */
export const code: PromptKind<object, Secret<string>> = {
  ...typedLine,
  isEchoed: true,
  label: 'Code',
  read(typed) {
    // Authenticator apps show `123 456`.
    const digits = typed.replace(/\s/g, '')
    return /^\d{6}$/.test(digits) ? { answer: new Secret(digits) } : { complaint: 'a code is 6 digits' }
  },
}
