import { sectionHeader } from '../../core/text/section-name.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { AwsError } from '../aws-error.ts'
import type { AwsSettings } from '../config/settings.ts'
import type { SharedConfig } from '../config/shared-config.ts'
import { namedSources } from './known-sources.ts'

/** Says more about a missing key: that it stands in a file, or that the profile probably is a role. */
export function adviseOnMissingKey(
  error: AwsError,
  settings: AwsSettings,
  shared: SharedConfig,
  source: string,
): AwsError {
  const written = shared.profiles.get(source)
  // As Leapp and saml2aws write them (Leapp, aws-iam-user-service.ts, applyCredentials).
  if (written?.isTemporaryKey === true) {
    const what = `${error.message}; the AWS credentials file has temporary ones, which another tool wrote`
    return new AwsError('AWS_KEY_MISSING', what, {
      cause: error,
      hint: `let that tool and the AWS CLI use the profile, or give latchkey the user's long-term key: latchkey aws keys add ${shellWord(source)}`,
    })
  }
  // A key that stands in a file in plaintext is not used, but it can be moved.
  if (written?.hasPlaintextKey === true) {
    return new AwsError('AWS_KEY_MISSING', `${error.message}; the one in the AWS credentials file is not used`, {
      cause: error,
      hint: `latchkey aws keys import --profile ${shellWord(source)}`,
    })
  }
  const isSource = namedSources(settings, shared).includes(source) || written?.values.has('mfa_serial') === true
  if (isSource || written === undefined) return error
  // Most likely a role of another config.toml: the usual hint would have people store a long-term key under its name.
  return new AwsError('AWS_KEY_MISSING', `profile ${source} has no role and no key that latchkey knows`, {
    cause: error,
    hint: `for a role add ${sectionHeader('aws', 'profile', source)} to config.toml (latchkey status names the file); for a key of its own: latchkey aws keys add ${shellWord(source)}`,
  })
}
