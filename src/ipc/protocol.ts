import * as v from 'valibot'

/**
 * The local API: HTTP/1.1 with JSON bodies on `api.sock`. An error answer is `{"error":{code,message,hint?}}` with an
 * honest status; 401 means that a person is needed. A 401 may lend a question to the caller (`error.prompt`): the
 * caller answers it with `POST /v1/prompts/{id}` **on the same connection**, which holds the lease, and then repeats
 * its request.
 *
 * Requests and answers are described as schemas: whoever gets one checks it before a word of it is used.
 */
export const maxBodyBytes = 64 * 1024

/** Request header that says how this caller may be asked: on its own terminal, by the daemon's prompt program, never. */
export const promptHeader = 'latchkey-prompt'
export const promptModes = ['terminal', 'program', 'never'] as const
export type PromptMode = (typeof promptModes)[number]

/** A question that is lent to the caller, with what its kind has besides (src/prompts/kinds). */
export interface LentPrompt {
  id: string
  kind: string
  text: string
  notice?: string
}

export interface ApiErrorBody {
  error: { code: string; message: string; hint?: string; prompt?: LentPrompt }
}

/**
 * `POST /v1/prompts/{id}`: answers 204; 404 `PROMPT_GONE` when the lease has ended; 400 `REQUEST_INVALID` for what cannot
 * be the answer, and then the question is still open. The answer is what a person would type, which its kind reads.
 */
export const promptAnswerSchema = v.union([
  v.strictObject({ answer: v.pipe(v.string(), v.maxLength(4096)) }),
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

const listOf = <Schema extends v.GenericSchema>(item: Schema) => v.pipe(v.array(item), v.readonly())
const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** `GET /v1/aws/keys` */
export const accessKeyListSchema = v.object({
  keys: listOf(v.object({ source: v.string(), accessKeyId: v.string() })),
})
export type AccessKeyList = v.InferOutput<typeof accessKeyListSchema>

/** `PUT /v1/aws/keys/{source}` and `POST /v1/aws/keys/import`: `arn` is whose key it is, where AWS was asked. */
export const keptKeySchema = v.object({
  source: v.string(),
  accessKeyId: v.string(),
  isVerified: v.boolean(),
  arn: v.exactOptional(v.string()),
})

/**
 * `GET /v1/aws/profiles`. Where a profile is defined: config.toml wins where both have it. What the AWS files have of it:
 * a section that asks latchkey, another one, or none.
 */
export const awsProfileListSchema = v.object({
  profiles: listOf(
    v.object({
      name: v.string(),
      region: v.exactOptional(v.string()),
      definedIn: v.picklist(['config.toml', 'aws-files']),
      awsFiles: v.picklist(['absent', 'latchkey', 'other']),
    }),
  ),
})
export type AwsProfileList = v.InferOutput<typeof awsProfileListSchema>

/** `POST /v1/aws/forget`: what was held and is gone, in words. */
export const forgottenSchema = v.object({ forgotten: listOf(v.string()) })
export type Forgotten = v.InferOutput<typeof forgottenSchema>

/** `POST /v1/login`: display name and policies of the token; `expiresAt` is absent for one that does not expire. */
export const loggedInSchema = v.object({
  vault: v.string(),
  displayName: v.string(),
  policies: listOf(v.string()),
  expiresAt: v.exactOptional(time),
})
export type LoggedIn = v.InferOutput<typeof loggedInSchema>

/** A reported failure: what is wrong and what to run. */
const reportedErrorSchema = v.object({ code: v.string(), message: v.string(), hint: v.exactOptional(v.string()) })
export type ReportedError = v.InferOutput<typeof reportedErrorSchema>

/** All times are UTC with whole seconds and Z. */
const sshIdentityStatusSchema = v.object({
  name: v.string(),
  vault: v.string(),
  role: v.string(),
  /** `none`: no certificate yet, or it has expired. */
  state: v.picklist(['fresh', 'advisory', 'mandatory', 'none']),
  keyType: v.string(),
  principals: listOf(v.string()),
  keyId: v.exactOptional(v.string()),
  /** Digits: larger than a JSON number can be. */
  serial: v.exactOptional(v.pipe(v.string(), v.regex(/^\d{1,20}$/))),
  validBefore: v.exactOptional(time),
  /** In what the certificate differs from what was asked for. */
  warnings: v.exactOptional(listOf(v.string())),
  error: v.exactOptional(reportedErrorSchema),
})
export type SshIdentityStatus = v.InferOutput<typeof sshIdentityStatusSchema>

const vaultStatusSchema = v.object({
  name: v.string(),
  address: v.string(),
  method: v.string(),
  /** `idle`: logs in by itself when it is needed. */
  state: v.picklist(['logged-in', 'idle', 'logged-out']),
  expiresAt: v.exactOptional(time),
  error: v.exactOptional(reportedErrorSchema),
})
export type VaultStatus = v.InferOutput<typeof vaultStatusSchema>

/** `GET /v1/status` */
export const statusSchema = v.object({
  version: v.string(),
  pid: count,
  startedAt: time,
  configFile: v.string(),
  sockets: v.object({ agent: v.string(), api: v.string() }),
  keychain: v.object({ description: v.string(), error: v.exactOptional(reportedErrorSchema) }),
  ssh: v.object({ locked: v.boolean(), addedKeys: count, identities: listOf(sshIdentityStatusSchema) }),
  vaults: listOf(vaultStatusSchema),
  aws: v.object({
    sessions: listOf(v.object({ source: v.string(), mfaSerial: v.string(), expiresAt: time })),
    roles: listOf(v.object({ profile: v.string(), roleArn: v.string(), expiresAt: time })),
    profiles: listOf(v.string()),
    /** Why none of the above can be told. */
    error: v.exactOptional(reportedErrorSchema),
  }),
})
export type Status = v.InferOutput<typeof statusSchema>
