import { AwsRefusal } from './refusal.ts'

/** The services that the one endpoint serves, which are told apart by the call's `Version`. */
export type Versions = Readonly<Record<string, string>>

/** Those that are built in. */
export const ownVersions: Versions = { sts: '2011-06-15', iam: '2010-05-08', ec2: '2016-11-15' }

/** A call of the AWS query protocol: the fields of its query string and its form, each once. */
export interface AwsCall {
  service: string
  action: string
  fields: ReadonlyMap<string, string>
}

/**
 * Reads a call.
 * @param query as sent, without the question mark; @param form the request's body
 * @throws {AwsRefusal} MissingAction, InvalidAction, ValidationError
 */
export function parseCall(query: string, form: string, versions = ownVersions): AwsCall {
  const fields = new Map<string, string>()
  for (const [name, value] of [...new URLSearchParams(query), ...new URLSearchParams(form)]) {
    if (fields.has(name)) throw new AwsRefusal('ValidationError', `The parameter ${name} is given more than once.`)
    fields.set(name, value)
  }
  const action = fields.get('Action')
  if (!action) throw new AwsRefusal('MissingAction', 'The request is missing an action or a required parameter.')
  const version = fields.get('Version') ?? 'NO_VERSION_SPECIFIED'
  const service = Object.keys(versions).find((name) => versions[name] === version)
  if (service === undefined) throw noOperation(action, version)
  return { service, action, fields }
}

/** The refusal of an action that the service does not have. */
export function unknownOperation({ action, service }: AwsCall, versions = ownVersions): AwsRefusal {
  return noOperation(action, versions[service]!)
}

function noOperation(action: string, version: string): AwsRefusal {
  return new AwsRefusal('InvalidAction', `Could not find operation ${action} for version ${version}`)
}

/** What an answer holds: text, a structure, or a list, which is a series of elements. Undefined is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue }

/** The answer of a call that succeeded. @param result content of the action's result element */
export function successXml(call: AwsCall, result: XmlValue, requestId: string, versions = ownVersions): string {
  return document(call.service, versions, `${call.action}Response`, {
    [`${call.action}Result`]: result,
    ResponseMetadata: { RequestId: requestId },
  })
}

/** The answer of a call that was refused. @param service of the call; an answer to something that is not a call is STS's */
export function errorXml(service: string, refusal: AwsRefusal, requestId: string, versions = ownVersions): string {
  return document(service, versions, 'ErrorResponse', {
    Error: { Type: refusal.status < 500 ? 'Sender' : 'Receiver', Code: refusal.code, Message: refusal.message },
    RequestId: requestId,
  })
}

function document(service: string, versions: Versions, root: string, content: XmlValue): string {
  return `<${root} xmlns="https://${service}.amazonaws.com/doc/${versions[service]}/">\n${xmlOf(content, '  ', 'member')}</${root}>\n`
}

/** The elements of a content. @param member what the elements of a list are called */
export function xmlOf(content: XmlValue, indent: string, member: string): string {
  if (typeof content !== 'object') return escapeXml(String(content))
  const entries = Array.isArray(content)
    ? content.map((each) => [member, each] as const)
    : Object.entries(content as Readonly<Record<string, XmlValue>>)
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const inner = xmlOf(value, `${indent}  `, member)
      return typeof value === 'object'
        ? `${indent}<${name}>\n${inner}${indent}</${name}>\n`
        : `${indent}<${name}>${inner}</${name}>\n`
    })
    .join('')
}

/** Control characters that XML 1.0 cannot hold become a question mark. */
function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[^\t\n\r -\uFFFD]/g, '?')
}
