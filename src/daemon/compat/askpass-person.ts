import { randomUUID } from 'node:crypto'
import type { AskPerson } from '../../agent/connection/confirmation.ts'
import { type Environment, isSet, withoutSecrets } from '../../core/places/environment.ts'
import type { Clock } from '../../core/time/clock.ts'
import { createPrompts } from '../../prompts/broker.ts'
import { askpass } from '../../prompts/programs/askpass.ts'
import { createPromptProgram } from '../../prompts/prompt-program.ts'
import { createConfirmations } from '../running/confirmations.ts'

/** What asking needs. */
export interface AskpassPersonDeps {
  /** The agent's. */
  environment: Environment
  clock: Clock
  /** The file that a name stands for, or a path, where nobody else could have put it there. */
  find(name: string): string | undefined
  /** Closes the dialogs. */
  stopping: AbortSignal
}

/** Asks whether a key may be used as ssh-agent does: by SSH_ASKPASS, or by ssh-askpass, where there is a display. */
export function createAskpassPerson({ environment, clock, find, stopping }: AskpassPersonDeps): AskPerson {
  const prompts = createPrompts({
    clock,
    newId: randomUUID,
    get program() {
      const path = mayAsk(environment) ? find(askpassName(environment)) : undefined
      if (path === undefined) return undefined
      const options = { clock, environment: withoutSecrets(environment), stopping }
      return createPromptProgram([{ program: askpass, path }], options)
    },
  })
  return createConfirmations({ prompts, clock }).ask
}

/** As ssh(1), SSH_ASKPASS_REQUIRE: `prefer` makes no difference where there is no terminal to prefer it to. */
function mayAsk({ DISPLAY, WAYLAND_DISPLAY, SSH_ASKPASS_REQUIRE }: Environment): boolean {
  if (SSH_ASKPASS_REQUIRE === 'never') return false
  return SSH_ASKPASS_REQUIRE === 'force' || isSet(DISPLAY) || isSet(WAYLAND_DISPLAY)
}

const askpassName = ({ SSH_ASKPASS }: Environment): string => (isSet(SSH_ASKPASS) ? SSH_ASKPASS : 'ssh-askpass')
