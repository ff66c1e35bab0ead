import { sourceHeader } from '../../aws/files/source-edit.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { CreatedMfaDevice, MfaDeviceList } from '../../ipc/endpoints/aws-mfa.ts'
import { confirmTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { formatUntil } from '../logged-in.ts'
import { writeSource } from '../profiles/source-file.ts'
import { type AdoptedSource, adoptListed } from './adopt-device.ts'
import { devicesWithCodes } from './device-choice.ts'
import { createDeviceCodes, type DeviceCodes } from './device-codes.ts'
import { deviceSeed, type SeedText, showSeed, showSeedText } from './device-seed.ts'
import { knownSource, needTerminal } from './known-source.ts'
import { asOnlyEnrolment } from './one-enrolment.ts'
import { resyncByCodes } from './resync-device.ts'
import { type AskedDevice, sendTwoCodes } from './two-codes.ts'

/** What `latchkey aws mfa enroll` is told. */
export interface EnrollOptions {
  name?: string
  secret?: true
  uri?: true
}

/** Who is wrong this often is looking at another device. */
const maxTries = 3

/**
 * Gives the user of a source an MFA device: makes it, shows it, enables it with two codes, writes it into config.toml and
 * begins the session with a third code, which proves that it works. Each step finds what an earlier run has done.
 */
export async function enrollDevice(source: string, options: EnrollOptions, context: CommandContext): Promise<void> {
  needTerminal(context, 'enrolling an MFA device')
  const { section } = await knownSource(source, 'latchkey aws mfa enroll', context)
  await asOnlyEnrolment(context, () => enroll({ name: source, section }, options, context))
}

async function enroll(adopted: AdoptedSource, options: EnrollOptions, context: CommandContext): Promise<void> {
  const { daemon, note } = context
  const { name: source } = adopted
  const params = { source }
  if (!(await wantsNewDevice(adopted, await daemon.call('listMfaDevices', { params }), context))) return
  const { name } = options
  const created = await daemon.call('createMfaDevice', { params, body: name === undefined ? {} : { name } })
  const { serialNumber } = created
  note(describeCreated(created))
  const device = { source, serialNumber, codes: await showDevice(created, options, context) }
  await enableByCodes(device, context)
  const unwritten = await writeDevice(adopted, serialNumber, context).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  await prove(device, context)
  if (unwritten !== undefined) throw unwritten.error
}

/** Says where the user stands who has a device already, such as after a run that was killed. */
async function wantsNewDevice(source: AdoptedSource, list: MfaDeviceList, context: CommandContext): Promise<boolean> {
  const { arn, devices = [] } = list
  const present = devicesWithCodes(devices)
  if (present.length === 0) return true
  context.print(`${displayLine(`${arn} has an MFA device already: ${present.join(', ')}`)}\n`)
  await adoptListed(source, list, context)
  if (await confirmTyped(context, 'enroll another one?')) return true
  const name = shellWord(source.name)
  const otherwise = `if AWS refuses its codes: latchkey aws mfa resync ${name}`
  context.print(`${displayLine(`next: latchkey aws login ${name}; ${otherwise}`)}\n`)
  return false
}

function describeCreated({ serialNumber, leftovers }: CreatedMfaDevice): string {
  const lines = leftovers.map(({ serialNumber: left, isDeleted }) =>
    isDeleted
      ? `deleted ${left}, which an earlier try had left`
      : `an earlier try has left ${left}; an administrator may delete it: aws iam delete-virtual-mfa-device --serial-number ${left}`,
  )
  return [...lines, `made ${serialNumber}`].map((line) => `${displayLine(line)}\n`).join('')
}

/** @returns what asks for its codes, and shows its secret as text where somebody types that they want to see it */
async function showDevice(
  { serialNumber, seed: secret }: CreatedMfaDevice,
  options: EnrollOptions,
  context: CommandContext,
): Promise<DeviceCodes> {
  const seed = deviceSeed(serialNumber, secret)
  const show = (what: SeedText) => () => showSeedText(seed, what, context)
  await showSeed(seed, context)
  if (options.secret) show('secret')()
  if (options.uri) show('uri')()
  context.note('add it to an authenticator app: who sees it can make its codes, and it is not shown again\n')
  return createDeviceCodes(context, { secret: show('secret'), uri: show('uri') })
}

async function enableByCodes({ source, ...device }: AskedDevice, { daemon, note }: CommandContext): Promise<void> {
  await sendTwoCodes({
    ...device,
    send: (body) => daemon.call('enableMfaDevice', { params: { source }, body }),
    note,
    outcome: ': it is not enabled',
    command: `latchkey aws mfa enroll ${shellWord(source)}`,
  })
  note(`${displayLine(`AWS has accepted ${device.serialNumber}`)}\n`)
}

/** Another device that stands there already stays, unless the person wants the new one for codes from now on. */
async function writeDevice(source: AdoptedSource, serialNumber: string, context: CommandContext): Promise<void> {
  const { name, section } = source
  const former = section?.mfaSerial
  if (former !== undefined && former !== serialNumber) {
    const isWanted = await confirmTyped(context, displayLine(`ask for codes of ${serialNumber} in place of ${former}?`))
    if (!isWanted) return
  }
  const isOwn = section?.definedIn === 'config.toml'
  const file = await writeSource({ name, mfaSerial: serialNumber }, isOwn ? former : undefined, context)
  context.print(`${displayLine(`its MFA device is ${serialNumber}: ${sourceHeader(name)} of ${file}`)}\n`)
}

/** Late codes are accepted without a word, and only the next code shows that the device is out of step then. */
async function prove(device: AskedDevice, context: CommandContext): Promise<void> {
  const { source, serialNumber, codes } = device
  const { daemon, note, print, nowMs } = context
  for (let tries = 0; tries < maxTries; tries += 1) {
    const code = await codes.ask('third code, which begins the MFA session')
    const answer = await daemon.call('proveMfaDevice', { params: { source }, body: { serialNumber, code } })
    if ('expiresAt' in answer) {
      return print(`an MFA session has begun, ${formatUntil(answer.expiresAt, nowMs())}\n`)
    }
    note(`${displayLine(answer.refusal)}\n`)
    const question = 'two codes that come late put a device out of step: set it by two new ones?'
    if (await confirmTyped(context, question)) await resyncByCodes(device, context)
  }
  throw new HelperError('REFUSED', `AWS refuses the codes of ${serialNumber}, which is enabled`, {
    hint: `latchkey aws mfa resync ${shellWord(source)}`,
  })
}
