declare const LATCHKEY_VERSION: string | undefined

/** The version in package.json, inserted by the build; `source` when the sources run unbuilt, as in tests. */
export const version: string = typeof LATCHKEY_VERSION === 'undefined' ? 'source' : LATCHKEY_VERSION
