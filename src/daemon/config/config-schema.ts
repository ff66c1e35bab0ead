import * as v from 'valibot'
import { type BrowserSetting, browserMistake } from '../../aws/console/browser-commands.ts'
import { type CheckedField, deviceMistake, fieldMistake } from '../../aws/plan/field-rules.ts'
import { urlMistake } from '../../aws/plan/sts-endpoint.ts'
import { pathField as path, sectionNameField as sectionName, textField as text } from '../../core/config-fields.ts'
import { isUtcTime } from '../../core/time/utc-time.ts'
import { programChoices } from '../../prompts/programs/programs.ts'
import { authSchema } from '../../vault/login/login-methods.ts'
import { duration, keyFingerprint, stringMap } from './schema-fields.ts'
import { addedKeySchema, hostCaSchema, identitySchema, sshSchema, upstreamSchema } from './ssh-schema.ts'

/** A text that can be sent to STS as this field: what could not is said before anybody needs it. */
const awsField = (field: CheckedField) =>
  v.pipe(
    text,
    v.check(
      (value) => fieldMistake(field, value) === undefined,
      ({ input }) => fieldMistake(field, input)!,
    ),
  )
const mfaSerial = v.pipe(
  awsField('mfaSerial'),
  v.check(
    (serial) => deviceMistake(serial) === undefined,
    ({ input }) => deviceMistake(input)!.says,
  ),
)

/** A command: a list of its words, or a line for a shell. */
const command = v.pipe(
  v.unknown(),
  v.check((written) => {
    const words = Array.isArray(written) ? written : [written]
    return words.length > 0 && words.every((word) => typeof word === 'string') && words[0] !== ''
  }, 'not a command: write ["PROGRAM", "ARGUMENT"], or one line for a shell'),
  v.transform((written) => written as string | readonly string[]),
)

/** `[section.NAME]`: names are shown in tables and in commands to type. */
const named = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.record(sectionName, schema))

/** Where STS is asked, in the place of the usual endpoint of the region. */
const stsEndpoint = {
  endpoint_url: v.optional(
    v.pipe(
      text,
      v.check(
        (url) => urlMistake(url) === undefined,
        ({ input }) => urlMistake(input)!,
      ),
    ),
  ),
  use_fips_endpoint: v.optional(v.boolean()),
  use_dualstack_endpoint: v.optional(v.boolean()),
}

/** How consoles are opened. */
const browser = v.pipe(
  v.unknown(),
  v.check(
    (setting) => browserMistake(setting) === undefined,
    ({ input }) => browserMistake(input)!,
  ),
  v.transform((setting) => setting as BrowserSetting),
)

/** One `[vault.NAME]`. */
export const vaultSchema = v.strictObject({
  address: v.optional(
    v.pipe(v.string(), v.regex(/^(https?|unix):\/\//, 'not an http://, https:// or unix:// address')),
  ),
  namespace: v.optional(v.string()),
  auth: v.optional(authSchema),
  ca_file: v.optional(path),
  client_cert_file: v.optional(path),
  client_key_file: v.optional(path),
  server_name: v.optional(text),
  timeout: v.optional(duration(1, 600, '1s to 10m')),
  max_retries: v.optional(
    v.pipe(
      v.number(),
      v.integer('not a whole number'),
      v.minValue(0, 'is less than 0'),
      v.maxValue(10, 'is more than 10'),
    ),
  ),
  srv_lookup: v.optional(v.boolean()),
  redirect_hosts: v.optional(
    v.array(
      v.pipe(
        v.string(),
        v.regex(
          /^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i,
          'not a host, such as "vault-2.example.com" or "vault-2.example.com:8200"',
        ),
      ),
    ),
  ),
})

/** One `[aws.profile.NAME]`. */
export const profileSchema = v.strictObject({
  account: v.optional(v.pipe(v.string(), v.regex(/^\d{12}$/, 'not a 12-digit account id'))),
  role: text,
  source: text,
  region: v.optional(awsField('region')),
  duration: v.optional(duration(900, 43_200, '15m to 12h')),
  mode: v.optional(v.picklist(['session', 'direct'])),
  external_id: v.optional(awsField('externalId')),
  session_name: v.optional(awsField('sessionName')),
  session_tags: v.optional(stringMap),
  transitive_session_tags: v.optional(v.array(text)),
  source_identity: v.optional(text),
  policy: v.optional(text),
  policy_arns: v.optional(v.array(text)),
  ...stsEndpoint,
  account_alias: v.optional(awsField('accountAlias')),
  color: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{6}$/, 'not six hexadecimal digits, such as "d13212"'))),
  until: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => isUtcTime(text), 'not a time in UTC, such as "2026-01-02T03:04:05Z"'),
    ),
  ),
  synced_from: v.optional(
    v.pipe(text, v.regex(/^(\/|~\/|https?:\/\/|organizations:)/, 'neither a file nor an address nor organizations:…')),
  ),
  browser: v.optional(browser),
})

/** One `[aws.source.NAME]`. */
export const sourceSchema = v.strictObject({
  mfa_serial: v.optional(mfaSerial),
  mfa_process: v.optional(command),
  session_duration: v.optional(duration(900, 129_600, '15m to 36h')),
  max_key_age: v.optional(duration(86_400, 315_360_000, '1d to 3650d')),
  region: v.optional(awsField('region')),
  ...stsEndpoint,
})

/** `[aws.console]` */
export const consoleSchema = v.strictObject({ browser: v.optional(browser) })

/** `[keychain]` */
export const keychainSchema = v.strictObject({
  store: v.optional(v.picklist(['auto', 'os', 'file', 'memory'])),
  file: v.optional(path),
})

/** A program by its path, or one of those that are known. */
const promptProgram = v.pipe(
  v.string(),
  v.check(
    (choice) => /^(\/|~\/)/.test(choice) || programChoices.includes(choice),
    `not an absolute path (it may start with ~/), and not one of ${programChoices.join(', ')}`,
  ),
)

/** `[prompt]` */
export const promptSchema = v.strictObject({
  program: v.optional(promptProgram),
  terminal: v.optional(v.boolean()),
  log: v.optional(path),
})

/** `[log]` */
export const logSchema = v.strictObject({ level: v.optional(v.picklist(['debug', 'info', 'warn', 'error'])) })

/** The form of config.toml: unknown keys are errors. docs/CONFIGURATION.md documents every field. */
export const configSchema = v.strictObject({
  vault: named(vaultSchema),
  ssh: v.optional(
    v.strictObject({
      ...sshSchema.entries,
      identity: named(identitySchema),
      host_ca: named(hostCaSchema),
      upstream: named(upstreamSchema),
      added_key: v.optional(v.record(keyFingerprint, addedKeySchema)),
    }),
  ),
  aws: v.optional(
    v.strictObject({ profile: named(profileSchema), source: named(sourceSchema), console: v.optional(consoleSchema) }),
  ),
  keychain: v.optional(keychainSchema),
  prompt: v.optional(promptSchema),
  log: v.optional(logSchema),
})
