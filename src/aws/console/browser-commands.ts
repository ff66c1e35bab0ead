/** How a page is opened: a command, or one of the ways that keep accounts apart. */
export type BrowserSetting = readonly string[] | 'firefox-containers' | 'chrome-profiles'

/** What a page is opened for. */
export interface BrowserPage {
  url: string
  profile: string
  account: string
  /** Six hexadecimal digits. */
  color: string | undefined
}

const placeholder = /\{(\w+)\}/g
const placeholders = ['url', 'profile', 'account', 'color']

/** What is wrong with what is written as a browser, in words that follow its name; undefined where nothing is. */
export function browserMistake(setting: unknown): string | undefined {
  if (setting === 'firefox-containers' || setting === 'chrome-profiles') return undefined
  if (!Array.isArray(setting) || !setting.every((part) => typeof part === 'string')) {
    return 'neither "firefox-containers" nor "chrome-profiles" nor a command, such as ["firefox", "{url}"]'
  }
  const [program = '', ...args] = setting
  if (program === '') return 'names no program'
  if (placeholders.some((name) => program.includes(`{${name}}`))) return `has ${program} in the place of a program`
  if (setting.some((part) => part.includes('\0'))) return 'has a NUL, which no argument of a program can have'
  if (!args.some((arg) => arg.includes('{url}'))) return 'has no argument with {url}'
  const found = args.flatMap((arg) => [...arg.matchAll(placeholder)])
  const unknown = found.find(([, name]) => !placeholders.includes(name!))
  return unknown === undefined ? undefined : `has ${unknown[0]}, which is none of {url} {profile} {account} {color}`
}

/** The commands that open a page, the best first: one whose program is missing is passed over. */
export function browserCommands(setting: BrowserSetting, page: BrowserPage, platform: NodeJS.Platform): string[][] {
  if (setting === 'firefox-containers') return firefoxContainer(page, platform)
  if (setting === 'chrome-profiles') return chromeProfile(page, platform)
  const values: Record<string, string> = { ...page, color: page.color ?? '' }
  return [setting.map((arg) => arg.replace(placeholder, (whole, name: string) => values[name] ?? whole))]
}

/** The colours of Firefox's containers ("contextualIdentities" of WebExtensions), by their hue in degrees. */
const containerHues: Readonly<Record<string, number>> = {
  red: 11,
  orange: 28,
  yellow: 46,
  green: 96,
  turquoise: 166,
  blue: 205,
  purple: 274,
  pink: 312,
}

/** Of the extension "Granted Containers", which opens an address in a container and makes that where it is missing. */
function firefoxContainer({ url, profile, color }: BrowserPage, platform: NodeJS.Platform): string[][] {
  const fields = { name: profile, url, color: color === undefined ? 'blue' : nearestColor(color), icon: 'fingerprint' }
  // The extension reads blanks as %20 only.
  const query = Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  const address = `ext+granted-containers:${query.join('&')}`
  return platform === 'darwin'
    ? [['open', '-a', 'Firefox', address]]
    : [
        ['firefox', address],
        ['firefox-esr', address],
      ]
}

/** By hue, since the colours of accounts are often pale. Grey has none, and is blue. */
function nearestColor(color: string): string {
  const hue = hueOf(color) ?? containerHues.blue!
  const distance = (other: number) => Math.min(Math.abs(hue - other), 360 - Math.abs(hue - other))
  const [nearest] = Object.entries(containerHues).sort(([, one], [, other]) => distance(one) - distance(other))
  return nearest![0]
}

function hueOf(color: string): number | undefined {
  const [red, green, blue] = [0, 2, 4].map((start) => Number.parseInt(color.slice(start, start + 2), 16)) as [
    number,
    number,
    number,
  ]
  const [most, range] = [Math.max(red, green, blue), Math.max(red, green, blue) - Math.min(red, green, blue)]
  if (range === 0) return undefined
  const sextant =
    most === red ? (green - blue) / range : most === green ? 2 + (blue - red) / range : 4 + (red - green) / range
  return (sextant * 60 + 360) % 360
}

const chromes = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']

/** One profile of Chrome for each account, made where it is missing. */
function chromeProfile({ url, account }: BrowserPage, platform: NodeJS.Platform): string[][] {
  const args = [`--profile-directory=latchkey-${account}`, url]
  return platform === 'darwin'
    ? [['open', '-na', 'Google Chrome', '--args', ...args]]
    : chromes.map((program) => [program, ...args])
}
