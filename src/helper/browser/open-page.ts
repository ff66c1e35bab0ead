import { spawn } from 'node:child_process'
import { errorCode } from '../../core/errors.ts'
import type { Environment } from '../../core/places/environment.ts'
import { isSet } from '../../core/places/environment.ts'
import { HelperError } from '../fast/failure.ts'

/** How a page is opened. */
export interface OpenPageOptions {
  environment: Environment
  platform: NodeJS.Platform
  /** What to run where no page can be opened. */
  instead: string
}

/** A browser that was not running before stays: it is taken to have started when it has not failed in this time, in ms. */
const startMs = 3_000

/** The program through which the desktop opens pages. */
export function desktopCommand(url: string, platform: NodeJS.Platform): readonly string[] {
  return [platform === 'darwin' ? 'open' : 'xdg-open', url]
}

/**
 * Fails where no page could be seen here, before anything is made for one.
 * @throws {HelperError} REFUSED
 */
export function checkDisplay({ environment, platform, instead }: OpenPageOptions): void {
  // BROWSER is how remote editors lead pages to the machine in front of the person.
  const hasDisplay = ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER'].some((name) => isSet(environment[name]))
  if (platform === 'darwin' || hasDisplay) return
  throw new HelperError('REFUSED', 'there is no display to open a browser on', { hint: instead })
}

/**
 * Opens a page with the first of the commands whose program there is.
 * @throws {HelperError} PROGRAM_MISSING, PROGRAM_NOT_RUN
 */
export async function openPage(commands: readonly (readonly string[])[], options: OpenPageOptions): Promise<void> {
  for (const command of commands) if (await isOpened(command, options)) return
  const names = commands.map(([program]) => program).join(', ')
  throw new HelperError('PROGRAM_MISSING', `there is no program to open a page with: ${names}`, {
    hint: options.instead,
  })
}

/** @returns false if there is no such program */
function isOpened([program = '', ...args]: readonly string[], options: OpenPageOptions): Promise<boolean> {
  const { environment, instead } = options
  return new Promise((resolve, reject) => {
    const failed = (reason: string, cause?: unknown) =>
      reject(new HelperError('PROGRAM_NOT_RUN', `${program} cannot open the page: ${reason}`, { cause, hint: instead }))
    // A group of its own: Ctrl-C in this terminal is not for the browser.
    const child = spawn(program, args, { env: environment, stdio: 'ignore', detached: true })
    const timer = setTimeout(() => {
      child.unref()
      resolve(true)
    }, startMs)
    child.on('error', (cause) => {
      clearTimeout(timer)
      if (errorCode(cause) === 'ENOENT') resolve(false)
      else failed(cause.message, cause)
    })
    child.on('exit', (status, signal) => {
      clearTimeout(timer)
      if (status === 0) resolve(true)
      else failed(signal === null ? `it ended with status ${status}` : `it was ended by ${signal}`)
    })
  })
}
