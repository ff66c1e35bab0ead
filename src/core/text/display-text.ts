/**
 * What no text from another program may put on a terminal or into a log: control characters, which are commands to a
 * terminal in both their ranges (ECMA-48, C0 and C1); format characters, which can reverse the order of what is shown
 * (Unicode UAX #9); line breaks; lone surrogates.
 */
// Compiled when it is used: it takes Node a quarter of a millisecond, and `aws credentials` mostly does not need it.
const unsafe = () => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Nobody reads more than this on one line, and some SDKs put the line into a message of their own. */
const maxLineLength = 1000

/** A text as one line that is safe to show: unsafe characters become blanks, and the line is cut at `maxLength`. */
export function displayLine(text: string, maxLength = maxLineLength): string {
  const line = text
    .replace(unsafe(), ' ')
    .replace(/\p{Zs}+/gu, ' ')
    .trim()
  return cutText(line, maxLength)
}

/** The beginning of a text that is longer, not in the middle of a surrogate pair. */
export function cutText(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '')}…` : text
}

/** A text of several lines, such as the output of a command: line breaks and tabs stay. */
export function displayLines(text: string): string {
  return text.replace(unsafe(), (char) => (char === '\n' || char === '\t' ? char : ' '))
}

/** JSON that is safe on a terminal: unsafe characters are escaped even where JSON does not require it. */
export function displayJson(value: unknown, indent?: number): string {
  // The line breaks of the layout stay: JSON escapes those in a text.
  return JSON.stringify(value, undefined, indent).replace(unsafe(), (char) => (char === '\n' ? char : escaped(char)))
}

/** A character as a JSON escape: one beyond the basic plane is two units. */
function escaped(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

/** A longer text is usually a page from something that answers in the server's place. */
const maxForeignLength = 300

/** A server's text, for use in a message of ours: one line, without the secrets that were sent to the server. */
export function foreignText(text: string, secrets: readonly string[]): string {
  return displayLine(
    secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '[redacted]')), text),
    maxForeignLength,
  )
}

/** Whether it is a non-empty string of printable ASCII without blanks, as tokens and AWS credentials are. */
export function isPrintable(text: unknown): text is string {
  return typeof text === 'string' && /^[!-~]+$/.test(text)
}
