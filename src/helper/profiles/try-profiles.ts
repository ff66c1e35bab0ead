import { CodedError } from '../../core/errors.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { createOutageWatch } from '../outage-watch.ts'

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
  const waiting = names.map((name, at) => ({ name, at, tries: 0 }))
  const tried: TriedProfile[] = []
  const isOutage = createOutageWatch()
  let failure: CodedError | undefined

  const giveUp = (reason: CodedError) => {
    failure ??= reason
    waiting.length = 0
  }
  const attempt = async ({ name, at, tries }: (typeof waiting)[number]) => {
    const { error } = await context.daemon.call('tryProfile', { body: { profile: name } })
    const isOver = isOutage(error?.code)
    if (error === undefined) {
      tried[at] = { name }
      return
    }
    // The daemon's words begin with the name, which is told beside them.
    const reason = error.message.replace(`profile ${name}: `, '')
    if (isOver) giveUp(new HelperError('REFUSED', reason, { hint: error.hint }))
    else if (passing.has(error.code) && tries < pausesMs.length) {
      await context.pause(pausesMs[tries]!)
      if (failure === undefined) waiting.unshift({ name, at, tries: tries + 1 })
    } else tried[at] = { name, reason }
  }
  const work = async (most: number) => {
    for (let done = 0; done < most; done += 1) {
      const next = waiting.shift()
      if (next === undefined) return
      await attempt(next).catch((error: unknown) => {
        if (!(error instanceof CodedError)) throw error
        giveUp(error)
      })
    }
  }
  await work(1)
  await Promise.all(Array.from({ length: atOnce }, () => work(Number.POSITIVE_INFINITY)))
  return {
    tried: tried.filter((each) => each !== undefined),
    untried: names.filter((_, at) => tried[at] === undefined),
    ...(failure === undefined ? {} : { failure }),
  }
}
