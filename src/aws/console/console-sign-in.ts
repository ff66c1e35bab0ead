import { createSingleFlight, type SingleFlight } from '../../core/calls/single-flight.ts'
import { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { Clock } from '../../core/time/clock.ts'
import { originOf, type PromptCaller } from '../../prompts/prompt.ts'
import { AwsError } from '../aws-error.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { endAtAws, type SessionCredentials } from '../credentials.ts'
import { browserCommands } from './browser-commands.ts'
import { consolePage } from './console-page.ts'
import { planSignIn, type SignInPlan } from './console-plan.ts'
import type { Federation } from './federation.ts'
import { type OneShotLinks, oneShotMs } from './one-shot-links.ts'

/** What a person wants to see. */
export interface ConsoleRequest {
  profile: string
  /** A service, a path or an address; absent: the home page. */
  page?: string | undefined
  /** How long the console lasts, in seconds; absent: as long as the credentials of the role. */
  seconds?: number | undefined
  /** Ends what the browser is signed in to. */
  logsOut: boolean
  /** The sign-in link itself, for another machine; else an address on this one that leads to it once. */
  isPrinted: boolean
  /** Whether the desktop could show a page where the caller is. */
  hasDisplay: boolean
}

/** A sign-in that a browser only has to visit. */
export interface ConsoleVisit {
  url: Secret<string>
  /** By which it is asked whether a browser has come; absent for the sign-in link itself. */
  linkId?: string
  /** Until when `url` is good, in ms since the epoch. */
  urlEndsAtMs: number
  roleArn: string
  /** When the console ends, in ms since the epoch. */
  consoleEndsAtMs: number
  /** It ends with credentials that were held already, whose time is partly over: new ones would take a code. */
  isCutShort: boolean
  /** The commands that open it, the best first; absent: what the desktop uses. */
  browser?: readonly (readonly string[])[]
}

/** Signs roles in to the AWS console. */
export interface ConsoleSignIn {
  /** @throws {AwsError} {PromptError} {KeychainError} as `AwsCredentials.credentials` */
  open(request: ConsoleRequest, caller: PromptCaller): Promise<ConsoleVisit>
  /** Whether a browser has come to an address that was opened. */
  isVisited(linkId: string): boolean
}

/** The ways to the console, and to the browser. */
export interface ConsoleWays {
  federation: Federation
  links: OneShotLinks
  platform: NodeJS.Platform
}

/** What signing in needs. */
export interface ConsoleSignInDeps extends ConsoleWays {
  readAll: () => Promise<{ settings: AwsSettings; shared: SharedConfig }>
  /** Credentials of the role, as new as they can be had without a code from a person. */
  newest: (plan: SignInPlan['plan'], caller: PromptCaller) => Promise<SessionCredentials>
  clock: Clock
}

/** A sign-in link is good for 15 minutes (IAM User Guide, "Enable custom identity broker access to the AWS console"). */
const linkMs = 15 * 60_000

/** So much less than all of the credentials' time is worth a word, in ms. */
const cutShortMs = 10 * 60_000

/** Puts the parts together. */
export function createConsoleSignIn(deps: ConsoleSignInDeps): ConsoleSignIn {
  const { readAll, newest, federation, links, clock, platform } = deps
  const flights = new WeakMap<object, SingleFlight<ConsoleVisit>>()

  const open = async (request: ConsoleRequest, caller: PromptCaller): Promise<ConsoleVisit> => {
    const { profile, page, seconds, logsOut, isPrinted, hasDisplay } = request
    const { settings, shared } = await readAll()
    const { plan, role, partition } = planSignIn(settings, shared, profile, seconds)
    const place = { partition, region: role.region }
    const destination = consolePage(place, page)
    const again = `latchkey aws console ${shellWord(profile)}`
    const own = Object.hasOwn(settings.profiles, profile) ? settings.profiles[profile] : undefined
    const browser = own?.browser ?? settings.browser
    // A command may lead elsewhere, and knows what it needs.
    if (!isPrinted && !hasDisplay && !Array.isArray(browser)) throw noDisplay(again)
    // The console ends with them: what is held may be about to end.
    const credentials = await newest(plan, caller)
    const signIn = { ...place, profile, credentials, durationSeconds: seconds, destination, logsOut }
    const link = await federation.signInLink(signIn)
    const { url, id } = isPrinted ? { url: link.expose() } : await links.create(link, again)
    const nowMs = clock.now()
    const consoleEndsAtMs = seconds === undefined ? endAtAws(credentials) : nowMs + seconds * 1000
    const opened = { url, profile, account: role.accountId, color: own?.color }
    return {
      url: new Secret(url),
      urlEndsAtMs: nowMs + (isPrinted ? linkMs : oneShotMs),
      roleArn: role.roleArn,
      consoleEndsAtMs,
      isCutShort: nowMs + role.durationSeconds * 1000 - consoleEndsAtMs > cutShortMs && seconds === undefined,
      ...(id === undefined ? {} : { linkId: id }),
      ...(browser === undefined || isPrinted ? {} : { browser: browserCommands(browser, opened, platform) }),
    }
  }

  const flightsOf = (caller: PromptCaller) => {
    const origin = originOf(caller)
    const own = flights.get(origin) ?? createSingleFlight()
    flights.set(origin, own)
    return own
  }

  return {
    // A caller who has answered a question asks again while the first call goes on: one sign-in is enough. Of two callers
    // each gets its own, since address and token are good for one visit; the credentials are shared where they are made.
    open: (request, caller) => flightsOf(caller).run(JSON.stringify(request), () => open(request, caller)),
    isVisited: links.isVisited,
  }
}

function noDisplay(again: string): AwsError {
  return new AwsError('AWS_CONSOLE_NOT_OPENED', 'there is no display to open a browser on', {
    hint: `${again} --print`,
  })
}
