import { readFileSync } from 'node:fs'

/** One recorded answer; see test/vectors/vault-answers. */
export interface RecordedAnswer {
  topic: string
  name: string
  method: string
  path: string
  body?: Readonly<Record<string, unknown>> | null
  status: number
  json: { errors?: string[]; data?: Readonly<Record<string, unknown>> | null }
  retryAfter?: string
}

const read = (file: string): readonly RecordedAnswer[] => {
  const text = readFileSync(new URL(`../vectors/vault-answers/${file}`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { answers: RecordedAnswer[] }).answers
}

/** Every recorded refusal. */
export const recordedErrors = read('errors.json')
/** Some recorded successes. */
export const recordedSuccesses = read('successes.json')

/** The recorded answer of this topic and name. */
export function recorded(topic: string, name: string): RecordedAnswer {
  const found = [...recordedSuccesses, ...recordedErrors].find(
    (answer) => answer.topic === topic && answer.name === name,
  )
  if (found === undefined) throw new Error(`nothing was recorded as ${topic}: ${name}`)
  return found
}
