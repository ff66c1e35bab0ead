import * as v from 'valibot'

/** A non-empty string of the configuration. */
export const textField = v.pipe(v.string(), v.minLength(1, 'must not be empty'))

/** A path: absolute, or starting with `~/` for the home folder. */
export const pathField = v.pipe(v.string(), v.regex(/^(\/|~\/)/, 'not an absolute path (it may start with ~/)'))
