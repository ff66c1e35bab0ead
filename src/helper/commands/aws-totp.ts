import type { Command } from 'commander'
import { displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { SeedPlace } from '../../ipc/endpoints/aws-totp.ts'
import { confirmTyped, readTyped } from '../asking/typed-line.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { formatLeft } from '../time-left.ts'

/** `latchkey aws totp …` */
export function addAwsTotpCommands(aws: Command, context: CommandContext): void {
  const totp = aws.command('totp').description('the seed of an MFA device, from which latchkey makes the codes itself')
  totp
    .command('add')
    .description('keep a seed in the keychain; it is typed, or comes on standard input: base32, or an otpauth: address')
    .argument('<source>', 'a source or profile that has an MFA device')
    .option('--yes', 'the warning has been read: both factors will be on this machine')
    .action(async (profile: string, { yes }: { yes?: true }) => {
      const place = await context.daemon.call('getSeedPlace', { params: { profile } })
      await consent(place, yes === true, context)
      const seed = context.hasTypedInput
        ? await readTyped(context, 'seed (base32, or the otpauth: address of the QR code)', false)
        : await context.readInput()
      const kept = await context.daemon.call('putSeed', { params: { profile }, body: { seed } })
      const { source, mfaSerial, expiresAt } = kept
      context.print(
        [
          `${displayLine(`an MFA session has begun with the seed: ${source}, ${mfaSerial}`)}, until ${expiresAt} (${formatLeft(expiresAt, context.nowMs())})`,
          `the seed is in the keychain: nobody is asked for codes of ${displayLine(source)} any more`,
          `to end that: latchkey aws totp remove ${shellWord(displayLine(source))}`,
          '',
        ].join('\n'),
      )
    })
  totp
    .command('remove')
    .description('remove a seed from the keychain; the device goes on')
    .argument('<source>', 'the source, as latchkey aws keys list shows it')
    .action(async (source: string) => {
      await context.daemon.call('removeSeed', { params: { source } })
      context.print(`removed the MFA seed of ${displayLine(source)} from the keychain: its codes are asked for again\n`)
    })
}

/** Says what it means, before a seed is handed over. @throws {HelperError} USAGE, CANCELLED */
async function consent(place: SeedPlace, isGiven: boolean, context: CommandContext): Promise<void> {
  const [source, device, keychain] = [place.source, place.mfaSerial, place.keychain].map((text) => displayLine(text))
  context.note(`WARNING: the seed of ${device} makes its codes. In the keychain (${keychain}),
beside the access key of ${source}, both factors are on this machine: whoever gets into it, or runs a program as
you, signs in to AWS as you without the device. Rules of your company may forbid it.
`)
  if (isGiven) return
  const reason = 'nothing was stored: the second factor would be on this machine'
  if (!context.hasTypedInput) {
    throw new HelperError('USAGE', `${reason}, which must be agreed to`, {
      hint: `latchkey aws totp add --yes ${shellWord(place.source)}`,
    })
  }
  if (!(await confirmTyped(context, 'keep it there all the same?'))) throw new HelperError('CANCELLED', reason)
}
