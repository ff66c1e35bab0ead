import type { AwsCall } from './query-protocol.ts'
import { AwsRefusal } from './refusal.ts'

/** What AWS's service model says of a text: its length and the characters it is made of. */
export interface TextRule {
  min: number
  max: number
  /** As AWS shows it in the refusal; it must match the whole text. */
  pattern?: string
}

/** The rule for the name of a role session. */
export const sessionNameRule: TextRule = { min: 2, max: 64, pattern: '[\\w+=,.@-]*' }

/** Reads fields one by one, and says at the end what was wrong with them. */
export interface FieldReader {
  text(name: string, rule: TextRule): string | undefined
  requiredText(name: string, rule: TextRule): string
  integer(name: string, rule: { min: number; max: number }): number | undefined
  /** @throws {AwsRefusal} ValidationError that names everything that was wrong so far */
  check(): void
}

/** Reads a call's fields by the rules of the service model. What a read returns counts only after `check()`. */
export function createFieldReader({ fields }: AwsCall): FieldReader {
  const problems: string[] = []
  const complain = (name: string, value: string, constraint: string) => {
    const field = name.charAt(0).toLowerCase() + name.slice(1)
    problems.push(`Value ${value} at '${field}' failed to satisfy constraint: ${constraint}`)
  }
  const text = (name: string, { min, max, pattern }: TextRule) => {
    const value = fields.get(name)
    if (value === undefined) return undefined
    const shown = `'${value}'`
    if (value.length < min) complain(name, shown, `Member must have length greater than or equal to ${min}`)
    if (value.length > max) complain(name, shown, `Member must have length less than or equal to ${max}`)
    if (pattern !== undefined && !new RegExp(`^${pattern}$`).test(value)) {
      complain(name, shown, `Member must satisfy regular expression pattern: ${pattern}`)
    }
    return value
  }
  return {
    text,
    requiredText(name, rule) {
      const value = text(name, rule)
      if (value === undefined) complain(name, 'null', 'Member must not be null')
      return value ?? ''
    },
    integer(name, { min, max }) {
      const value = fields.get(name)
      if (value === undefined) return undefined
      const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
      const shown = `'${value}'`
      if (Number.isNaN(number)) complain(name, shown, 'Member must be an integer')
      if (number < min) complain(name, shown, `Member must have value greater than or equal to ${min}`)
      if (number > max) complain(name, shown, `Member must have value less than or equal to ${max}`)
      return number
    },
    check() {
      if (problems.length === 0) return
      const count = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`
      throw new AwsRefusal('ValidationError', `${count} detected: ${problems.join('; ')}`)
    },
  }
}
