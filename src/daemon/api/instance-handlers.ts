import type { AwsCredentials } from '../../aws/aws-credentials.ts'
import type { Ec2Client, Ec2Signer } from '../../aws/ec2/ec2-client.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import type * as instances from '../../ipc/endpoints/aws-instances.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { type ConsoleKeys, readConsoleKeys } from '../../ssh/console-keys.ts'
import { fingerprint, publicKeyBits } from '../../ssh/public-key.ts'
import { formatPublicKeyLine } from '../../ssh/public-key-line.ts'
import { ApiError } from './api-errors.ts'

/** What the console of a machine is read for. */
interface Wanted {
  instance: string
  profile: string
  region: string
}

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
      const wanted = { instance, profile, region }
      if (state !== 'running') throw notRunning(state, wanted)
      const shown = await keysOnConsole(client, signer, instance)
      if (shown.type === 'not-shown') throw notShown(shown.why, wanted)
      return {
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

const again = ({ instance, profile, region }: Wanted) =>
  `latchkey ssh trust ${instance} --profile ${shellWord(profile)} --region ${region}`

function notRunning(state: string, wanted: Wanted): ApiError {
  const { instance, region } = wanted
  const hints: Readonly<Record<string, string>> = {
    pending: `wait some minutes, then: ${again(wanted)}`,
    stopped: `aws ec2 start-instances --instance-ids ${instance} --region ${region}, then: ${again(wanted)}`,
    stopping: `once it is stopped: aws ec2 start-instances --instance-ids ${instance} --region ${region}`,
  }
  const message = `instance ${instance} is not running but ${state}, and its names may come to be another machine's`
  return new ApiError('INSTANCE_NOT_RUNNING', message, {
    hint: hints[state] ?? `see which machines there are: aws ec2 describe-instances --region ${region}`,
  })
}

function notShown(why: Extract<ConsoleKeys, { type: 'not-shown' }>['why'], wanted: Wanted): ApiError {
  const { instance } = wanted
  const later = { hint: `wait some minutes, then: ${again(wanted)}` }
  const elsewhere = {
    hint: `on the machine, by another way such as EC2's serial console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`,
  }
  switch (why) {
    case 'blank':
      return new ApiError(
        'HOST_KEYS_PENDING',
        `the console of ${instance} has no output yet: a start takes a while`,
        later,
      )
    case 'unended':
      return new ApiError(
        'HOST_KEYS_PENDING',
        `the host keys on the console of ${instance} have no end: they are being written, or the machine stopped over them`,
        later,
      )
    case 'none':
      return new ApiError(
        'HOST_KEYS_MISSING',
        `the console of ${instance} shows no host keys: cloud-init writes them at the first start alone, and EC2 keeps the last 64 KB`,
        { hint: `where it has only just started: ${again(wanted)}; else ${elsewhere.hint}` },
      )
    case 'cut':
      return new ApiError(
        'HOST_KEYS_MISSING',
        `of the host keys on the console of ${instance} only the end is left: EC2 keeps the last 64 KB`,
        elsewhere,
      )
    case 'unreadable':
      return new ApiError(
        'HOST_KEYS_MISSING',
        `what the console of ${instance} shows as its host keys has no key that can be read`,
        elsewhere,
      )
  }
}
