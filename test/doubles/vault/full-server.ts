import { createDevVault, type DevVault, type DevVaultOptions } from '../../../src/dev/vault/server.ts'
import { createHttpIntake } from './http/http-intake.ts'
import { jsonWords } from './http/json-words.ts'
import { type ListenOptions, listenOnLoopback, type TlsOptions } from './http/loopback.ts'
import { identity } from './identity/identity-plugin.ts'
import { loginMfa } from './identity/login-mfa.ts'
import { aws } from './login/aws.ts'
import { cert } from './login/cert.ts'
import { github } from './login/github.ts'
import { jwt } from './login/jwt.ts'
import { kubernetes } from './login/kubernetes.ts'
import { ldap } from './login/ldap.ts'
import { lockouts } from './login/lockouts.ts'
import { networkBinding } from './login/network-binding.ts'
import { oidc } from './login/oidc.ts'
import { okta } from './login/okta.ts'
import { radius } from './login/radius.ts'
import { secretIdAdministration } from './login/secret-id-administration.ts'
import { userAdministration } from './login/user-administration.ts'
import { capabilities } from './policy/capabilities.ts'
import { fullPolicies } from './policy/full-policies.ts'
import { legacyPolicies } from './policy/legacy-policies.ts'
import { keyWords } from './ssh/key-forms.ts'
import { keyLengths } from './ssh/key-lengths.ts'
import { otpRoles } from './ssh/otp-roles.ts'
import { roleTemplates } from './ssh/role-templates.ts'
import { sshIssue } from './ssh/ssh-issue.ts'
import { sshIssuers } from './ssh/ssh-issuers.ts'
import { mountTuning } from './system/mount-tuning.ts'
import { namespaces } from './system/namespaces.ts'
import { quotas } from './system/quotas.ts'
import { createSeal } from './system/seal.ts'
import { tools } from './system/tools.ts'
import { wrapping } from './system/wrapping.ts'
import { batchTokens } from './token/batch-tokens.ts'
import { inlineAuth } from './token/inline-auth.ts'
import { tokenAdministration } from './token/token-administration.ts'

/** What it is started with: like the development Vault, and where. */
export interface FullVaultOptions extends Omit<DevVaultOptions, 'listen'> {
  listen?: ListenOptions
  tls?: TlsOptions
}

/** The development Vault with all that the tests add to it. */
export interface FullVault extends DevVault {
  socketPath: string | undefined
  unsealKey: string
  seal(): void
  unseal(): void
}

/** A plug-in goes here and nowhere else. */
const plugins = [
  jsonWords,
  networkBinding,
  lockouts,
  ldap,
  radius,
  okta,
  github,
  jwt,
  cert,
  aws,
  kubernetes,
  secretIdAdministration,
  userAdministration,
  oidc,
  identity,
  capabilities,
  fullPolicies,
  legacyPolicies,
  sshIssuers,
  sshIssue,
  otpRoles,
  roleTemplates,
  keyLengths,
  keyWords,
  mountTuning,
  tokenAdministration,
  batchTokens,
  // After every login, so that it sees what that has led to.
  loginMfa,
  wrapping,
  tools,
  // Around everything: first the namespace, then the login in the request, and a quota before both.
  namespaces,
  inlineAuth,
  quotas,
] as const

/** Starts a development Vault that has everything. @throws as `createDevVault` */
export async function createFullVault({
  listen = { port: 0 },
  tls,
  plugins: others = [],
  ...options
}: FullVaultOptions): Promise<FullVault> {
  const seal = createSeal()
  const vault = await createDevVault({
    ...options,
    listen: (serve) => listenOnLoopback(listen, tls, createHttpIntake(serve).accept),
    plugins: [seal.plugin, ...plugins, ...others],
  })
  const { seal: close, unseal } = seal
  return { ...vault, socketPath: listen.socketPath, unsealKey: seal.unsealKey(), seal: close, unseal }
}
