import { WriteStream } from 'node:tty'
import { openTerminal, showOnTerminal } from './terminal-line.ts'

/** The terminal of this process as something to be looked at, wherever stdout and stderr go. */
export interface TerminalScreen {
  /** Undefined where the terminal does not say. @throws {HelperError} PERSON_NEEDED: there is no terminal */
  size(): { columns: number; rows: number } | undefined
  /**
   * Shows what neither a file nor a log may have.
   * @param text as it is, commands to the terminal included: none of it may come from elsewhere
   * @throws {HelperError} PERSON_NEEDED
   */
  show(text: string): void
}

/** That of this process. */
export const ownScreen: TerminalScreen = {
  size() {
    const stream = new WriteStream(openTerminal('w'))
    const { columns, rows } = stream
    stream.destroy()
    return columns > 0 && rows > 0 ? { columns, rows } : undefined
  },
  show: showOnTerminal,
}
