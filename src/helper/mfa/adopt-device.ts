import { serialMistake, sourceHeader } from '../../aws/files/source-edit.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { SourceStanding } from '../../ipc/endpoints/aws-keys.ts'
import type { MfaDeviceList } from '../../ipc/endpoints/aws-mfa.ts'
import { confirmTyped, readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { writeSource } from '../profiles/source-file.ts'
import { chooseDevice, devicesWithCodes } from './device-choice.ts'

/** A source whose section is to name the MFA device of its user. */
export interface AdoptedSource {
  name: string
  section: SourceStanding['section']
  /** What the section says is about another user. */
  isOfOther?: boolean
  /** A device that the user does not have is replaced, and nobody is asked. */
  mayReplace?: boolean
}

/**
 * Finds the MFA device behind the key of a source and writes the section of the source. A device that stands there
 * already is not changed without a word: the person is asked.
 * @param given the device that the person has named, checked
 * @throws {HelperError} USAGE: somebody would have to be asked, and there is no terminal
 */
export async function adoptDevice(
  source: AdoptedSource,
  given: string | undefined,
  context: CommandContext,
): Promise<void> {
  if (given !== undefined) return useDevice(source, given, context)
  const list = await listed(source, context)
  if (list !== undefined) await adoptListed(source, list, context)
}

/** What AWS says of the devices. Where it cannot be asked, nothing speaks against the one that is there: undefined. */
async function listed({ name, section, isOfOther }: AdoptedSource, context: CommandContext) {
  try {
    return await context.daemon.call('listMfaDevices', { params: { source: name } })
  } catch (error) {
    const present = section?.mfaSerial
    const isRefused = error instanceof HelperError && error.code === 'REFUSED'
    if (present === undefined || isOfOther === true || !isRefused) throw error
    sayUnknown(present, error.message, context)
    return undefined
  }
}

/** The same with what AWS has said of the devices. */
export async function adoptListed(source: AdoptedSource, list: MfaDeviceList, context: CommandContext): Promise<void> {
  const { devices } = list
  const { isOfOther = false, mayReplace = false } = source
  const present = source.section?.mfaSerial
  if (present !== undefined && devices === undefined && !isOfOther)
    return sayUnknown(present, withheld(list.arn, list.refusal), context)
  if (present !== undefined && devices?.some(({ serialNumber }) => serialNumber === present))
    return sayKept(present, context)
  if (present !== undefined && devices !== undefined)
    context.note(
      `${displayLine(`the configuration has ${present}, which is not among the MFA devices of ${list.arn}`)}\n`,
    )
  const found = devices === undefined ? await askForSerial(list, source, context) : devicesWithCodes(devices)
  const chosen = await chooseDevice(found, context, namedCommand(source.name))
  const isAsked = present !== undefined && chosen !== undefined && !isOfOther && !mayReplace
  if (isAsked && !(await isWanted(chosen, source, context))) return
  await useDevice(source, chosen, context)
}

/** Writes a device into the section of its source, or that there is none yet, and says so. */
async function useDevice(source: AdoptedSource, mfaSerial: string | undefined, context: CommandContext): Promise<void> {
  const { name, section } = source
  // What stands in the AWS files is left there: config.toml counts before it.
  const former = section?.definedIn === 'config.toml' ? section.mfaSerial : undefined
  if (mfaSerial === undefined && section !== undefined) return sayNone(name, context)
  const file = await writeSource({ name, mfaSerial }, former, context)
  if (mfaSerial === undefined) {
    context.print(`${displayLine(`wrote ${sourceHeader(name)} into ${file}`)}\n`)
    return sayNone(name, context)
  }
  const before = former === undefined || former === mfaSerial ? '' : `; it was ${former}`
  context.print(`${displayLine(`its MFA device is ${mfaSerial}: ${sourceHeader(name)} of ${file}${before}`)}\n`)
}

function sayKept(mfaSerial: string, { print }: CommandContext): void {
  print(`${displayLine(`its MFA device is ${mfaSerial}, as before`)}\n`)
}

/** Where AWS refuses to tell, nothing speaks against what is there. */
function sayUnknown(mfaSerial: string, reason: string, { print, note }: CommandContext): void {
  note(`${displayLine(reason)}\n`)
  print(`${displayLine(`its MFA device stays ${mfaSerial}, which could not be checked`)}\n`)
}

const withheld = (arn: string, refusal: MfaDeviceList['refusal']) =>
  `AWS does not tell the MFA devices of ${arn}: ${refusal?.message ?? 'it is denied'}`

function sayNone(name: string, { print }: CommandContext): void {
  print(`it has no MFA device with codes; to get one: latchkey aws mfa enroll ${displayLine(shellWord(name))}\n`)
}

/** Where AWS refuses to tell. None is an answer, too. */
async function askForSerial(
  { arn, refusal }: MfaDeviceList,
  { name }: AdoptedSource,
  context: CommandContext,
): Promise<readonly string[]> {
  const reason = withheld(arn, refusal)
  if (!context.hasTypedInput) throw new HelperError('USAGE', reason, { hint: namedCommand(name) })
  context.note(`${displayLine(reason)}\n`)
  const typed = (await readTyped(context, 'ARN or serial number of the MFA device (empty: none)', true)).trim()
  return typed === '' ? [] : [checkedSerial(typed)]
}

/** Whether a device is to take the place of the one that stands there, which the user does not have. */
async function isWanted(chosen: string, { name }: AdoptedSource, context: CommandContext): Promise<boolean> {
  if (context.hasTypedInput) return await confirmTyped(context, displayLine(`use ${chosen} instead?`))
  throw new HelperError('USAGE', `nobody can be asked whether ${chosen} is to be used instead`, {
    hint: `latchkey aws keys add --replace ${shellWord(name)}, or ${namedCommand(name)}`,
  })
}

/** A serial number that a person gives. @throws {HelperError} USAGE: nothing that has codes can be called so */
export function checkedSerial(text: string): string {
  const mistake = serialMistake(text)
  if (mistake === undefined) return text
  throw new HelperError('USAGE', `${text} is ${mistake}`, { hint: 'latchkey help aws keys add' })
}

const namedCommand = (name: string) => `name the device: latchkey aws keys add --mfa-serial ARN ${shellWord(name)}`
