import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import type { ReadStream } from 'node:tty'
import { errorCode } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { HelperError } from '../fast/failure.ts'
import type { LineOptions } from './ask-lent-prompt.ts'
import { createLineEditor } from './line-editor.ts'
import { terminalPath } from './terminal.ts'

/** Read at once, in bytes. */
const maxDropped = 4096

/** The signals that must find the terminal as it was. SIGINT cancels; the others end the process. */
const endingSignals = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Asks for one line on the terminal itself, whatever stdin and stdout are.
 * The terminal is restored on every way out, signals included.
 * @returns the text as it was typed; undefined when the person cancelled (Ctrl-C, Ctrl-D)
 * @throws {HelperError} PERSON_NEEDED: there is no terminal; the reason of `signal`
 */
export async function readTerminalLine(prompt: string, options: LineOptions): Promise<Secret<string> | undefined> {
  const { ReadStream } = await import('node:tty')
  const output = openTerminal('w')
  const terminal = new ReadStream(openTerminal('r+'))
  const showKeys = () => terminal.isRaw && terminal.setRawMode(false)
  const ends: (() => void)[] = [showKeys]
  try {
    const line = await new Promise<Secret<string> | undefined>((resolve, reject) => {
      // First, because a signal may come as soon as something has been changed.
      ends.push(watchSignals({ onCancel: () => resolve(undefined), restore: showKeys }))
      ends.push(watchAbort(options.signal, reject))
      if (options.dropsTypeAhead === true) dropTyped(terminal)
      if (!options.echo) terminal.setRawMode(true)
      writeSync(output, prompt)
      readKeys(terminal, resolve)
    })
    if (!options.echo || line === undefined) writeSync(output, '\n')
    return line
  } finally {
    for (const end of ends.reverse()) end()
    terminal.destroy()
    closeSync(output)
  }
}

/** A terminal that edits lines gives out what was typed of one only when it does so no more (termios(3), ICANON). */
function dropTyped(terminal: ReadStream): void {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants
  const input = openSync(terminalPath, O_RDONLY | O_NONBLOCK | O_NOCTTY)
  terminal.setRawMode(true)
  try {
    while (readSync(input, Buffer.alloc(maxDropped)) > 0);
  } catch (error) {
    if (errorCode(error) !== 'EAGAIN') throw error
  } finally {
    terminal.setRawMode(false)
    closeSync(input)
  }
}

/** Shows a text on the terminal itself, whatever stdout and stderr are. @throws {HelperError} PERSON_NEEDED */
export function showOnTerminal(text: string): void {
  const output = openTerminal('w')
  writeSync(output, text)
  closeSync(output)
}

/** Opens the terminal of this process. @throws {HelperError} PERSON_NEEDED */
export function openTerminal(flags: 'w' | 'r+'): number {
  try {
    return openSync(terminalPath, flags)
  } catch (cause) {
    throw new HelperError('PERSON_NEEDED', 'there is no terminal to ask on', { cause, hint: 'run it in a terminal' })
  }
}

/** @returns stops watching */
function watchSignals({ onCancel, restore }: { onCancel: () => void; restore: () => void }): () => void {
  const endBySignal = (name: NodeJS.Signals) => {
    restore()
    stop()
    // Without our handler the signal now does what it always does.
    process.kill(process.pid, name)
  }
  const stop = () => {
    process.off('SIGINT', onCancel).off('exit', restore)
    for (const name of endingSignals) process.off(name, endBySignal)
  }
  process.on('SIGINT', onCancel).on('exit', restore)
  for (const name of endingSignals) process.on(name, endBySignal)
  return stop
}

/** @returns stops watching */
function watchAbort(signal: AbortSignal | undefined, onAbort: (reason: Error) => void): () => void {
  const abort = () => onAbort(signal?.reason as Error)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort)
  return () => signal?.removeEventListener('abort', abort)
}

function readKeys(terminal: ReadStream, resolve: (line: Secret<string> | undefined) => void): void {
  const edit = createLineEditor()
  terminal.setEncoding('utf8')
  terminal.on('data', (keys: string) => {
    const edited = edit(keys)
    switch (edited.type) {
      case 'more':
        return
      case 'line':
        return resolve(new Secret(edited.text))
      case 'cancelled':
        return resolve(undefined)
    }
  })
  // Ctrl-D, or the terminal has gone.
  terminal.on('end', () => resolve(undefined)).on('error', () => resolve(undefined))
}
