import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AskPerson } from '../../src/agent/connection/confirmation.ts'
import { createSystemClock } from '../../src/core/time/clock.ts'
import { createConfirmations } from '../../src/daemon/running/confirmations.ts'
import { createPrompts } from '../../src/prompts/broker.ts'
import { askpass } from '../../src/prompts/programs/askpass.ts'
import { createPromptProgram } from '../../src/prompts/prompt-program.ts'

/** An askpass program that says what it was told to, for any agent. */
export interface AskpassPerson {
  /** What the agent's environment needs. */
  env: Readonly<Record<string, string>>
  /** From now on; at first no. */
  says(answer: 'yes' | 'no'): void
  /** Asks it as the daemon does. */
  ask: AskPerson
}

/** @param folder for the program, its answer, and the texts that it was shown */
export function askpassPerson(folder: string): AskpassPerson {
  const path = join(folder, 'askpass')
  const answer = join(folder, 'answer')
  writeFileSync(path, `#!/bin/sh\ntest "$SSH_ASKPASS_PROMPT" = confirm && test "$(cat ${answer})" = yes\n`, {
    mode: 0o700,
  })
  writeFileSync(answer, 'no')
  const clock = createSystemClock(() => performance.now() / 1000)
  const program = createPromptProgram([{ program: askpass, path }], { clock, environment: process.env })
  const prompts = createPrompts({ clock, program, newId: () => 'id' })
  return {
    env: { SSH_ASKPASS: path, SSH_ASKPASS_REQUIRE: 'force' },
    says: (said) => writeFileSync(answer, said),
    ask: createConfirmations({ prompts, clock }).ask,
  }
}
