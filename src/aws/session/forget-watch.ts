import { AwsError } from '../aws-error.ts'

/**
 * Lets what is under way check whether it is still wanted. What was begun with a key or a session that has been
 * forgotten since is neither kept nor served.
 */
export interface ForgetWatch {
  /** @param source absent: all of them */
  note(source?: string): void
  /** @returns a check that throws once the source has been forgotten: {AwsError} AWS_FORGOTTEN */
  watch(source: string): () => void
}

/** Counts what was forgotten, so that a watch can see whether the count has grown. */
export function createForgetWatch(): ForgetWatch {
  let all = 0
  const bySource = new Map<string, number>()
  const countOf = (source: string) => all + (bySource.get(source) ?? 0)
  return {
    note(source) {
      if (source === undefined) all += 1
      else bySource.set(source, (bySource.get(source) ?? 0) + 1)
    },
    watch(source) {
      const before = countOf(source)
      return () => {
        if (countOf(source) !== before) throw forgottenMeanwhile(source)
      }
    },
  }
}

/** The outcome of what was under way for a source when it was forgotten. */
export function forgottenMeanwhile(source: string): AwsError {
  const message = `${source} was forgotten, or its key was changed, while its credentials were on their way`
  return new AwsError('AWS_FORGOTTEN', message, { hint: 'run the command again' })
}
