import type { Plugin } from '../../../../src/dev/vault/backend.ts'
import { invalidRequest } from '../../../../src/dev/vault/errors.ts'

/** Refuses bodies that are not JSON, in the words of Go. */
export const jsonWords: Plugin = () => ({
  intercept({ body, text }) {
    const reason = body === undefined ? whatIsWrongWith(text) : undefined
    if (reason !== undefined) throw invalidRequest(`failed to decode JSON input: ${reason}`)
    return undefined
  },
})

/** The character at which Go would stop, where V8's message shows it. Undefined for JSON. */
function whatIsWrongWith(json: string): string | undefined {
  try {
    JSON.parse(json)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const [, position] = /at position (\d+)/.exec(message) ?? []
    const [, token] = /^Unexpected token '?(.)/u.exec(message) ?? []
    const character = position === undefined ? token : json[Number(position)]
    return character === undefined ? 'unexpected EOF' : `invalid character '${character}'`
  }
}
