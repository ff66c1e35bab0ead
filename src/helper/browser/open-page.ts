import { type Environment, isSet } from '../../core/places/environment.ts'
import { HelperError } from '../fast/failure.ts'
import { type BrowserState, startBrowser } from './browser-program.ts'
import { openComplaints } from './complaints.ts'

/** How a page is opened. */
export interface OpenPageOptions {
  environment: Environment
  /** What to run where no page can be opened. */
  instead: string
  /** Whether a browser has come for the page. */
  isVisited(): Promise<boolean>
  pause(ms: number): Promise<void>
  /** Called once, when it takes longer than a person waits without a word. */
  onSlow?: () => void
}

/** A browser that is not running yet takes seconds to come. */
const patienceMs = 10_000
const pauseMs = 100
const slowMs = 2_000

/** The program through which the desktop opens pages. */
export function desktopCommand(url: string, platform: NodeJS.Platform): readonly string[] {
  return [platform === 'darwin' ? 'open' : 'xdg-open', url]
}

/** Whether the desktop could show a page here. BROWSER is how remote editors lead pages to the machine in front of the person. */
export function hasDisplay(environment: Environment, platform: NodeJS.Platform): boolean {
  return platform === 'darwin' || ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER'].some((name) => isSet(environment[name]))
}

/**
 * Opens a page with the first of the commands whose program there is, and waits a while for a browser to come for it.
 * @returns whether one has come
 * @throws {HelperError} PROGRAM_MISSING, PROGRAM_NOT_RUN
 */
export async function openPage(commands: readonly (readonly string[])[], options: OpenPageOptions): Promise<boolean> {
  const complaints = await openComplaints()
  try {
    for (const command of commands) {
      const state = await comeFor(command, complaints?.fd, options)
      if (state === 'visited') return true
      if (state.type === 'running' || state.type === 'done') return false
      if (state.type === 'failed') throw notOpened(command[0]!, state, (await complaints?.last()) ?? '', options)
    }
  } finally {
    await complaints?.close()
  }
  const names = commands.map(([program]) => program).join(', ')
  throw new HelperError('PROGRAM_MISSING', `there is no program to open a page with: ${names}`, {
    hint: options.instead,
  })
}

/** @returns at once when the page is visited or the program is of no use, else its state when patience ends */
async function comeFor(
  command: readonly string[],
  stderr: number | undefined,
  { environment, isVisited, pause, onSlow }: OpenPageOptions,
): Promise<BrowserState | 'visited'> {
  const browser = startBrowser(command, environment, stderr)
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    // One that fails after the visit has done what it was for.
    const state = browser.state()
    if (await isVisited()) return 'visited'
    if (state.type === 'missing' || state.type === 'failed' || waitedMs >= patienceMs) return state
    if (waitedMs === slowMs) onSlow?.()
    await pause(pauseMs)
  }
}

function notOpened(
  program: string,
  { reason, cause }: BrowserState & { type: 'failed' },
  said: string,
  { instead }: OpenPageOptions,
): HelperError {
  const message = `${program} cannot open the page: ${reason}${said === '' ? '' : `; it said: ${said}`}`
  return new HelperError('PROGRAM_NOT_RUN', message, { cause, hint: instead })
}
