import * as v from 'valibot'
import { sectionNameMistake } from './text/section-name.ts'

/** A non-empty string of the configuration. */
export const textField = v.pipe(v.string(), v.minLength(1, 'must not be empty'))

/** A path: absolute, or starting with `~/` for the home folder. */
export const pathField = v.pipe(v.string(), v.regex(/^(\/|~\/)/, 'not an absolute path (it may start with ~/)'))

/** The NAME of `[section.NAME]`. */
export const sectionNameField = v.pipe(
  v.string(),
  v.check(
    (name) => sectionNameMistake(name) === undefined,
    ({ input }) => sectionNameMistake(input)!,
  ),
)
