import type { AwsSettings } from './settings.ts'
import type { SharedConfig } from './shared-config.ts'

/** What the files say of a source. */
export interface SourceSection {
  /** config.toml wins where both have it. */
  definedIn: 'config.toml' | 'aws-files'
  mfaSerial?: string
}

/** The section of a source; undefined where no file has one. */
export function findSourceSection(
  { sources }: AwsSettings,
  { profiles }: SharedConfig,
  name: string,
): SourceSection | undefined {
  const own = Object.hasOwn(sources, name) ? sources[name] : undefined
  const shared = profiles.get(name)?.values
  if (own === undefined && shared === undefined) return undefined
  const mfaSerial = own === undefined ? shared?.get('mfa_serial') : own.mfa_serial
  return {
    definedIn: own === undefined ? 'aws-files' : 'config.toml',
    ...(mfaSerial === undefined ? {} : { mfaSerial }),
  }
}

/** The settings as they would be with a device in the section of a source, which is made if there is none. */
export function withDevice(settings: AwsSettings, name: string, mfaSerial: string | undefined): AwsSettings {
  const { sources } = settings
  const own = Object.hasOwn(sources, name) ? sources[name] : {}
  return {
    ...settings,
    sources: { ...sources, [name]: { ...own, ...(mfaSerial === undefined ? {} : { mfa_serial: mfaSerial }) } },
  }
}
