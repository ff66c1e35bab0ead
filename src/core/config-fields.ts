import * as v from 'valibot'

/** A text of the configuration that is not empty. */
export const textField = v.pipe(v.string(), v.minLength(1, 'must not be empty'))

/** A file: absolute, or from the home folder with `~/`. */
export const pathField = v.pipe(v.string(), v.regex(/^(\/|~\/)/, 'not an absolute path (it may start with ~/)'))
