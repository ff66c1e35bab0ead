import { CodedError } from '../../core/errors.ts'
import type { CommandContext } from '../command-context.ts'

/** What became of a try. */
export interface TriedProfile {
  name: string
  /** Why its credentials cannot be had; undefined: they can. */
  reason?: string
}

/** All that is known of some profiles. */
export interface Trial {
  /** In the order in which they were named. */
  tried: readonly TriedProfile[]
  untried: readonly string[]
  /** Why some were not tried: nothing that AWS said of them. */
  failure?: CodedError
}

/** AWS limits how often roles are assumed: more at once would only be refused. */
const atOnce = 4
/** The pauses after a refusal for being asked too often, or without an answer, in ms. */
const pausesMs = [1_000, 2_000, 4_000, 8_000]
const passing: ReadonlySet<string> = new Set(['AWS_THROTTLED', 'AWS_UNREACHABLE'])

/** Tries profiles, four at a time; the first one alone, so that a person is asked once. */
export async function tryProfiles(names: readonly string[], context: CommandContext): Promise<Trial> {
  const tried: TriedProfile[] = []
  let next = 0
  let failure: CodedError | undefined
  const work = async (end: number) => {
    while (next < end && failure === undefined) {
      const at = next
      next += 1
      try {
        tried[at] = await tryProfile(names[at]!, context)
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        failure ??= error
      }
    }
  }
  await work(Math.min(1, names.length))
  await Promise.all(Array.from({ length: atOnce }, () => work(names.length)))
  return {
    tried: tried.filter((each) => each !== undefined),
    untried: names.filter((_, at) => tried[at] === undefined),
    ...(failure === undefined ? {} : { failure }),
  }
}

async function tryProfile(name: string, context: CommandContext): Promise<TriedProfile> {
  for (let tries = 0; ; tries += 1) {
    const { error } = await context.daemon.call('tryProfile', { body: { profile: name } })
    if (error === undefined) return { name }
    const pauseMs = pausesMs[tries]
    if (!passing.has(error.code) || pauseMs === undefined) {
      // The daemon's words begin with the name, which is told beside them.
      return { name, reason: error.message.replace(`profile ${name}: `, '') }
    }
    await context.pause(pauseMs)
  }
}
