import { type Command, InvalidArgumentError } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { parseDurationSeconds } from '../../core/time/duration.ts'
import type { OpenedConsole } from '../../ipc/endpoints/aws-console.ts'
import { desktopCommand, hasDisplay, openPage } from '../browser/open-page.ts'
import type { CommandContext } from '../command-context.ts'
import { formatLeft, formatTimeLeft } from '../time-left.ts'

interface ConsoleOptions {
  path?: string
  for?: number
  logout?: true
  print?: true
}

/** `latchkey aws console` */
export function addAwsConsoleCommand(aws: Command, context: CommandContext): void {
  aws
    .command('console')
    .description("open the AWS console in a browser, signed in to a profile's role")
    .argument('<profile>', 'a profile that has a role')
    .option('--path <page>', 'a service, such as s3, or the address of a page of the console')
    .option('--for <duration>', 'how long the console lasts, 15m to 12h; takes a code of its own', readLength)
    .option('--logout', 'first end what the browser is signed in to')
    .option('--print', 'print the sign-in link, which is a secret, and open nothing')
    .action(async (profile: string, { path, for: seconds, logout, print }: ConsoleOptions) => {
      const { environment, platform, daemon, note, print: show, pause } = context
      const body = {
        profile,
        ...(path === undefined ? {} : { page: path }),
        ...(seconds === undefined ? {} : { seconds }),
        logout: logout === true,
        print: print === true,
        display: hasDisplay(environment, platform),
      }
      const opened = await daemon.call('openConsole', { body })
      if (opened.isCutShort) note(aboutEnd(opened, context.nowMs()))
      if (print) {
        note(aboutLink(opened, context.nowMs()))
        show(`${displayLine(opened.url)}\n`)
        return
      }
      const { url, link = '', browser = [desktopCommand(url, platform)] } = opened
      const instead = `latchkey aws console ${shellWord(profile)} --print`
      const isVisited = async () => (await daemon.call('getConsoleVisit', { params: { link } })).isVisited
      const onSlow = () => note('waiting for the browser (Ctrl-C gives up)\n')
      const options = { environment, instead, isVisited, pause, ...(context.hasTypedInput ? { onSlow } : {}) }
      if (await openPage(browser, options)) show(aboutConsole(opened, context.nowMs()))
      else note(aboutNobody(opened, instead, context.nowMs()))
    })
}

function readLength(text: string): number {
  const seconds = parseDurationSeconds(text)
  if (seconds !== undefined && seconds >= 900 && seconds <= 43_200) return seconds
  throw new InvalidArgumentError('It is not a duration from 15m to 12h.')
}

function aboutConsole({ roleArn, consoleEndsAt }: OpenedConsole, nowMs: number): string {
  return `the console of ${displayLine(roleArn)} is open in the browser, until ${consoleEndsAt} (${formatLeft(consoleEndsAt, nowMs)})\n`
}

function aboutNobody({ roleArn, urlEndsAt }: OpenedConsole, instead: string, nowMs: number): string {
  const left = formatTimeLeft(urlEndsAt, nowMs)
  return `no browser has come for the console of ${displayLine(roleArn)} yet; it has ${left} left\nhint: where none shows: ${instead}\n`
}

function aboutEnd({ consoleEndsAt }: OpenedConsole, nowMs: number): string {
  const left = formatTimeLeft(consoleEndsAt, nowMs)
  return `the console ends with the credentials that are held, in ${left}: --for DURATION makes it longer\n`
}

function aboutLink(opened: OpenedConsole, nowMs: number): string {
  const { roleArn, urlEndsAt, consoleEndsAt } = opened
  return [
    `this link is a secret: until ${urlEndsAt} (${formatLeft(urlEndsAt, nowMs)}) it signs whoever opens it in as`,
    `${displayLine(roleArn)}; the console ends at ${consoleEndsAt} (${formatLeft(consoleEndsAt, nowMs)})`,
    '',
  ].join('\n')
}
