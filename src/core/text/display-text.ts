/**
 * What no text of another program may put on a terminal or into a log: control characters, which are commands to a
 * terminal in both their ranges (ECMA-48, C0 and C1); format characters, which turn the order of what is shown around
 * (Unicode UAX #9); line breaks; halves of characters.
 */
// Made when it is used: Node takes a quarter of a millisecond for it, which `aws credentials` mostly does not need.
const unsafe = () => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** More than this on one line is not read by anyone, and some SDKs put it into a message of their own. */
const maxLineLength = 1000

/** A text as one line that only shows what it says: whatever else is in it becomes a blank, and it ends somewhere. */
export function displayLine(text: string, maxLength = maxLineLength): string {
  const line = text
    .replace(unsafe(), ' ')
    .replace(/\p{Zs}+/gu, ' ')
    .trim()
  // Not in the middle of a character of two halves.
  return line.length > maxLength ? `${line.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '')}…` : line
}

/** A text of several lines, such as the output of a command: line breaks and tabs stay. */
export function displayLines(text: string): string {
  return text.replace(unsafe(), (char) => (char === '\n' || char === '\t' ? char : ' '))
}

/** JSON that means the same everywhere and does nothing to a terminal: what JSON may leave as it is is escaped too. */
export function displayJson(value: unknown, indent?: number): string {
  // The line breaks of the layout stay: JSON escapes those in a text.
  return JSON.stringify(value, undefined, indent).replace(unsafe(), (char) => (char === '\n' ? char : escaped(char)))
}

/** A character as JSON spells it: one beyond the basic plane is two units. */
function escaped(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

/** Longer texts of a server are pages of something that answers in its place. */
const maxForeignLength = 300

/** What a server says, as a part of a message of ours: one line, without the secrets that were sent to it. */
export function foreignText(text: string, secrets: readonly string[]): string {
  return displayLine(
    secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '[redacted]')), text),
    maxForeignLength,
  )
}

/** Letters, digits and signs of ASCII without a blank, and at least one: what tokens and AWS's credentials are made of. */
export function isPrintable(text: unknown): text is string {
  return typeof text === 'string' && /^[!-~]+$/.test(text)
}
