import { type Command, InvalidArgumentError } from 'commander'

/** Options of ssh(1) that decide where it logs in, and how; they are handed on to it. */
const sshOptions: readonly (readonly [flags: string, description: string])[] = [
  ['-4', 'as of ssh: IPv4 only'],
  ['-6', 'as of ssh: IPv6 only'],
  ['-A', 'as of ssh: forward the agent'],
  ['-F <file>', 'as of ssh: another ssh_config'],
  ['-i <file>', 'as of ssh: IdentityFile'],
  ['-J <host>', 'as of ssh: ProxyJump'],
  ['-l <user>', 'as of ssh: the user'],
  ['-o <setting>', 'as of ssh: a setting of ssh_config'],
  ['-p <port>', 'as of ssh: the port'],
]

/** Adds them to a command. @returns what of them stands on its command line, once that is read, as ssh takes it */
export function addSshOptions(command: Command): readonly string[] {
  const options: string[] = []
  for (const [flags, description] of sshOptions) {
    const [flag = '', value] = flags.split(' ')
    const keep = (given: string) => options.push(flag, given)
    if (value === undefined) command.option(flags, description).on(`option:${flag.slice(1)}`, () => options.push(flag))
    else command.option(flags, description, keep)
  }
  return options
}

/** An argument that ssh could take for an option is none, nor is one that has no host beside its user, or a line break. */
export function sshDestination(argument: string): string {
  if (/^(?:$|[-@])|@$|\p{Cc}/u.test(argument)) throw new InvalidArgumentError('That is no host.')
  return argument
}
