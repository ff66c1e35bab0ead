import * as v from 'valibot'

/** A list of such items. */
export const listOf = <Schema extends v.GenericSchema>(item: Schema) => v.pipe(v.array(item), v.readonly())

/** UTC with whole seconds and Z. */
export const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/))

/** How many. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A failure that is told: what is wrong and what to run. */
export const reportedError = v.object({ code: v.string(), message: v.string(), hint: v.exactOptional(v.string()) })
export type ReportedError = v.InferOutput<typeof reportedError>
