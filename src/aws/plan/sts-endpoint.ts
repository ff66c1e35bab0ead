/** How STS is to be reached, where that is not the usual endpoint of a region. */
export interface StsEndpoint {
  /** Another server in its place: its credentials are of no use elsewhere. */
  url?: string | undefined
  /** One with validated cryptography (FIPS 140). Not every region and partition has one. */
  isFips: boolean
  /** One with IPv6 as well. */
  isDualStack: boolean
  /** One of AWS, whatever the environment says. */
  ignoresEnvironment?: true
}

/** A variable of the environment that names another server in the place of a service. */
export interface EndpointVariable {
  name: string
  url: string
}

/**
 * The server that is asked in the place of AWS; undefined: one of AWS. What the environment says comes before what a
 * profile says, as in the SDKs (ConfiguredEndpointProvider of botocore).
 */
export function serverInstead(
  endpoint: StsEndpoint | undefined,
  ofEnvironment: string | undefined,
): string | undefined {
  return endpoint?.ignoresEnvironment ? endpoint.url : (ofEnvironment ?? endpoint?.url)
}

/** The names of AWS's own STS, an endpoint in a VPC included (AWS General Reference, "AWS STS endpoints"). */
const ofAws =
  /^(?:vpce-[\w-]+\.)?sts(?:-fips)?(?:\.[a-z0-9-]+)?(?:\.vpce)?\.(?:amazonaws\.(?:com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.com\.cn|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$/

/**
 * The server that issues credentials which are of no use to AWS, and that does not know those of AWS; undefined: AWS itself,
 * by whatever name it is asked. What does not count makes no difference.
 */
export function otherIssuer(endpoint: StsEndpoint | undefined, ofEnvironment: string | undefined): string | undefined {
  const server = serverInstead(endpoint, ofEnvironment)
  if (server === undefined || !URL.canParse(server)) return server
  const { protocol, hostname, href } = new URL(server)
  if (ofAws.test(hostname)) return undefined
  // One of this machine has another port whenever it is started, and the same credentials.
  return isOfThisMachine(hostname) ? `${protocol}//${hostname}` : href.replace(/\/$/, '')
}

/** True where the usual endpoint is meant. */
export function isUsual({ url, isFips, isDualStack, ignoresEnvironment }: StsEndpoint): boolean {
  return url === undefined && !isFips && !isDualStack && !ignoresEnvironment
}

/**
 * What is wrong with an endpoint; undefined where it may be asked. FIPS and dual stack pick among AWS's own endpoints, as
 * in every SDK (STS endpoint rule set: "FIPS and custom endpoint are not supported").
 */
export function endpointMistake({ url, isFips, isDualStack }: StsEndpoint): string | undefined {
  if (url === undefined) return undefined
  if (isFips || isDualStack) {
    return `another server, where ${isFips ? 'use_fips_endpoint' : 'use_dualstack_endpoint'} picks an endpoint of AWS`
  }
  return urlMistake(url)
}

/** What is wrong with the address of a server in the place of STS: its answers hold secrets. */
export function urlMistake(url: string): string | undefined {
  if (!URL.canParse(url)) return 'not an address, such as https://sts.eu-central-1.amazonaws.com'
  const { protocol, hostname, username, password, search, hash } = new URL(url)
  if (protocol !== 'https:' && !(protocol === 'http:' && isOfThisMachine(hostname))) {
    return 'neither https nor of this machine: credentials would come in plain text'
  }
  if (username !== '' || password !== '') return 'has a user name in it'
  return search === '' && hash === '' ? undefined : 'has more than a path'
}

function isOfThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
