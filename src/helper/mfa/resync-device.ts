import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { chooseDevice } from './device-choice.ts'
import { createDeviceCodes } from './device-codes.ts'
import { knownSource, needTerminal } from './known-source.ts'
import { type AskedDevice, sendTwoCodes } from './two-codes.ts'

/** Sets the device of a source whose codes AWS refuses: the one in its section, or else one of the user's. */
export async function resyncDevice(source: string, context: CommandContext): Promise<void> {
  needTerminal(context, 'setting an MFA device')
  const { section } = await knownSource(source, 'latchkey aws mfa resync', context)
  const serialNumber = section?.mfaSerial ?? (await findDevice(source, context))
  context.note(`${displayLine(`two codes of ${serialNumber} are needed`)}\n`)
  await resyncByCodes({ source, serialNumber, codes: createDeviceCodes(context) }, context)
  context.print(`${displayLine(`AWS follows ${serialNumber} again; next: latchkey aws login ${shellWord(source)}`)}\n`)
}

/** Asks for two codes until AWS takes them. */
export async function resyncByCodes(
  { source, ...device }: AskedDevice,
  { daemon, note }: CommandContext,
): Promise<void> {
  await sendTwoCodes({
    ...device,
    send: (body) => daemon.call('resyncMfaDevice', { params: { source }, body }),
    note,
    outcome: '',
    command: `latchkey aws mfa resync ${shellWord(source)}`,
  })
}

async function findDevice(source: string, context: CommandContext): Promise<string> {
  const { arn, devices = [], refusal } = await context.daemon.call('listMfaDevices', { params: { source } })
  if (refusal !== undefined) throw new HelperError('REFUSED', refusal.message, { hint: refusal.hint })
  // Hardware tokens run away as well; a security key has no codes.
  const serials = devices.filter(({ kind }) => kind !== 'security-key').map(({ serialNumber }) => serialNumber)
  const chosen = await chooseDevice(serials, context, 'run it in a terminal')
  if (chosen !== undefined) return chosen
  throw new HelperError('REFUSED', `${arn} has no MFA device with codes`, {
    hint: `latchkey aws mfa enroll ${shellWord(source)}`,
  })
}
