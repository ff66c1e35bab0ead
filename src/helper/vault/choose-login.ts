import { displayLine } from '../../core/text/display-text.ts'
import type { LoginChoice, OfferedLogin, OfferedLogins } from '../../ipc/endpoints/vault.ts'
import { type Question, readAnswer } from '../../prompts/kinds.ts'
import { askLentPrompt } from '../asking/ask-lent-prompt.ts'
import { readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** A login that config.toml does not have. */
export interface ChosenLogin {
  auth: LoginChoice
  /** How it came to be chosen, for the person. */
  why: string
}

/**
 * Has the person choose one of the logins that a server offers: the only one is taken.
 * @throws {HelperError} USAGE: nobody can be asked; REFUSED: there is none; CANCELLED
 */
export async function chooseLogin(offered: OfferedLogins, context: CommandContext): Promise<ChosenLogin> {
  const { vault, logins, others } = offered
  const [first] = logins
  if (first === undefined) {
    const what = others.length === 0 ? 'shows no login' : `shows no login that can be chosen, but ${others.join(', ')}`
    throw new HelperError('REFUSED', `vault ${vault} ${what}, and config.toml does not say how to log in`, {
      hint: `${writeInto(offered)}: auth = { method = "oidc" }, or as docs/CONFIGURATION.md has it; or run: vault login`,
    })
  }
  const login = logins.length === 1 ? first : await chooseOne(offered, first, context)
  const auth: LoginChoice = {
    method: login.method,
    mount: login.mount,
    ...(login.needsName ? { username: await userName(offered, login, context) } : {}),
  }
  return { auth, why: logins.length === 1 ? `the only login that vault ${vault} offers: ${wordsFor(login)}\n` : '' }
}

/** What keeps a login that was chosen, for the person. */
export function howToKeep(auth: LoginChoice, offered: OfferedLogins): string {
  return `this login was chosen for as long as the daemon runs, or until: latchkey logout\nto keep it, ${writeInto(offered)}:\n\n  ${lineOf(auth)}\n\n`
}

const writeInto = ({ vault, configFile }: OfferedLogins) => `write into [vault.${vault}] of ${displayLine(configFile)}`

/** As config.toml has it: TOML's basic strings take the escapes of JSON. */
function lineOf({ method, mount, username }: LoginChoice): string {
  const fields = Object.entries({ method, ...(mount === method ? {} : { mount }), username })
  const written = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${JSON.stringify(value)}`]))
  return `auth = { ${written.join(', ')} }`
}

const wordsFor = ({ method, mount, description }: OfferedLogin) =>
  displayLine(`${method} at auth/${mount}/${description === undefined ? '' : ` (${description})`}`)

async function chooseOne(offered: OfferedLogins, first: OfferedLogin, context: CommandContext): Promise<OfferedLogin> {
  const { vault, logins } = offered
  const text = `vault ${vault} offers several logins`
  const options = logins.map(wordsFor)
  if (!context.hasTypedInput) {
    const { method, mount, needsName } = first
    const line = lineOf({ method, mount, ...(needsName ? { username: nameOf(context) ?? 'NAME' } : {}) })
    throw new HelperError('USAGE', `${text}, and nobody can be asked which: ${options.join(', ')}`, {
      hint: `run it in a terminal, or ${writeInto(offered)} one of them, such as: ${line}`,
    })
  }
  const question = { kind: 'choice', text, options } as const satisfies Question
  const line = await askLentPrompt(question, { readLine: context.readLine, show: context.screen.show })
  if (line === undefined) throw new HelperError('CANCELLED', `cancelled: ${text}`)
  const { answer } = readAnswer(question, line.expose()) as { answer: string }
  return logins[options.indexOf(answer)]!
}

/** Of this machine: companies mostly have one name for a person. */
const nameOf = ({ environment: { LOGNAME, USER } }: CommandContext) => LOGNAME || USER || undefined

async function userName(offered: OfferedLogins, login: OfferedLogin, context: CommandContext): Promise<string> {
  const usual = nameOf(context)
  const where = `auth/${login.mount}/`
  if (context.hasTypedInput) {
    const enter = usual === undefined ? '' : ` (Enter: ${displayLine(usual)})`
    const typed = (await readTyped(context, displayLine(`user name at ${where}`) + enter, true)).trim()
    if (typed !== '') return typed
  }
  if (usual !== undefined) return usual
  throw new HelperError('USAGE', `vault ${offered.vault}: a login at ${where} takes a user name`, {
    hint: `${writeInto(offered)}: ${lineOf({ method: login.method, mount: login.mount, username: 'NAME' })}`,
  })
}
