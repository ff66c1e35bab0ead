/** Names that every object of JavaScript has: records leave them out, and some parsers of TOML refuse them. */
const ownNames: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor'])

/** Whether a key of config.toml could be lost on the way. */
export function isImpossibleKey(key: string): boolean {
  return ownNames.has(key)
}

/**
 * Why config.toml can have no `[section.NAME]`, or undefined where it can: names are shown in tables and in commands to type.
 * What is said follows the name.
 */
export function sectionNameMistake(name: string): string | undefined {
  if (!/^\P{Cc}+$/u.test(name)) return 'is empty, or holds control characters'
  if (name.startsWith('-')) return 'begins with a hyphen, as an option of a command does'
  return isImpossibleKey(name) ? 'is a name that is not allowed' : undefined
}

/** The header of a section of config.toml, such as `[aws.profile."a b"]`. @param path its keys as they are (TOML, "Keys") */
export function sectionHeader(...path: readonly string[]): string {
  return `[${path.map((key) => (/^[\w-]+$/.test(key) ? key : JSON.stringify(key))).join('.')}]`
}
