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

/**
 * The address of a page of the console.
 * @param given a service such as `s3`, a path on the console, or the whole address; absent: the home page
 * @throws {AwsError} AWS_LINK_INVALID
 */
export function consolePage({ partition, region }: ConsolePlace, given = 'console'): string {
  const host = consoleHosts[partition]
  if (host === undefined) {
    throw new AwsError('AWS_PROFILE_UNSUPPORTED', `latchkey does not know where the console of ${partition} is`)
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(given)) return pageOfConsole(given, host)
  const path = /^[a-z0-9-]+$/i.test(given) ? servicePath(given.toLowerCase()) : given.replace(/^\/+/, '')
  const page = new URL(`https://${host}/${path}`)
  if (!page.searchParams.has('region')) page.searchParams.set('region', region)
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
    (ofConsole === host || ofConsole?.endsWith(`.${host}`) === true)
  if (!isPage) {
    throw new AwsError('AWS_LINK_INVALID', `this is not a page of the console at https://${host}`, {
      hint: 'name a service, such as --path s3, or an address from the address bar of the console',
    })
  }
  page.hostname = ofConsole!
  return page.href
}
