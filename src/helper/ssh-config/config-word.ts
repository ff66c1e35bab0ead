import { displayLine } from '../../core/text/display-text.ts'
import { HelperError } from '../fast/failure.ts'

/** Where a word stands in ssh_config, which decides what ssh makes of it. */
export type WordPlace =
  /** It is taken as it is. */
  | 'plain'
  /** A percent sign begins a token (ssh_config(5), TOKENS). */
  | 'tokens'
  /** It may be a pattern of glob(3). */
  | 'glob'

/**
 * A path as one word of ssh_config. Versions of ssh differ in what a backslash or a quote within a word means, `${…}` may be
 * a variable, and nothing ends a line but a line break: such a path is refused.
 * @throws {HelperError} REFUSED
 */
export function configWord(path: string, place: WordPlace): string {
  refuse(path, place === 'glob' ? /["'\\$*?[\p{Cc}]/u : /["'\\$\p{Cc}]/u)
  const word = place === 'tokens' ? path.replaceAll('%', '%%') : path
  return /[\s#=]/.test(word) ? `"${word}"` : word
}

/**
 * A path as a word of the command of `Match exec`, within the quotes around that: whatever shell the user has, it takes what
 * stands between apostrophes as it is.
 * @throws {HelperError} REFUSED
 */
export function execWord(path: string): string {
  refuse(path, /["'\\\p{Cc}]/u)
  const word = path.replaceAll('%', '%%')
  return /^[\w./%+:,@-]+$/.test(word) ? word : `'${word}'`
}

function refuse(path: string, unsafe: RegExp): void {
  if (!unsafe.test(path)) return
  throw new HelperError('REFUSED', `ssh_config cannot name this path in every version of ssh: ${displayLine(path)}`, {
    hint: `choose one without ${displayLine(unsafe.exec(path)![0]) || 'control characters'}: install latchkey elsewhere, or set LATCHKEY_RUNTIME_DIR or XDG_STATE_HOME`,
  })
}
