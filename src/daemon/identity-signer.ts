import type { AwsCredentials } from '../aws/aws-credentials.ts'
import { AwsError } from '../aws/aws-error.ts'
import type { SigningCredentials } from '../aws/credentials.ts'
import type { IdentityRequest, IdentitySigner, SignedIdentityRequest } from '../vault/login/identity-signer.ts'
import { VaultError } from '../vault/vault-error.ts'

/** Signs with given credentials; loads the SDK where that has not been loaded. */
export type SignIdentity = (
  request: Omit<IdentityRequest, 'profile'> & { credentials: SigningCredentials },
) => Promise<SignedIdentityRequest>

/** Where the rooms of AWS and Vault meet: profiles of the one log in to the other. */
export function createIdentitySigner(
  aws: () => Pick<AwsCredentials, 'credentials'>,
  signIdentity: SignIdentity,
): IdentitySigner {
  return {
    async prepare(profile, caller) {
      await aws().credentials(profile, caller)
    },
    async sign({ profile, ...request }) {
      try {
        const credentials = await aws().credentials(profile, { mayPrompt: false })
        return await signIdentity({ ...request, credentials })
      } catch (cause) {
        if (cause instanceof AwsError) throw asVaultError(profile, cause)
        throw cause
      }
    },
  }
}

/** Without a code nobody can log in but by a person; a network that is down passes; the rest has to be mended. */
function asVaultError(profile: string, cause: AwsError): VaultError {
  const code =
    cause.code === 'AWS_MFA_NEEDED'
      ? 'VAULT_LOGIN_NEEDED'
      : cause.code === 'AWS_UNREACHABLE' || cause.code === 'AWS_THROTTLED'
        ? 'VAULT_LOGIN_LOCKED'
        : 'VAULT_CONFIG'
  return new VaultError(code, `profile ${profile}: ${cause.message}`, { cause, hint: cause.hint })
}
