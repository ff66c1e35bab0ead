import { sectionHeader } from '../../core/text/section-name.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { AwsError } from '../aws-error.ts'
import { parseCredentialProcess } from './own-process.ts'

type Values = ReadonlyMap<string, string>

/** Where credentials come from that latchkey does not get. */
interface Origin {
  /** In words. */
  what: string
  /** What makes the AWS tools themselves get them, where there is such a command. */
  command?: string
}

/** Tools that keep long-term keys for the AWS CLI: the key can be given to latchkey instead. */
const keyKeepers: Readonly<Record<string, string>> = {
  'aws-vault': 'aws-vault',
  granted: 'granted',
  dgranted: 'granted',
  leapp: 'Leapp',
}

/** Of a role with a web identity the AWS CLI does not look at source_profile (botocore, AssumeRoleProvider). */
export function hasWebIdentity(values: Values): boolean {
  return values.has('web_identity_token_file') || values.has('web_identity_token_process')
}

/**
 * The refusal of a profile whose credentials come neither from a key of ours nor from a role, or that runs latchkey in vain: by
 * the name of what it is, with what to do. Undefined where latchkey can serve it.
 */
export function refuseForeignOrigin(name: string, values: Values): AwsError | undefined {
  const origin = originOf(name, values)
  if (origin !== undefined) {
    const { what, command } = origin
    const itself = command === undefined ? '' : ` (${command})`
    return refusal(
      name,
      what,
      `let the AWS CLI use that profile itself${itself}, or add ${sectionHeader('aws', 'profile', name)} to config.toml`,
    )
  }
  const process = values.get('credential_process')
  const parsed = process === undefined ? undefined : parseCredentialProcess(process)
  if (parsed?.type === 'wrong')
    return new AwsError('AWS_PROFILE_INVALID', `profile ${name}: its credential_process ${parsed.mistake}`, {
      hint: 'what to write instead: latchkey aws check --offline',
    })
  if (parsed?.type !== 'foreign') return undefined
  const keeper = keyKeepers[parsed.program.split('/').at(-1)!]
  if (keeper === undefined) {
    return refusal(
      name,
      `another program (${parsed.program})`,
      `let the AWS CLI use that profile itself, or add ${sectionHeader('aws', 'profile', name)} to config.toml`,
    )
  }
  return refusal(
    name,
    `${keeper} (${parsed.program})`,
    `give latchkey its key: latchkey aws keys add ${shellWord(name)}, then take credential_process out of the profile; for a role add ${sectionHeader('aws', 'profile', name)} to config.toml`,
  )
}

function originOf(name: string, values: Values): Origin | undefined {
  const key = (prefix: string) => [...values.keys()].find((candidate) => candidate.startsWith(prefix))
  if (values.has('credential_source')) {
    return { what: `this machine (credential_source ${values.get('credential_source')})` }
  }
  if (hasWebIdentity(values)) return { what: 'a web identity token' }
  const sso = key('sso_') ?? key('granted_sso_')
  if (sso !== undefined) {
    return { what: `IAM Identity Center (${sso})`, command: `aws sso login --profile ${shellWord(name)}` }
  }
  if (values.has('login_session')) {
    return { what: 'a browser sign-in (login_session)', command: `aws login --profile ${shellWord(name)}` }
  }
  const azure = key('azure_')
  if (azure !== undefined) return { what: `Microsoft Entra, by aws-azure-login (${azure})` }
  const google = key('google_config.')
  return google === undefined ? undefined : { what: `Google, by aws-google-auth (${google})` }
}

function refusal(name: string, what: string, hint: string): AwsError {
  const message = `profile ${name} gets its credentials from ${what}, which latchkey does not use`
  return new AwsError('AWS_PROFILE_UNSUPPORTED', message, { hint })
}
