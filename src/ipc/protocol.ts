import * as v from 'valibot'

/**
 * The local API: HTTP/1.1 with JSON bodies on `api.sock`. An error answer is `{"error":{code,message,hint?}}` with an
 * honest status; 401 means that a person is needed. A 401 may lend a question to the caller (`error.prompt`): the
 * caller answers it with `POST /v1/prompts/{id}` **on the same connection**, which holds the lease, and then repeats
 * its request.
 */
export const maxBodyBytes = 64 * 1024

/** Request header that says how this caller may be asked: on its own terminal, by the daemon's prompt program, never. */
export const promptHeader = 'latchkey-prompt'
export const promptModes = ['terminal', 'program', 'never'] as const
export type PromptMode = (typeof promptModes)[number]

/** A question that is lent to the caller. */
export interface LentPrompt {
  id: string
  kind: 'mfa-code' | 'password' | 'token'
  text: string
  notice?: string
}

export interface ApiErrorBody {
  error: { code: string; message: string; hint?: string; prompt?: LentPrompt }
}

/** `POST /v1/prompts/{id}`: answers 204, or 404 `PROMPT_GONE` when the lease has ended. */
export const promptAnswerSchema = v.union([
  v.strictObject({ answer: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)) }),
  v.strictObject({ cancel: v.literal(true) }),
])
export type PromptAnswer = v.InferOutput<typeof promptAnswerSchema>

/** `POST /v1/login` and `POST /v1/logout`; without a name: the only configured Vault. */
export const vaultRequestSchema = v.strictObject({ vault: v.optional(v.string()) })
export type VaultRequest = v.InferOutput<typeof vaultRequestSchema>

/** `POST /v1/aws/forget` */
export const forgetRequestSchema = v.union([
  v.strictObject({ profile: v.string() }),
  v.strictObject({ all: v.literal(true) }),
])

/** `PUT /v1/aws/keys/{source}` */
export const accessKeySchema = v.strictObject({
  accessKeyId: v.pipe(v.string(), v.regex(/^AKIA[A-Z0-9]{12,124}$/, 'not a long-term access key id (AKIA…)')),
  secretAccessKey: v.pipe(v.string(), v.minLength(16), v.maxLength(256)),
})
export type AccessKeyRequest = v.InferOutput<typeof accessKeySchema>

/** `POST /v1/aws/keys/import`: takes the keys of `profile` out of an AWS credentials file into the keychain as `source`. */
export const importKeysSchema = v.strictObject({
  file: v.pipe(v.string(), v.startsWith('/', 'not an absolute path')),
  profile: v.string(),
  source: v.string(),
})
export type ImportKeysRequest = v.InferOutput<typeof importKeysSchema>

/** `GET /v1/aws/credentials/{profile}`: exactly what `credential_process` prints (AWS SDKs and Tools Reference Guide). */
export interface ProcessCredentials {
  Version: 1
  AccessKeyId: string
  SecretAccessKey: string
  SessionToken: string
  /** UTC, whole seconds, with Z. */
  Expiration: string
  AccountId?: string
}

/** `GET /v1/aws/keys` */
export interface AccessKeyList {
  keys: readonly { source: string; accessKeyId: string }[]
}

/** `POST /v1/aws/forget`: what was held and is gone, in words. */
export interface Forgotten {
  forgotten: readonly string[]
}

/** `POST /v1/login` */
export interface LoggedIn {
  vault: string
  /** Display name and policies of the token. */
  displayName: string
  policies: readonly string[]
  /** UTC with Z; absent for a token that does not expire. */
  expiresAt?: string
}

/** A reported failure: what is wrong and what to run. */
export interface ReportedError {
  code: string
  message: string
  hint?: string
}

/** All times are UTC with whole seconds and Z. */
export interface SshIdentityStatus {
  name: string
  vault: string
  role: string
  /** `none`: no certificate yet, or it has expired. */
  state: 'fresh' | 'advisory' | 'mandatory' | 'none'
  keyType: string
  principals: readonly string[]
  keyId?: string
  serial?: string
  validBefore?: string
  error?: ReportedError
}

export interface VaultStatus {
  name: string
  address: string
  method: string
  /** `idle`: logs in by itself when it is needed. */
  state: 'logged-in' | 'idle' | 'logged-out'
  expiresAt?: string
  error?: ReportedError
}

/** `GET /v1/status` */
export interface Status {
  version: string
  pid: number
  startedAt: string
  configFile: string
  sockets: { agent: string; api: string }
  keychain: { description: string; error?: ReportedError }
  ssh: { locked: boolean; addedKeys: number; identities: readonly SshIdentityStatus[] }
  vaults: readonly VaultStatus[]
  aws: {
    sessions: readonly { source: string; mfaSerial: string; expiresAt: string }[]
    roles: readonly { profile: string; roleArn: string; expiresAt: string }[]
    profiles: readonly string[]
  }
}
