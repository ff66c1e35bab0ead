import type { RepeatLimit } from './limits/repeats.ts'
import type { Secret } from './secret.ts'
import { displayJson, displayLine } from './text/display-text.ts'

/** How much a line matters; a logger of one level also writes the levels after it. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a log line may carry: flat, and never a secret (a Secret prints as `[redacted]`). */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined | Secret<unknown>>>

/** Writes one line per event. */
export interface Logger {
  /** @param fields a function where it takes time to tell them: it is called only where the line is written */
  debug(message: string, fields?: LogFields | (() => LogFields)): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
/** systemd reads a leading `<N>` as the syslog priority (sd-daemon(3)). */
const syslogPriority: Readonly<Record<LogLevel, string>> = { debug: '<7>', info: '<6>', warn: '<4>', error: '<3>' }

/** Which lines are written, and where. */
export interface LoggerOptions {
  /** Receives one line with its newline. */
  write(line: string): void
  /** Lines below this level are dropped. */
  level: LogLevel
  /** Put the journal's priority before each line. */
  journal?: boolean
  /** Decides which lines with the same message and code are left out; none when absent. */
  repeats?: RepeatLimit
}

/**
 * A logger of `message key=value` lines. Values are quoted when they hold blanks, quotes or control characters.
 * Messages are fixed texts, and what varies is in the fields: lines with the same message and `code` count as repeats.
 */
export function createLogger({ write, level, journal = false, repeats }: LoggerOptions): Logger {
  const threshold = levels.indexOf(level)
  const at = (lineLevel: LogLevel) => {
    if (levels.indexOf(lineLevel) < threshold) return () => {}
    const prefix = journal ? syslogPriority[lineLevel] : `${lineLevel}: `
    const put = (message: string, fields: LogFields) =>
      write(`${prefix}${displayLine(message)}${formatFields(fields)}\n`)
    return (message: string, details: LogFields | (() => LogFields) = {}) => {
      const fields = typeof details === 'function' ? details() : details
      const { code } = fields
      const report = (repeated: number) => put(message, { code, repeated })
      if (repeats?.admits(`${lineLevel} ${message} ${String(code)}`, report) !== false) put(message, fields)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${formatValue(String(value))}`)
    .join('')
}

// Quoting keeps a line break in a remote's text from forging a log line, and control characters from reaching a terminal.
function formatValue(text: string): string {
  return /^[\w.:/@+=,*()[\]-]+$/.test(text) ? text : displayJson(text)
}

/** A logger that drops everything. */
export const silentLogger: Logger = createLogger({ write: () => {}, level: 'error' })
