import { InvalidArgumentError } from 'commander'
import { sectionNameMistake } from '../../core/text/section-name.ts'
import type { ProcessCredentials } from '../../ipc/client/process-credentials.ts'
import type { CommandContext } from '../command-context.ts'
import type { GivenProfile } from '../exec/credential-variables.ts'

/** The credentials of a profile and its region; the person is asked for a code where one is needed. */
export async function givenProfile(
  profile: string,
  { daemon }: CommandContext,
): Promise<{ given: GivenProfile; credentials: ProcessCredentials }> {
  const credentials = await daemon.call('getCredentials', { params: { profile } })
  const { region } = await daemon.call('getProfileRegion', { params: { profile } })
  return { given: { profile, region }, credentials }
}

/** The name of a source that a key is to be under, as an argument. */
export function sourceName(argument: string): string {
  const mistake = sectionNameMistake(argument)
  if (mistake !== undefined) throw new InvalidArgumentError(`The name of the source ${mistake}.`)
  return argument
}

/** Names of profiles, as commander collects them: each once. */
export function profileNames(argument: string, before: readonly string[] = []): readonly string[] {
  return [...new Set([...before, argument])]
}
