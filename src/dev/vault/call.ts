/** A call as it came over HTTP. */
export interface VaultCall {
  method: string
  /** Decoded, without `/v1/`. */
  path: string
  query: URLSearchParams
  /** Undefined when it is not a JSON object. */
  body: Readonly<Record<string, unknown>> | undefined
  /** The body as it was sent. */
  text: string
  tokenId: string | undefined
  /** A header by its name in lower case; undefined where it is absent or empty. */
  header(name: string): string | undefined
  /** The names of all headers, in lower case. */
  headerNames: readonly string[]
  remoteAddress: string
}
