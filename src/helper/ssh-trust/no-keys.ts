import type { NoInstanceKeys } from '../../ipc/endpoints/aws-instances.ts'
import { HelperError } from '../fast/failure.ts'

/** The machine, and the command that looks at its console once more. */
export interface Wanted {
  instance: string
  again: string
}

/** Why a console has shown no keys, and what to do. @param state of the machine is EC2's word */
export function noKeysError(answer: NoInstanceKeys, wanted: Wanted): HelperError {
  const { region } = answer
  return answer.type === 'not-running' ? notRunning(answer.state, region, wanted) : notShown(answer.why, wanted)
}

function notRunning(state: string, region: string, { instance, again }: Wanted): HelperError {
  const start = `aws ec2 start-instances --instance-ids ${instance} --region ${region}, then: ${again}`
  const hints: Readonly<Record<string, string>> = {
    pending: `wait some minutes, then: ${again}`,
    stopped: start,
    stopping: `once it is stopped: ${start}`,
  }
  const message = `instance ${instance} is not running but ${state}, and its names may come to be another machine's`
  return new HelperError('REFUSED', message, {
    hint: hints[state] ?? `see which machines there are: aws ec2 describe-instances --region ${region}`,
  })
}

type Why = Extract<NoInstanceKeys, { type: 'not-shown' }>['why']

function notShown(why: Why, { instance, again }: Wanted): HelperError {
  const later = `wait some minutes, then: ${again}`
  const elsewhere =
    "on the machine, by another way such as EC2's serial console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
  const said: Readonly<Record<Why, readonly [message: string, hint: string]>> = {
    blank: [`the console of ${instance} has no output yet: a start takes a while`, later],
    unended: [
      `the host keys on the console of ${instance} have no end: they are being written, or the machine stopped over them`,
      later,
    ],
    none: [
      `the console of ${instance} shows no host keys: cloud-init writes them at the first start alone, and EC2 keeps the last 64 KB`,
      `where it has only just started: ${again}; else ${elsewhere}`,
    ],
    cut: [`of the host keys on the console of ${instance} only the end is left: EC2 keeps the last 64 KB`, elsewhere],
    unreadable: [`what the console of ${instance} shows as its host keys has no key that can be read`, elsewhere],
  }
  const [message, hint] = said[why]
  return new HelperError('REFUSED', message, { hint })
}
