import type { DialogForm } from '../kinds/kind.ts'
import { kindOf, numberedOptions, type Question, questionLines } from '../kinds.ts'
import { type AssuanReply, createAssuanReader, escapeAssuan } from './assuan.ts'
import { type DialogProgram, declined, failed, type Said, typed } from './dialog.ts'

/** GPG_ERR_… of libgpg-error. */
const errors = { canceled: 99, notConfirmed: 114, fullyCanceled: 198 } as const

/** The daemon closes a dialog that nobody answers; pinentry would do it after a minute. */
const noTimeout = 'SETTIMEOUT 0'

/**
 * A pinentry of GnuPG, of any flavour that has a window, in a dialogue of commands and replies ("pinentry's Assuan
 * Protocol" in its manual). It is given no key, so that it neither finds an answer in a password store nor keeps one there.
 */
export const pinentry: DialogProgram = {
  name: 'pinentry',
  open(question) {
    const readLine = createAssuanReader()
    const talk = talkAbout(question)
    let isGreeted = false
    let said: Said = failed('it ended without an answer')
    return {
      args: [],
      explains: false,
      onLine(line) {
        const reply = readLine(line)
        if (reply === undefined) return undefined
        const next = isGreeted ? talk.next(reply) : talk.next()
        isGreeted = true
        if (next.done !== true) return { write: `${next.value}\n` }
        said = next.value
        return 'enough'
      },
      said: () => said,
    }
  },
}

/** Yields commands, gets the replies, and returns what the person has said. */
function* talkAbout(question: Question): Generator<string, Said, AssuanReply> {
  const flavor = yield 'GETINFO flavor'
  // One that has found no display falls back to a terminal: `gtk2:curses`.
  if (flavor.isOk && /\b(curses|tty)$/.test(flavor.data)) return failed('it asks on a terminal only')
  const { form } = kindOf(question)
  for (const command of preparations(question, form)) {
    const reply = yield command
    if (!reply.isOk) return failed(reply.text)
  }
  switch (form) {
    case 'text':
    case 'list': {
      const reply = yield 'GETPIN'
      return reply.isOk ? typed(reply.data) : refusal(reply)
    }
    case 'confirm': {
      const reply = yield 'CONFIRM'
      if (reply.isOk) return typed('yes')
      return reply.code === errors.notConfirmed ? typed('no') : refusal(reply)
    }
    case 'shown': {
      const reply = yield 'CONFIRM --one-button'
      const said = reply.isOk ? undefined : refusal(reply)
      return said?.type === 'failed' ? said : typed('')
    }
  }
}

function preparations(question: Question, form: DialogForm): string[] {
  const { label } = kindOf(question)
  const text = [...questionLines(question), ...numberedOptions(question)].join('\n')
  const isTyped = form === 'text' || form === 'list'
  return [
    noTimeout,
    'SETTITLE latchkey',
    `SETDESC ${escapeAssuan(text)}`,
    ...(isTyped ? [`SETPROMPT ${label}:`] : []),
    ...(form === 'confirm' ? ['SETOK Yes', 'SETNOTOK No'] : []),
  ]
}

function refusal({ code, text }: AssuanReply & { isOk: false }): Said {
  return code === errors.canceled || code === errors.fullyCanceled ? declined : failed(text)
}
