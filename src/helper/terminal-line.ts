import { closeSync, openSync, writeSync } from 'node:fs'
import type { ReadStream } from 'node:tty'
import { Secret } from '../core/secret.ts'
import { HelperError } from './failure.ts'
import { createLineEditor } from './line-editor.ts'
import { terminalPath } from './terminal.ts'

/** The signals that must find the terminal as it was. SIGINT cancels; the others end the process. */
const endingSignals = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Asks for one line on the terminal itself, whatever stdin and stdout are.
 * @param options.echo false for passwords; the terminal is given back as it was on every way out, signals too
 * @param options.signal gives up
 * @returns the text without blanks around it; undefined when the person cancelled (Ctrl-C, Ctrl-D)
 */
export async function readTerminalLine(
  prompt: string,
  options: { echo: boolean; signal?: AbortSignal | undefined },
): Promise<Secret<string> | undefined> {
  const { ReadStream } = await import('node:tty')
  const output = openTerminal('w')
  const terminal = new ReadStream(openTerminal('r+'))
  try {
    // Raw mode also keeps Ctrl-C from being a signal, so that nothing can come between the mode and its end.
    if (!options.echo) terminal.setRawMode(true)
    writeSync(output, prompt)
    const line = await nextLine(terminal, options.signal)
    if (!options.echo || line === undefined) writeSync(output, '\n')
    return line
  } finally {
    if (!options.echo) terminal.setRawMode(false)
    terminal.destroy()
    closeSync(output)
  }
}

function openTerminal(flags: 'w' | 'r+'): number {
  try {
    return openSync(terminalPath, flags)
  } catch (cause) {
    throw new HelperError('PERSON_NEEDED', 'there is no terminal to ask on', { cause, hint: 'run it in a terminal' })
  }
}

function nextLine(terminal: ReadStream, signal: AbortSignal | undefined): Promise<Secret<string> | undefined> {
  return new Promise((resolve, reject) => {
    const edit = createLineEditor()
    const restore = () => terminal.isRaw && terminal.setRawMode(false)
    const settle = (then: () => void) => {
      process.off('SIGINT', cancel).off('exit', restore)
      for (const name of endingSignals) process.off(name, endBySignal)
      signal?.removeEventListener('abort', giveUp)
      then()
    }
    const cancel = () => settle(() => resolve(undefined))
    const giveUp = () => settle(() => reject(signal!.reason as Error))
    const endBySignal = (name: NodeJS.Signals) =>
      settle(() => {
        restore()
        // Without our handler the signal now does what it always does.
        process.kill(process.pid, name)
      })
    process.on('SIGINT', cancel).on('exit', restore)
    for (const name of endingSignals) process.on(name, endBySignal)
    if (signal?.aborted) return giveUp()
    signal?.addEventListener('abort', giveUp)
    terminal.setEncoding('utf8')
    terminal.on('data', (keys: string) => {
      const edited = edit(keys)
      switch (edited.type) {
        case 'more':
          return
        case 'line':
          return settle(() => resolve(new Secret(edited.text)))
        case 'cancelled':
          return cancel()
      }
    })
    terminal.on('end', cancel)
    terminal.on('error', () => endBySignal('SIGHUP'))
  })
}
