import * as v from 'valibot'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { type AccessKeyRequest, type KeptKey, type OtherUser, putKey } from '../../ipc/endpoints/aws-keys.ts'
import { confirmTyped, readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { adoptDevice } from '../mfa/adopt-device.ts'
import { checkSource } from './source-check.ts'

/** What `latchkey aws keys add` is told. */
export interface AddKeyOptions {
  new?: true
  replace?: true
  mfaSerial?: string
}

const command = 'latchkey aws keys add'

/** Stores a key, finds the MFA device of its user and writes the section of the source. */
export async function addKey(source: string, options: AddKeyOptions, context: CommandContext): Promise<void> {
  const { daemon, hasTypedInput, print } = context
  const { mfaSerial } = options
  const check = () => checkSource(source, { command, isMeant: options.new }, context)
  // A person must not type a key in vain; a program's input is read first, and bounded.
  if (hasTypedInput) await check()
  const body = await readAccessKey(context)
  if (!hasTypedInput) await check()
  const first = await daemon.call('putKey', { params: { source }, body })
  const isOther = 'type' in first
  if (isOther && !options.replace) await confirmUser(source, first, context)
  const kept = isOther ? await daemon.call('putKey', { params: { source }, body: { ...body, replace: true } }) : first
  if ('type' in kept)
    throw new HelperError('BAD_REPLY', 'the daemon did not store the key', { hint: `${command} --replace` })
  print(formatKept(kept))
  const { section } = await daemon.call('getSource', { params: { source } })
  const adopted = { name: source, section, isOfOther: isOther, mayReplace: options.replace === true }
  if (kept.isVerified || mfaSerial !== undefined) await adoptDevice(adopted, mfaSerial, context)
  else print('nor which MFA device its user has: run the command again when it can be reached\n')
}

/** Asks whether the key of another user is meant. @throws {HelperError} USAGE: nobody can be asked; CANCELLED */
async function confirmUser(source: string, { heldBy, arn }: OtherUser, context: CommandContext): Promise<void> {
  const held = heldBy === undefined ? `there is another key as ${source}` : `the key of ${source} is one of ${heldBy}`
  const unknown =
    heldBy === undefined ? 'AWS could not be asked whose both are' : 'AWS could not be asked whose this one is'
  const reason = `${held}, and ${arn === undefined || heldBy === undefined ? unknown : `this one is of ${arn}`}`
  const hint = `${command} --replace ${shellWord(source)}, or under another name: ${command} --new NAME`
  if (!context.hasTypedInput) throw new HelperError('USAGE', `nothing was stored: ${reason}`, { hint })
  if (await confirmTyped(context, `${displayLine(reason)}\nput it in the place of that one?`)) return
  throw new HelperError('CANCELLED', `nothing was stored: ${reason}`, { hint })
}

/** Typed, or from standard input, and never from the arguments, which any process of the machine can read. */
async function readAccessKey(context: CommandContext): Promise<AccessKeyRequest> {
  if (context.hasTypedInput) {
    // Nobody should look up a secret for an id that is refused.
    const accessKeyId = keyPart('accessKeyId', await readTyped(context, 'access key id', true))
    return {
      accessKeyId,
      secretAccessKey: keyPart('secretAccessKey', await readTyped(context, 'secret access key', false)),
    }
  }
  const [accessKeyId = '', secretAccessKey = ''] = (await context.readInput()).split('\n')
  return {
    accessKeyId: keyPart('accessKeyId', accessKeyId),
    secretAccessKey: keyPart('secretAccessKey', secretAccessKey),
  }
}

/** @throws {HelperError} REFUSED, without the text, which may be a secret */
function keyPart(part: keyof AccessKeyRequest, text: string): string {
  const result = v.safeParse(putKey.request.entries[part], text.trim())
  if (result.success) return result.output
  throw new HelperError('REFUSED', reasons[part], { hint: 'latchkey help aws keys add' })
}

const reasons: Readonly<Record<keyof AccessKeyRequest, string>> = {
  accessKeyId: 'this is not the id of a long-term access key, which begins with AKIA',
  secretAccessKey: 'this is not a secret access key, which has 40 characters',
}

function formatKept({ source, accessKeyId, arn, isVerified }: KeptKey): string {
  const owner = arn === undefined ? '' : `, a key of ${arn}`
  const doubt = isVerified ? '' : 'AWS could not be asked whether it works\n'
  return `${displayLine(`stored ${accessKeyId} as ${source}${owner}`)}\n${doubt}`
}
