import type { MfaDevice } from '../../ipc/endpoints/aws-mfa.ts'
import { type Question, readAnswer } from '../../prompts/kinds.ts'
import { askLentPrompt } from '../asking/ask-lent-prompt.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'

/** The devices that have codes for the AWS API: virtual ones, and the others only where there is no virtual one. */
export function devicesWithCodes(devices: readonly MfaDevice[]): readonly string[] {
  const serials = (...kinds: MfaDevice['kind'][]) =>
    devices.filter(({ kind }) => kinds.includes(kind)).map(({ serialNumber }) => serialNumber)
  const virtual = serials('virtual')
  return virtual.length > 0 ? virtual : serials('hardware', 'sms')
}

/**
 * The device to use: the only one, or the one that the person chooses.
 * @param hint what to run where nobody can be asked
 * @throws {HelperError} USAGE: there are several, and no terminal; CANCELLED
 */
export async function chooseDevice(
  serials: readonly string[],
  { hasTypedInput, readLine, screen }: CommandContext,
  hint: string,
): Promise<string | undefined> {
  if (serials.length < 2) return serials[0]
  const text = 'the user has several MFA devices'
  if (!hasTypedInput) throw new HelperError('USAGE', `${text}: ${serials.join(', ')}`, { hint })
  const question = { kind: 'choice', text, options: serials } as const satisfies Question
  const line = await askLentPrompt(question, { readLine, show: screen.show })
  if (line === undefined) throw new HelperError('CANCELLED', `cancelled: ${text}`)
  return (readAnswer(question, line.expose()) as { answer: string }).answer
}
