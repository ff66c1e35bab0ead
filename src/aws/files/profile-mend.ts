import { credentialProcess, profileHeader } from '../../core/text/aws-config-block.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { parseSharedConfig, type SharedProfile } from '../config/shared-config.ts'
import { chainedRoleMaxSeconds } from '../plan/field-rules.ts'
import { sectionOf, withLine, withoutEntry, withValue } from './section-edit.ts'

/** A key that leaves the AWS files: whose it was, and under which name latchkey has it. */
export interface MovedKey {
  profile: string
  source: string
}

/** What the AWS tools' files are without the keys, and what else decides how their profiles go on. */
export interface MendRequest {
  config: string
  credentials: string
  moved: readonly MovedKey[]
  /** Absolute path of the command. */
  latchkey: string
  /** The sources of config.toml, with their devices. */
  sources: ReadonlyMap<string, { mfaSerial?: string | undefined }>
}

/** What becomes of the config file. */
export interface Mend {
  /** Its text after each change, one place at a time. */
  steps: readonly string[]
  /** What a person has to look at. */
  notes: readonly string[]
}

/** The keys of a section that say where credentials come from, so that `credential_process` would contradict them. */
const otherOrigin =
  /^(credential_process|credential_source|web_identity_token_file|login_session|sso_session|sso_start_url)$/

/**
 * Leads the profiles that used a key to latchkey: the profile gets `credential_process`, which yields the session of the
 * source. A role that its own key assumed gets another profile as its source, since no SDK takes `credential_process`
 * beside `role_arn` as it is meant. The device of a role moves to that source: a session that proves it needs no second
 * code, and no SDK asks for one (AWS SDKs and Tools Reference Guide, "Assume role credential provider").
 */
export function mendProfiles(request: MendRequest): Mend {
  const steps: string[] = []
  const notes: string[] = []
  let text = request.config
  const step = (next: string) => {
    if (next !== text) steps.push(next)
    text = next
  }
  const profiles = () => parseSharedConfig({ config: text, credentials: request.credentials }).profiles
  const add = (profile: string, line: string) => {
    const header = profileHeader(profile)
    if (header === undefined)
      notes.push(`${profile} is not a name that all AWS tools can read: it gets no ${line.split(' ')[0]}`)
    else step(withLine(text, profile, line, header))
  }

  for (const { profile, source } of request.moved) {
    const process = credentialProcess(source, request.latchkey)
    const values = profiles().get(profile)?.values ?? new Map<string, string>()
    const origin = [...values.keys()].find((key) => otherOrigin.test(key))
    if (values.has('role_arn')) {
      if (values.get('source_profile') !== profile) continue
      const next = withValue(text, profile, 'source_profile', source)
      if (next === text) {
        notes.push(
          `${profile} has its role in the credentials file: move its section to the config file, with source_profile = ${source}`,
        )
        continue
      }
      step(next)
      if (sectionOf(text, source) === undefined) add(source, process)
    } else if (origin !== undefined) {
      notes.push(`${profile} has ${origin} too, from which the AWS tools get its credentials now`)
      continue
    } else {
      add(profile, process)
      if (source !== profile && !request.sources.has(source) && sectionOf(text, source) === undefined)
        add(source, credentialProcess(source, request.latchkey))
    }
    const sources = values.has('role_arn') ? [source] : [profile, source]
    for (const name of rolesWith(profiles(), sources)) mendRole(name, source)
  }
  return { steps, notes }

  function mendRole(name: string, source: string): void {
    const values = profiles().get(name)!.values
    if (Number(values.get('duration_seconds')) > chainedRoleMaxSeconds) {
      step(withoutEntry(text, name, 'duration_seconds'))
      notes.push(`${name} lasts for an hour at a time, as AWS limits roles that a session assumes, and is renewed`)
    }
    const serial = values.get('mfa_serial')
    if (serial === undefined) return
    const own = request.sources.get(source)
    const held = own === undefined ? profiles().get(source)?.values.get('mfa_serial') : own.mfaSerial
    if (held === undefined && own === undefined) add(source, `mfa_serial = ${serial}`)
    else if (held !== serial) {
      notes.push(
        `${name} has another MFA device than ${source}: latchkey aws exec ${shellWord(name)} asks for its code, the AWS CLI too`,
      )
      return
    }
    step(withoutEntry(text, name, 'mfa_serial'))
  }
}

/** The roles that one of these profiles assumes. */
function rolesWith(profiles: ReadonlyMap<string, SharedProfile>, sources: readonly string[]): string[] {
  return [...profiles.values()]
    .filter(({ values }) => values.has('role_arn') && sources.includes(values.get('source_profile') ?? ''))
    .map(({ name }) => name)
}
