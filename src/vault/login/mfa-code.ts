import type { Secret } from '../../core/secret.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type LoginContext, loginTopic } from './login-method.ts'

/** A person, or a server behind the vault, has this long to answer, in ms: longer than vaults wait themselves, which is 90 s by default. */
export const mfaPatienceMs = 100_000

/** The longest codes: of Duo's hardware tokens and text messages. */
const maxDigits = 10

/** Asks a person for the code of a second factor, in a terminal or by the prompt program. @throws {PromptError} */
export function askMfaCode(
  { client, prompts }: Pick<LoginContext, 'client' | 'prompts'>,
  text: string,
  notice: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Secret<string>> {
  const question = {
    topic: loginTopic(client.name),
    kind: 'code' as const,
    text: `${text} for vault ${client.name}`,
    maxDigits,
    follows: true as const,
    ...(notice === undefined ? {} : { notice }),
    remedy: `latchkey login ${shellWord(client.name)}`,
  }
  return prompts.ask(question, signal)
}
