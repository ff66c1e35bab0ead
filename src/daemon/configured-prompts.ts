import { randomUUID } from 'node:crypto'
import { describeError } from '../core/errors.ts'
import { appendLine } from '../core/files/append-file.ts'
import type { Logger } from '../core/log.ts'
import type { Environment } from '../core/places/environment.ts'
import { expandHome } from '../core/places/paths.ts'
import type { Clock } from '../core/time/clock.ts'
import { formatUtc } from '../core/time/utc-time.ts'
import { createPrompts, type PromptBroker } from '../prompts/broker.ts'
import { createPromptProgram } from '../prompts/prompt-program.ts'
import type { PromptSettings } from './config/config.ts'

/** What asking a person needs. */
export interface ConfiguredPromptsDeps {
  /** `[prompt]` as it is in effect now. */
  settings: () => PromptSettings
  environment: Environment
  home: string
  clock: Clock
  log: Logger
  /** Closes the dialogs. */
  stopping: AbortSignal
}

/** The broker of questions, with the program and the log of `[prompt]`. */
export function createConfiguredPrompts(deps: ConfiguredPromptsDeps): PromptBroker {
  const { settings, environment, home, clock, log, stopping } = deps
  const inHome = (path: string | undefined) => (path === undefined ? undefined : expandHome(path, home))
  return createPrompts({
    clock,
    newId: randomUUID,
    get program() {
      const program = inHome(settings().program)
      return program === undefined ? undefined : createPromptProgram(program, { clock, environment, stopping })
    },
    onAsked({ question, by }) {
      log.info('asked a person', { kind: question.kind, by })
      const file = inHome(settings().log)
      if (file === undefined) return
      const line = JSON.stringify({ time: formatUtc(clock.now()), kind: question.kind, by })
      appendLine(file, line).catch((error: unknown) =>
        log.warn('the prompt log cannot be written', { reason: describeError(error) }),
      )
    },
  })
}
