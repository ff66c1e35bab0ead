import * as v from 'valibot'
import { signUseMistake } from '../../agent/connection/sign-policy.ts'
import { hostPatternMistake, onlyExcludes } from '../../agent/destination/host-patterns.ts'
import { confirmPolicies } from '../../agent/keys/key-store.ts'
import { hardwareKinds } from '../../agent/protocol/messages.ts'
import { pathField as path, textField as text } from '../../core/config-fields.ts'
import { keyGenerators } from '../../ssh/keys/key-types.ts'
import { isExclusion, listedPatternMistake } from '../../ssh/known-hosts/pattern-list.ts'
import { mountField, nameField } from '../../vault/path-fields.ts'
import { duration, keyFingerprint, stringMap } from './schema-fields.ts'

/** Vault separates the names by commas (`valid_principals` of ssh/sign), so it would read a name with a comma as two. */
const principal = v.pipe(
  text,
  v.regex(/^[^,]+$/, 'a comma separates two principals: write ["a", "b"]'),
  v.regex(/^\S(.*\S)?$/su, 'begins or ends with a blank'),
)

/** Which hosts a key is for. */
const hosts = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.check(
        (pattern) => hostPatternMistake(pattern) === undefined,
        ({ input }) => hostPatternMistake(input)!,
      ),
    ),
  ),
  v.minLength(1, 'leave it out for every host'),
  v.check((patterns) => !patterns.every(isExclusion), onlyExcludes),
)

/** What a key may sign. */
const sign = v.optional(
  v.array(
    v.pipe(
      v.string(),
      v.check(
        (use) => signUseMistake(use) === undefined,
        ({ input }) => signUseMistake(input)!,
      ),
    ),
  ),
)

/** One `[ssh.identity.NAME]`. */
export const identitySchema = v.strictObject({
  vault: v.optional(text),
  mount: v.optional(mountField),
  role: nameField,
  principals: v.optional(v.pipe(v.array(principal), v.minLength(1, 'leave it out to use the role’s default user'))),
  ttl: v.optional(duration(60, 31_536_000, '1m to 365d')),
  extensions: v.optional(stringMap),
  critical_options: v.optional(stringMap),
  renew: v.optional(v.picklist(['always', 'when-used', 'on-demand'])),
  /** `confirm`: `allow`, and `confirm = "forwarded"`. */
  forward: v.optional(v.picklist(['never', 'confirm', 'allow'])),
  confirm: v.optional(v.picklist(confirmPolicies)),
  /** The former name of `forward`. */
  forwarding: v.optional(v.boolean()),
  sign,
  hosts: v.optional(hosts),
  list_key: v.optional(v.boolean()),
  socket: v.optional(v.boolean()),
  key_type: v.optional(v.picklist(keyGenerators.map(({ name }) => name))),
  /** A key of another agent is certified. */
  upstream_key: v.optional(keyFingerprint),
  /** A certificate with more than was asked for is refused. */
  strict: v.optional(v.boolean()),
  /** The CAs that may have signed. */
  ca: v.optional(
    v.union([keyFingerprint, v.pipe(v.array(keyFingerprint), v.minLength(1, 'leave it out to take any CA'))]),
  ),
})

/** One `[ssh.upstream.NAME]`: another agent. */
export const upstreamSchema = v.strictObject({
  socket: path,
  /** Which keys of `ssh-add` it takes. */
  adds: v.optional(v.array(v.picklist(hardwareKinds))),
  forward: v.optional(v.picklist(['never', 'confirm', 'allow'])),
  confirm: v.optional(v.picklist(confirmPolicies)),
  sign,
  hosts: v.optional(hosts),
})

/** One `[ssh.added_key."SHA256:…"]`. */
export const addedKeySchema = v.strictObject({ hosts })

/** The hosts of a line in known_hosts. */
const listedHosts = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.check(
        (pattern) => listedPatternMistake(pattern) === undefined,
        ({ input }) => listedPatternMistake(input)!,
      ),
    ),
  ),
  v.check((patterns) => !patterns.every(isExclusion), 'names no host'),
  v.maxLength(100, 'more than 100 entries: write patterns'),
)

/** One `[ssh.host_ca.NAME]`: a CA that certifies hosts. */
export const hostCaSchema = v.strictObject({
  vault: v.optional(text),
  mount: v.optional(mountField),
  hosts: listedHosts,
  /** Whether a pattern in `hosts` may fit whatever a host is called. */
  every_host: v.optional(v.boolean()),
  /** Besides the default one. */
  issuers: v.optional(v.pipe(v.array(nameField), v.maxLength(16, 'more than 16 issuers'))),
  /** Signs for `ssh host-sign`. */
  role: v.optional(nameField),
})

/** `[ssh]`, without the sections in it. */
export const sshSchema = v.strictObject({
  known_hosts: v.optional(v.array(path)),
  order: v.optional(v.picklist(['identities-first', 'added-first'])),
  lifetime: v.optional(duration(1, 31_536_000, '1s to 365d')),
  added_keys_forwarded: v.optional(v.picklist(['all', 'login'])),
  unbound_max: v.optional(v.pipe(v.number(), v.integer('not a whole number'), v.minValue(0, 'is less than 0'))),
})
