import { readFileSync } from 'node:fs'
import { readExchanges } from './vault-exchanges.ts'

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

/** The recorded refusal of circumstance of this name; see test/vectors/vault-exchanges/README.md. */
export function refusal(name: string): { status: number; json: { errors: string[] } } {
  const found = readExchanges('peers/refusals').find((exchange) => exchange.name === name)
  if (found === undefined) throw new Error(`nothing was recorded as ${name}`)
  return { status: found.response.status, json: found.response.json as { errors: string[] } }
}
