import { AwsError } from '../aws-error.ts'

/** By partition. The hosts of the isolated ones are not public. */
const consoleHosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
}

/** Where the console calls a service by another name than the AWS CLI. */
const pageNames: Readonly<Record<string, string>> = {
  dynamodb: 'dynamodbv2/home',
  elbv2: 'ec2/home#LoadBalancers:',
  logs: 'cloudwatch/home#logsV2:log-groups',
  route53: 'route53/v2/home',
  ssm: 'systems-manager/home',
  sso: 'singlesignon/home',
  stepfunctions: 'states/home',
}

/** Where a role is, and so its console. */
export interface ConsolePlace {
  partition: string
  region: string
}

/** A console that the person has opened in multi-session mode has the account and a hash before its host. */
const sessionPrefix = /^\d{12}-[a-z0-9]{8}\./
/** What may stand before the host of a console, such as a region: host names (RFC 1123 §2.1). */
const subdomains = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*$/
const scheme = /^[a-z][a-z0-9+.-]*:/i
/** A host, copied without its scheme: what the paths of the console begin with has no dot. */
const bareHost = /^(\/\/|[^/?#]*\.[^/?#]*)/
/** Far more than addresses of the console have: it travels in a header, encoded up to three times. */
const maxLength = 4_096

/**
 * The address of a page of the console.
 * @param given a service such as `s3`, a path on the console, or the whole address; absent: the home page
 * @throws {AwsError} AWS_LINK_INVALID
 */
export function consolePage({ partition, region }: ConsolePlace, given = 'console'): string {
  const host = consoleHosts[partition]
  if (host === undefined) {
    throw new AwsError('AWS_PROFILE_UNSUPPORTED', `latchkey does not know where the console of ${partition} is`, {
      hint: `latchkey knows that of ${Object.keys(consoleHosts).join(', ')}`,
    })
  }
  if (given.length > maxLength) throw noPage(`the page is longer than ${maxLength} characters`)
  if (scheme.test(given)) return pageOfConsole(given, host)
  if (bareHost.test(given)) return pageOfConsole(`https://${given.replace(/^\/\//, '')}`, host)
  const path = /^[a-z0-9-]+$/i.test(given) ? servicePath(given.toLowerCase()) : given.replace(/^\/+/, '')
  const page = new URL(`https://${host}/${path}`)
  // Not by searchParams, which would write all of the query in its own encoding.
  if (!page.searchParams.has('region'))
    page.search += `${page.search === '' ? '?' : '&'}region=${encodeURIComponent(region)}`
  return page.href
}

function servicePath(service: string): string {
  return Object.hasOwn(pageNames, service) ? pageNames[service]! : `${service}/home`
}

function pageOfConsole(given: string, host: string): string {
  const page = URL.canParse(given) ? new URL(given) : undefined
  const ofConsole = page?.hostname.replace(sessionPrefix, '')
  const isPage =
    page?.protocol === 'https:' &&
    page.port === '' &&
    page.username === '' &&
    page.password === '' &&
    ofConsole?.endsWith(host) === true &&
    subdomains.test(ofConsole.slice(0, -host.length))
  if (!isPage) throw noPage(`this is not a page of the console at https://${host}`)
  page.hostname = ofConsole
  return page.href
}

function noPage(message: string): AwsError {
  return new AwsError('AWS_LINK_INVALID', message, {
    hint: 'name a service, such as --path s3, or an address from the address bar of the console',
  })
}
