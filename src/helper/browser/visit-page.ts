import { describeError } from '../../core/errors.ts'
import { type Environment, isSet } from '../../core/places/environment.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { desktopCommand, hasDisplay, openPage } from './open-page.ts'

/** What a page is opened with. */
export interface VisitPageOptions {
  environment: Environment
  platform: NodeJS.Platform
  show(text: string): void
  pause(ms: number): Promise<void>
}

/**
 * Whether a browser that is opened here is in front of the person: not behind ssh, where it would be on the other machine,
 * or come over X11. BROWSER is how remote editors lead pages to the person.
 */
export function isInFront(environment: Environment, platform: NodeJS.Platform): boolean {
  const isRemote = ['SSH_CONNECTION', 'SSH_TTY', 'SSH_CLIENT'].some((name) => isSet(environment[name]))
  return isSet(environment.BROWSER) || (!isRemote && hasDisplay(environment, platform))
}

/** Opens pages in the browser that is in front of the person; undefined where there is none. */
export function createVisitPage(options: VisitPageOptions) {
  const { environment, platform, show, pause } = options
  if (!isInFront(environment, platform)) return undefined
  return (page: string, closed: AbortSignal): void => {
    show('a browser is opened; where none shows, visit the page yourself\n')
    const isVisited = async () => closed.aborted
    openPage([desktopCommand(page, platform)], {
      environment,
      instead: 'visit the page yourself',
      isVisited,
      pause,
    }).catch((error: unknown) => show(`\n${displayLine(describeError(error))}: visit the page yourself\n`))
  }
}
