import { type PromptKind, typedLine } from './kind.ts'

/**
 * What the person is to do elsewhere while it is waited for, such as touching a security key: it is shown, and nothing is
 * typed. A dialog for it is closed when that is done, as ssh closes the one for a key that is to be touched.
 */
export const note: PromptKind<object, 'seen'> = {
  ...typedLine,
  isTyped: false,
  isEchoed: true,
  suffix: '',
  form: 'shown',
  coolsDown: false,
  read: () => ({ answer: 'seen' }),
}
