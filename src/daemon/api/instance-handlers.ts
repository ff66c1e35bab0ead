import type { AwsCredentials } from '../../aws/aws-credentials.ts'
import type { Ec2Client, Ec2Signer } from '../../aws/ec2/ec2-client.ts'
import type * as instances from '../../ipc/endpoints/aws-instances.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { type ConsoleKeys, readConsoleKeys } from '../../ssh/console-keys.ts'
import { fingerprint, publicKeyBits } from '../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'

/** The handlers of ipc/endpoints/aws-instances.ts. */
export function instanceHandlers(
  aws: Pick<AwsCredentials, 'credentials' | 'ec2Place'>,
  ec2: () => Promise<Ec2Client>,
): EndpointHandlers<typeof instances, PromptCaller> {
  return {
    async readInstanceKeys({ body: { profile, instance, region: wantedRegion }, caller }) {
      const place = await aws.ec2Place(profile, wantedRegion)
      const { region } = place
      const credentials = await aws.credentials(profile, caller)
      const client = await ec2()
      const signer = { ...place, credentials }
      const { state, names } = await client.describeInstance(signer, instance)
      if (state !== 'running') return { type: 'not-running', region, state }
      const shown = await keysOnConsole(client, signer, instance)
      if (shown.type === 'not-shown') return { ...shown, region }
      return {
        type: 'shown',
        region,
        names,
        keys: shown.keys.map((key) => ({
          line: formatPublicKeyLine(key.blob, ''),
          bits: publicKeyBits(key),
          fingerprint: fingerprint(key.blob),
        })),
        former: shown.formerKeys.map(({ blob }) => fingerprint(blob)),
        unreadable: shown.unreadable,
      }
    },
  }
}

/** The console as it is may have lost what was there at the start, and what was posted then may be older than what is. */
async function keysOnConsole(client: Ec2Client, signer: Ec2Signer, instance: string): Promise<ConsoleKeys> {
  const latest = (await client.consoleOutput(signer, instance, true))?.toString('latin1') ?? ''
  const shown = readConsoleKeys([latest])
  if (shown.type === 'shown') return shown
  const posted = await client.consoleOutput(signer, instance, false)
  return readConsoleKeys([posted?.toString('latin1') ?? '', latest])
}
