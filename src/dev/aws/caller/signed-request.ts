import { AwsRefusal } from '../protocol/refusal.ts'

/** An HTTP request as it came over the wire, before anything is decoded. */
export interface SignedRequest {
  method: string
  /** Without the question mark. */
  query: string
  /** Names and values as sent, in their order. */
  headers: readonly (readonly [name: string, value: string])[]
  body: Uint8Array
}

/** What the Authorization header says about the signature; none of it is checked yet. */
export interface SignatureClaim {
  accessKeyId: string
  scope: { date: string; region: string; service: string; terminator: string }
  /** Lower case, sorted, each once. */
  signedHeaders: readonly string[]
  /** As sent: `20150830T123600Z` */
  timestamp: string
  signature: string
}

const algorithm = 'AWS4-HMAC-SHA256'
const parameters = ['Credential', 'Signature', 'SignedHeaders'] as const

/** All values of one header. @param name in lower case */
export function headerValues(request: SignedRequest, name: string): readonly string[] {
  return request.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

/**
 * Reads the Authorization header of Signature Version 4. The wording of each refusal is AWS's, less the header itself,
 * which AWS repeats: somebody's bearer token may be in it.
 * @throws {AwsRefusal} MissingAuthenticationToken, IncompleteSignature
 */
export function readSignatureClaim(request: SignedRequest): SignatureClaim {
  const [authorization, ...others] = headerValues(request, 'authorization')
  if (authorization === undefined) {
    throw new AwsRefusal('MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  if (others.length > 0) throw incomplete('There must be one Authorization header.')
  const [claimed, ...rest] = authorization.split(' ')
  if (claimed !== algorithm) throw incomplete(`Unsupported AWS 'algorithm' (only ${algorithm} for now).`)
  const given = readParameters(rest.join(' '))
  const timestamp = headerValues(request, 'x-amz-date')[0]
  const missing = parameters
    .filter((name) => !given.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`)
  if (timestamp === undefined) missing.push("Authorization header requires existence of a 'X-Amz-Date' header.")
  if (missing.length > 0) throw incomplete(missing.join(' '))
  const signedHeaders = new Set(given.get('SignedHeaders')!.toLowerCase().split(';'))
  return {
    ...readCredential(given.get('Credential')!),
    signedHeaders: [...signedHeaders].sort(),
    timestamp: timestamp!,
    signature: given.get('Signature')!,
  }
}

function readParameters(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim().split(/=(.*)/, 2))
  if (pairs.some((pair) => pair.length < 2)) {
    throw incomplete('Not a valid key=value pair (missing equal-sign) in Authorization header.')
  }
  return new Map(pairs.map(([name, value]) => [name!, value!]))
}

function readCredential(credential: string): Pick<SignatureClaim, 'accessKeyId' | 'scope'> {
  const parts = credential.split('/')
  const [accessKeyId, date, region, service, terminator] = parts
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service || !terminator) {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    )
  }
  return { accessKeyId, scope: { date, region, service, terminator } }
}

function incomplete(message: string): AwsRefusal {
  return new AwsRefusal('IncompleteSignature', message)
}
