import type { Command } from 'commander'
import { displayJson, displayLine } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type { MfaDeviceList } from '../../ipc/endpoints/aws-mfa.ts'
import type { CommandContext } from '../command-context.ts'
import { HelperError } from '../fast/failure.ts'
import { type EnrollOptions, enrollDevice } from '../mfa/enroll-device.ts'
import { defaultSource, knownSource } from '../mfa/known-source.ts'
import { resyncDevice } from '../mfa/resync-device.ts'
import { formatTable } from '../text-table.ts'
import { sourceName } from './given-profile.ts'

const sourceHelp = 'the source whose user it is about'

/** `latchkey aws mfa …` */
export function addAwsMfaCommands(aws: Command, context: CommandContext): void {
  const mfa = aws.command('mfa').description('MFA devices of the user behind a long-term key')
  mfa
    .command('enroll')
    .description('make a virtual device, show its QR code, enable it and begin the first MFA session')
    .argument('[source]', sourceHelp, sourceName, defaultSource)
    .option('--name <name>', 'the name of the device (default: that of the user, which some policies demand)')
    .option('--secret', 'show the secret as text as well')
    .option('--uri', 'show the otpauth: address as well')
    .action((source: string, options: EnrollOptions) => enrollDevice(source, options, context))
  mfa
    .command('resync')
    .description('set a device whose right codes AWS refuses')
    .argument('[source]', sourceHelp, sourceName, defaultSource)
    .action((source: string) => resyncDevice(source, context))
  mfa
    .command('list')
    .description('list the devices that AWS has for the user')
    .argument('[source]', sourceHelp, sourceName, defaultSource)
    .option('--json', 'print it as JSON')
    .action(async (source: string, { json }: { json?: true }) => {
      const { section } = await knownSource(source, 'latchkey aws mfa list', context)
      const list = await context.daemon.call('listMfaDevices', { params: { source } })
      if (list.refusal !== undefined)
        throw new HelperError('REFUSED', list.refusal.message, { hint: list.refusal.hint })
      context.print(json ? `${displayJson(list, 2)}\n` : formatDevices(list, source, section?.mfaSerial))
    })
}

function formatDevices({ arn, devices = [] }: MfaDeviceList, source: string, used: string | undefined): string {
  if (devices.length === 0)
    return `${displayLine(`${arn} has no MFA device; to get one: latchkey aws mfa enroll ${shellWord(source)}`)}\n`
  const remark = ({ serialNumber, kind }: (typeof devices)[number]) =>
    serialNumber === used ? `device of ${source}` : kind === 'security-key' ? 'console only: it has no codes' : ''
  const rows = devices.map((device) => [device.serialNumber, device.kind, device.enabledAt, remark(device)])
  return formatTable([['DEVICE', 'KIND', 'ENABLED', ''], ...rows])
}
