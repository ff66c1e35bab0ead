import * as v from 'valibot'

/** A read-only list of items. */
export const listOf = <Schema extends v.GenericSchema>(item: Schema) => v.pipe(v.array(item), v.readonly())

/** UTC with whole seconds and Z. */
export const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/))

/** A count: zero or more. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A failure that is reported: what is wrong and what to run. */
export const reportedError = v.object({ code: v.string(), message: v.string(), hint: v.exactOptional(v.string()) })
/** Such a failure. */
export type ReportedError = v.InferOutput<typeof reportedError>

/** A long-term key; `seen` is what AWS said of it when it was last asked, and absent if it never was. */
export const reportedKey = v.object({
  source: v.string(),
  accessKeyId: v.string(),
  seen: v.exactOptional(
    v.object({
      createdAt: time,
      lastUsedAt: v.exactOptional(time),
      use: v.picklist(['used', 'never', 'unknown']),
      seenAt: time,
      /** It is older than it should be. */
      warning: v.exactOptional(v.string()),
    }),
  ),
  /** A rotation that is not finished: it has stopped on its way, or the former key is inactive and still there. */
  rotation: v.exactOptional(
    v.object({
      state: v.picklist(['under-way', 'retired']),
      formerKeyId: v.string(),
      retiredAt: v.exactOptional(time),
    }),
  ),
})
/** Such a key. */
export type ReportedKey = v.InferOutput<typeof reportedKey>

/**
 * The parts of config.toml that have no effect, and why. A faulty section is `off`, or stays as it was before the file was
 * edited (`former`); what belongs to no section is `ignored`. A message begins with file, line and column.
 */
export const configReport = v.object({
  file: v.string(),
  errors: listOf(
    v.object({
      ...reportedError.entries,
      section: v.exactOptional(v.string()),
      effect: v.picklist(['off', 'former', 'ignored']),
    }),
  ),
  /** What is ignored, or waits for a restart. */
  warnings: listOf(v.string()),
})

/** A long-term key as it is handed over. */
export const accessKey = v.strictObject({
  accessKeyId: v.pipe(v.string(), v.regex(/^AKIA[A-Z0-9]{12,124}$/, 'not a long-term access key id (AKIA…)')),
  secretAccessKey: v.pipe(v.string(), v.minLength(16), v.maxLength(256)),
})

/** What became of a key that was handed over. `arn` is its owner, if AWS was asked. */
export const keptKey = v.object({
  source: v.string(),
  accessKeyId: v.string(),
  isVerified: v.boolean(),
  arn: v.exactOptional(v.string()),
})

/** An MFA session must be begun first (`awsLogin`), and the call repeated: it asks nobody itself. */
export const sessionNeeded = v.object({ type: v.literal('session-needed') })

/** What is public of a static key, and its settings. */
export const staticKey = v.object({
  name: v.string(),
  /** A line of a .pub file. */
  key: v.string(),
  fingerprint: v.string(),
  /** Absent: every host. */
  hosts: v.exactOptional(listOf(v.string())),
  /** A person has to confirm each use. */
  mustConfirm: v.exactOptional(v.literal(true)),
  /** How long it stays in memory once it was needed; absent: until the daemon ends. */
  lifetimeSeconds: v.exactOptional(v.number()),
  /** Whether it is in memory. */
  isLoaded: v.boolean(),
  /** Why it could not be loaded when it was last needed. */
  error: v.exactOptional(reportedError),
})
/** Such a key. */
export type StaticKeyStatus = v.InferOutput<typeof staticKey>

/** The static keys that the agent has, and why it does not know of them all. */
export const staticKeyList = v.object({ keys: listOf(staticKey), error: v.exactOptional(reportedError) })
