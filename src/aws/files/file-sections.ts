import { parseCredentialProcess } from '../config/own-process.ts'
import { parseSharedConfig, type SharedConfigTexts, type SharedProfile } from '../config/shared-config.ts'

/** What the AWS tools' files have for a profile: nothing, a section that runs latchkey, or another one. */
export type SectionState = 'absent' | 'latchkey' | 'other'

/** The section of a profile in these files. */
export interface FileSection {
  state: Exclude<SectionState, 'absent'>
  isBlock: boolean
  /** The profile whose credentials assume its role. */
  source?: string
}

/** The sections of both files together, by profile. */
export function fileSections(texts: SharedConfigTexts): ReadonlyMap<string, FileSection> {
  const { profiles } = parseSharedConfig(texts)
  return new Map(
    [...profiles.values()].map((profile) => {
      const source = profile.values.has('role_arn') ? profile.values.get('source_profile') : undefined
      const state = processOf(profile)?.type === 'own' ? 'latchkey' : 'other'
      return [profile.name, { state, isBlock: isBlock(profile), ...(source === undefined ? {} : { source }) }]
    }),
  )
}

/**
 * Whether a section runs latchkey for its own profile, and says nothing else of credentials: without the profile in
 * config.toml it is what a command that was killed has left, or a person who edited config.toml.
 */
export function isBlock(profile: SharedProfile): boolean {
  const { name, values, hasPlaintextKey } = profile
  const process = processOf(profile)
  if (process?.type !== 'own' || process.profile !== name) return false
  return !hasPlaintextKey && !values.has('role_arn') && !values.has('mfa_serial')
}

function processOf({ values }: SharedProfile): ReturnType<typeof parseCredentialProcess> | undefined {
  const line = values.get('credential_process')
  return line === undefined ? undefined : parseCredentialProcess(line)
}
