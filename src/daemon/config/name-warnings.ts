import { sectionHeader } from '../../core/text/section-name.ts'
import { nameFault } from '../names/identity-names.ts'
import type { Config } from './config.ts'

/** Identities that work, but cannot be named in ssh_config. */
export function nameWarnings({ identities }: Pick<Config, 'identities'>): readonly string[] {
  return identities.flatMap(({ name }) => {
    const fault = nameFault(name)
    return fault === undefined
      ? []
      : [`${sectionHeader('ssh', 'identity', name)} has no files and no socket for ssh_config, because ${fault}`]
  })
}
