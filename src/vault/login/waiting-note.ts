import { shellWord } from '../../core/text/shell-word.ts'
import { type LoginContext, loginTopic } from './login-method.ts'

/** What a person is told to do elsewhere while the server waits for it. */
export interface WaitingNote {
  /** Shows this in the place of what was shown before; again only where nobody could be shown it. */
  show(text: string): void
  end(): void
}

/** Nothing is shown yet. @param signal nothing is shown from then on */
export function createWaitingNote(
  { client, prompts }: Pick<LoginContext, 'client' | 'prompts'>,
  signal: AbortSignal | undefined,
): WaitingNote {
  let shown: { text: string; ended: AbortController } | undefined

  const end = () => {
    shown?.ended.abort()
    shown = undefined
  }

  return {
    show(text) {
      if (shown?.text === text || signal?.aborted === true) return
      end()
      const own = { text, ended: new AbortController() }
      shown = own
      const remedy = `latchkey login ${shellWord(client.name)}`
      const note = { topic: loginTopic(client.name), kind: 'note', text, follows: true, remedy } as const
      // Where it cannot be shown, the login goes on all the same: the phone shows it too.
      const over = signal === undefined ? own.ended.signal : AbortSignal.any([own.ended.signal, signal])
      prompts.ask(note, over).catch(() => {
        if (shown === own) shown = undefined
      })
    },
    end,
  }
}
