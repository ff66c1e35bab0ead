import * as v from 'valibot'

/** A list of such items. */
export const listOf = <Schema extends v.GenericSchema>(item: Schema) => v.pipe(v.array(item), v.readonly())

/** UTC with whole seconds and Z. */
export const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/))

/** How many. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A failure that is told: what is wrong and what to run. */
export const reportedError = v.object({ code: v.string(), message: v.string(), hint: v.exactOptional(v.string()) })
/** Such a failure. */
export type ReportedError = v.InferOutput<typeof reportedError>

/**
 * What of config.toml does not count, and why. A section that is wrong is `off`, or goes on as it was before the file was
 * edited (`former`); `ignored` is what is in no section. A message begins with file, line and column.
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
  /** What is passed over, or waits for a restart. */
  warnings: listOf(v.string()),
})
