import { randomUUID } from 'node:crypto'
import { describeError } from '../core/errors.ts'
import { appendLine } from '../core/files/append-file.ts'
import type { Logger } from '../core/log.ts'
import { type Environment, withoutSecrets } from '../core/places/environment.ts'
import { expandHome } from '../core/places/paths.ts'
import type { Clock } from '../core/time/clock.ts'
import { formatUtc } from '../core/time/utc-time.ts'
import { findTrustedProgram } from '../core/trust/program-trust.ts'
import type { PromptStatus } from '../ipc/endpoints/status.ts'
import { createPrompts, type PromptBroker } from '../prompts/broker.ts'
import { type FoundPrograms, findPrograms } from '../prompts/programs/programs.ts'
import { createPromptProgram } from '../prompts/prompt-program.ts'
import type { PromptSettings } from './config/config.ts'

/** What asking a person needs. */
export interface ConfiguredPromptsDeps {
  /** `[prompt]` as it is in effect now. */
  settings: () => PromptSettings
  /** The daemon's. */
  environment: Environment
  platform: NodeJS.Platform
  home: string
  clock: Clock
  log: Logger
  /** Closes the dialogs. */
  stopping: AbortSignal
}

/** The broker of questions, and whom it can ask. */
export interface ConfiguredPrompts {
  prompts: PromptBroker
  status(): PromptStatus
}

/** The broker with the programs and the log of `[prompt]`. Programs are looked for when they are needed. */
export function createConfiguredPrompts(deps: ConfiguredPromptsDeps): ConfiguredPrompts {
  const { settings, environment, platform, home, clock, log, stopping } = deps
  const inHome = (path: string | undefined) => (path === undefined ? undefined : expandHome(path, home))
  const find = (name: string) => findTrustedProgram(name, environment.PATH)
  const programs = (): FoundPrograms =>
    findPrograms(expandHome(settings().program ?? 'auto', home), { environment, platform, find })
  const prompts = createPrompts({
    clock,
    newId: randomUUID,
    get program() {
      const found = programs()
      if ('whyNone' in found) return undefined
      return createPromptProgram(found.found, { clock, environment: withoutSecrets(environment), stopping })
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
  return {
    prompts,
    status() {
      const found = programs()
      const { terminal } = settings()
      if ('whyNone' in found) return { terminal, programs: [], whyNoProgram: found.whyNone }
      return { terminal, programs: found.found.map(({ path }) => path) }
    },
  }
}
