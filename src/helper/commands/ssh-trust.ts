import { type Command, InvalidArgumentError } from 'commander'
import { isInstanceId, isRegionName } from '../../core/text/aws-names.ts'
import type { HostName } from '../../ssh/known-hosts/host-name.ts'
import type { CommandContext } from '../command-context.ts'
import { hostNamesOf } from '../ssh-trust/host-list.ts'
import { trustInstance } from '../ssh-trust/trust-instance.ts'

/** `latchkey ssh trust` */
export function addSshTrustCommand(ssh: Command, context: CommandContext): void {
  ssh
    .command('trust')
    .description('pin the host keys that the console of a machine of EC2 shows, before the first login')
    .argument('<instance>', 'the id of the machine, such as i-0123456789abcdef0', instanceId)
    .requiredOption('--profile <name>', 'the AWS profile whose role may see it')
    .option('--region <region>', 'where it is (default: the region of the profile)', regionName)
    .option('--hosts <names>', 'the names to pin them under, separated by commas (default: all that EC2 has)', hostList)
    .option('--yes', 'ask nothing')
    .action(
      (instance: string, options: { profile: string; region?: string; hosts?: readonly HostName[]; yes?: true }) =>
        trustInstance(instance, options, context),
    )
}

function instanceId(text: string): string {
  if (isInstanceId(text)) return text
  throw new InvalidArgumentError('That is no id of a machine, such as i-0123456789abcdef0.')
}

function regionName(text: string): string {
  if (isRegionName(text)) return text
  throw new InvalidArgumentError('That is no name of a region, such as eu-central-1.')
}

function hostList(text: string): readonly HostName[] {
  const names = hostNamesOf(text.split(/[\s,]+/).filter((name) => name !== ''))
  if (names !== undefined && names.length > 0) return names
  throw new InvalidArgumentError('Write names or addresses, without wildcards; for another port: [name]:2222.')
}
