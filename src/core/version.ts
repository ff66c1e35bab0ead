declare const LATCHKEY_VERSION: string | undefined

/** The version of package.json, put in by the build; `source` where the sources run unbuilt, as in tests. */
export const version: string = typeof LATCHKEY_VERSION === 'undefined' ? 'source' : LATCHKEY_VERSION
