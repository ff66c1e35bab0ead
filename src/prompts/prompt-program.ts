import type { Environment } from '../core/places/environment.ts'
import { Secret } from '../core/secret.ts'
import type { Clock } from '../core/time/clock.ts'
import type { PromptProgram } from './dialogs.ts'
import { askProgram } from './programs/ask-program.ts'
import type { PlacedProgram } from './programs/programs.ts'
import { PromptError } from './prompt.ts'

/** What prompt programs run with. */
export interface PromptProgramOptions {
  clock: Clock
  /** What the programs get: the display and the locale, and no secret. */
  environment: Environment
  /** Closes the open dialog: nobody waits for its answer any more. */
  stopping?: AbortSignal
}

/** Asks with the first of these programs that can ask. */
export function createPromptProgram(
  programs: readonly PlacedProgram[],
  { clock, environment, stopping }: PromptProgramOptions,
): PromptProgram {
  return async (question, withdrawn) => {
    const ends = stopping === undefined ? [withdrawn] : [stopping, withdrawn]
    const failures: { path: string; reason: string; hint?: string | undefined }[] = []
    for (const placed of programs) {
      const said = await askProgram(placed, question, { clock, environment, ends })
      switch (said.type) {
        case 'typed':
          return new Secret(said.text)
        case 'declined':
          return undefined
        case 'failed':
          failures.push({ path: placed.path, ...said })
      }
    }
    const [first, ...others] = failures
    const message =
      others.length === 0
        ? `the prompt program ${first!.path} could not ask: ${first!.reason}`
        : `no prompt program could ask: ${failures.map(({ path, reason }) => `${path}: ${reason}`).join('; ')}`
    throw new PromptError('PROMPT_UNAVAILABLE', message, {
      hint: (others.length === 0 ? first!.hint : undefined) ?? 'check prompt.program in the configuration',
    })
  }
}
