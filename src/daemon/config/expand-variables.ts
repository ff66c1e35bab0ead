import { type Environment, isSecretVariable, isSet } from '../../core/places/environment.ts'
import { type Mistake, maxDepth } from './schema-mistakes.ts'

/** A document in which variables have been replaced by their values, and those that could not be. */
export interface ExpandedDocument {
  document: unknown
  mistakes: readonly Mistake[]
}

/** The sections whose texts may hold variables, so that one file serves a whole team. */
const expandedSections = ['vault', 'ssh']
/** Keys that say what is run, here or on a server: no variable may decide that. */
const isProgramKey = (key: string) => /(^|[_-])(command|program|process)$/.test(key)

/**
 * Replaces `${NAME}` in the texts of `[vault.…]` and `[ssh.…]` by the value of that variable; `$${` stands for `${`. Names
 * of sections and keys are never replaced, nor is anything that says which program is run.
 */
export function expandVariables(document: unknown, environment: Environment): ExpandedDocument {
  const mistakes: Mistake[] = []
  const expand = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === 'string') {
      const { text, reason } = expandText(value, environment)
      if (reason !== undefined) mistakes.push({ path, reason })
      return text
    }
    // What is nested more deeply is a mistake, and could be too deep for the stack.
    if (path.length > maxDepth) return value
    if (Array.isArray(value)) return value.map((item, at) => expand(item, [...path, String(at)]))
    if (!isTable(value)) return value
    const entries = Object.entries(value)
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, isProgramKey(key) ? inner : expand(inner, [...path, key])]),
    )
  }
  if (!isTable(document)) return { document, mistakes }
  const entries = Object.entries(document).map(([key, value]) => [
    key,
    expandedSections.includes(key) ? expand(value, [key]) : value,
  ])
  return { document: Object.fromEntries(entries), mistakes }
}

/** Dates of TOML are objects, too. */
const isTable = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** @returns why, where a variable cannot be replaced; the text is then as it was written */
function expandText(written: string, environment: Environment): { text: string; reason?: string | undefined } {
  const reasons: string[] = []
  const text = written.replace(/\$?\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g, (found, name: string | undefined) => {
    if (found.startsWith('$$')) return found.slice(1)
    const value = name === undefined ? undefined : environment[name]
    const reason = whyNot(name, value)
    if (reason !== undefined) reasons.push(reason)
    return value ?? found
  })
  return reasons.length === 0 ? { text } : { text: written, reason: reasons[0] }
}

function whyNot(name: string | undefined, value: string | undefined): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what is written in the file
  if (name === undefined) return 'after ${ comes the name of a variable, then }; write $${ for a ${ that is meant so'
  if (isSecretVariable(name)) return `${name} holds a secret, and nothing in this file does`
  return isSet(value) ? undefined : `the variable ${name} is not set for the daemon`
}
