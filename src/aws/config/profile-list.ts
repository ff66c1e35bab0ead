import { parseCredentialProcess } from './own-process.ts'
import { profileNames } from './profile-lookup.ts'
import type { AwsSettings } from './settings.ts'
import type { SharedConfig } from './shared-config.ts'

/** A profile that can be asked for, as lists and the AWS tools' own configuration need it. */
export interface ListedProfile {
  name: string
  region?: string
  /** config.toml wins where both have it. */
  definedIn: 'config.toml' | 'aws-files'
  /** What `~/.aws/config` and `~/.aws/credentials` say about it: nothing, that latchkey is run for it, or something else. */
  awsFiles: 'absent' | 'latchkey' | 'other'
}

/** Every profile that can be asked for, sorted by name. None is checked. */
export function listProfiles(settings: AwsSettings, shared: SharedConfig): ListedProfile[] {
  return profileNames(settings, shared).map((name) => {
    // The names come from files: `constructor` must not find what every object has.
    const own = [settings.profiles, settings.sources].find((section) => Object.hasOwn(section, name))?.[name]
    const written = shared.profiles.get(name)?.values
    const region = own?.region ?? written?.get('region')
    return {
      name,
      ...(region === undefined ? {} : { region }),
      definedIn: own === undefined ? 'aws-files' : 'config.toml',
      awsFiles: written === undefined ? 'absent' : runsLatchkey(written) ? 'latchkey' : 'other',
    }
  })
}

function runsLatchkey(values: ReadonlyMap<string, string>): boolean {
  const line = values.get('credential_process')
  return line !== undefined && parseCredentialProcess(line).type === 'own'
}
