import type { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { LoginAdvice } from '../advice/advice-row.ts'
import type { MfaMethod, MfaRequirement, VaultAnswer } from '../answer.ts'
import { isVaultError, VaultError } from '../vault-error.ts'
import { type Asking, type LoginContext, loginTopic } from './login-method.ts'
import { askMfaCode, mfaPatienceMs } from './mfa-code.ts'
import { createWaitingNote } from './waiting-note.ts'

/** A login that the server has answered with a demand. */
export interface MfaLogin extends Asking {
  requirement: MfaRequirement
  mount: string
  who: string
}

const again = (vault: string) => `run: latchkey login ${shellWord(vault)}`

/** The refusals of `sys/mfa/validate` (vault/login_mfa.go). */
export const mfaAdvice: LoginAdvice = [
  {
    text: /maximum TOTP validation attempts/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ who }) => `too many wrong codes of ${who}`,
    hint: (_, __, vault) => `wait half a minute, then ${again(vault)}`,
  },
  {
    text: /MFA secret for method .* not present in entity/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ who }) => `the server has no authenticator app of ${who}, so no code is right`,
    hint: (_, __, vault) =>
      `its operator must make one: vault write identity/mfa/method/totp/admin-generate; then ${again(vault)}`,
  },
  {
    text: /^failed to satisfy enforcement /,
    code: 'VAULT_MFA_FAILED',
    message: ({ who }) =>
      `the second factor of ${who} was not accepted: a wrong code, one that was used before, or a no`,
    hint: (_, __, vault) => `wait for the next code, then ${again(vault)}`,
  },
  {
    text: /^invalid request ID$/,
    code: 'VAULT_MFA_NEEDED',
    message: ({ who }) => `the second factor of ${who} came too late: the server waits five minutes`,
    hint: (_, __, vault) => again(vault),
  },
  {
    text: /^(found nil or empty|failed to find) MFAEnforcement configuration$/,
    code: 'VAULT_MFA_NEEDED',
    message: ({ who }) =>
      `the server wants no second factor of ${who} any more: its operator has changed that meanwhile`,
    hint: (_, __, vault) => again(vault),
  },
  {
    text: /^MFA validation failed\. entity not found/,
    code: 'VAULT_LOGIN_LOCKED',
    message: ({ who }) => `the server has lost the identity of ${who} meanwhile`,
    hint: (_, __, vault) => `${again(vault)}; if it is refused, ask the operator of the vault`,
  },
]

/** Codes are mistyped; the server takes no more after five wrong ones, for half a minute from the first. */
const maxTries = 3

/**
 * Satisfies login MFA in its second phase: a code is typed for each method that has one, and others are approved elsewhere,
 * which the request waits for. A wrong code does not end the login: it is asked for again.
 * @throws {VaultError} VAULT_MFA_NEEDED: nobody can be asked; VAULT_MFA_FAILED; a PromptError
 */
export async function satisfyMfa(
  context: Pick<LoginContext, 'client' | 'prompts'>,
  login: MfaLogin,
): Promise<VaultAnswer> {
  const { client } = context
  const { requirement, mount, who, mayAsk, signal } = login
  if (!mayAsk) {
    throw new VaultError('VAULT_MFA_NEEDED', `vault ${client.name}: this login requires a second factor of a person`, {
      hint: again(client.name),
    })
  }
  signal?.throwIfAborted()
  const methods = await chooseMethods(context, requirement, signal)
  const note = createWaitingNote(context, signal)

  for (let tries = 1, notice: string | undefined; ; tries += 1) {
    const payload: Record<string, readonly (Secret<string> | '')[]> = {}
    for (const method of methods) payload[method.id] = [await passcodeOf(context, method, notice, signal)]
    const pushes = methods.filter(({ usesPasscode }) => !usesPasscode)
    if (pushes.length > 0) {
      note.show(`approve the login to vault ${client.name}: ${pushes.map(describeMethod).join(' and ')}`)
    }
    try {
      return await client.request({
        method: 'POST',
        path: 'sys/mfa/validate',
        purpose: { type: 'login', mount, who, isAsked: true, advice: mfaAdvice },
        body: { mfa_request_id: requirement.requestId, mfa_payload: payload },
        isIdempotent: false,
        ...(pushes.length > 0 ? { patienceMs: mfaPatienceMs } : {}),
      })
    } catch (error) {
      const mayCorrect = pushes.length < methods.length && tries < maxTries
      if (!isVaultError(error, 'VAULT_MFA_FAILED') || !mayCorrect) throw error
      const left = maxTries - tries
      notice = `that was not accepted: wait for the next code; ${left} more ${left === 1 ? 'try' : 'tries'}`
    } finally {
      note.end()
    }
  }
}

/** One method for each enforcement; one that satisfies several is used once. */
async function chooseMethods(
  { client, prompts }: Pick<LoginContext, 'client' | 'prompts'>,
  { enforcements }: MfaRequirement,
  signal: AbortSignal | undefined,
): Promise<readonly MfaMethod[]> {
  const chosen: MfaMethod[] = []
  for (const methods of enforcements) {
    if (methods.some(({ id }) => chosen.some((method) => method.id === id))) continue
    const [only, ...more] = methods
    if (only === undefined || more.length === 0) {
      if (only !== undefined) chosen.push(only)
      continue
    }
    const names = methods.map(describeMethod)
    const options = names.map((name, at) => (names.indexOf(name) === at ? name : `${name} ${methods[at]!.id}`))
    const answer = await prompts.ask(
      {
        topic: loginTopic(client.name),
        kind: 'choice' as const,
        text: `second factor for vault ${client.name}`,
        options,
        follows: true as const,
        remedy: `latchkey login ${shellWord(client.name)}`,
      },
      signal,
    )
    chosen.push(methods[options.indexOf(answer)] ?? only)
  }
  return chosen
}

/** What is typed for a method: empty for one that is approved elsewhere, which sends a push. */
async function passcodeOf(
  context: Pick<LoginContext, 'client' | 'prompts'>,
  method: MfaMethod,
  notice: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Secret<string> | ''> {
  if (!method.usesPasscode) return ''
  return askMfaCode(context, `code of ${describeMethod(method)}`, notice, signal)
}

const typeNames: Readonly<Record<string, string>> = { totp: 'TOTP', duo: 'Duo', okta: 'Okta Verify', pingid: 'PingID' }

/** `phone (TOTP)`, or the type alone. */
function describeMethod({ type, name }: MfaMethod): string {
  const kind = typeNames[type] ?? type
  return name === '' ? kind : `${name} (${kind})`
}
