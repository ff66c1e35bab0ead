import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { authorize } from './actions/iam-permission.ts'
import { authenticate } from './caller/authentication.ts'
import { identityOf } from './caller/caller.ts'
import { headerValues, type SignedRequest } from './caller/signed-request.ts'
import type { Answer } from './plugin.ts'
import type { AnswerDeps } from './protocol/answer.ts'
import { AwsRefusal } from './protocol/refusal.ts'

/** The name of the service in `X-Amz-Target` (Organizations API reference). */
const service = 'AWSOrganizationsV20161128'

const pageSize = 20
const requestSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.strictObject({
    MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(pageSize)), pageSize),
    NextToken: v.exactOptional(v.pipe(v.string(), v.base64(), v.transform(atob), v.digits(), v.transform(Number))),
  }),
)

/** In this protocol refusals have other names (AWS JSON 1.1, and the errors of ListAccounts). */
const jsonNames: Readonly<Record<string, string>> = {
  AccessDenied: 'AccessDeniedException',
  ExpiredToken: 'ExpiredTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  InvalidAction: 'UnknownOperationException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  ValidationError: 'InvalidInputException',
}

/** The name of the call in a request of the JSON protocol; undefined where it is of another one. */
export function jsonActionOf(request: SignedRequest): string | undefined {
  const [target] = headerValues(request, 'x-amz-target')
  return target?.split('.').at(-1)
}

/** Answers a call of Organizations, whose text is JSON; it never rejects. */
export function answerOrganizations(request: SignedRequest, deps: AnswerDeps): Answer {
  const requestId = randomUUID()
  let principal: string | null = null
  try {
    const caller = authenticate(request, 'organizations', deps.now(), deps)
    principal = identityOf(caller).arn
    const [target] = headerValues(request, 'x-amz-target')
    if (target !== `${service}.ListAccounts`) throw new AwsRefusal('InvalidAction', 'There is no such operation.')
    const call = { service: 'organizations', action: 'ListAccounts', fields: new Map<string, string>() }
    authorize({ ...deps, call, caller, nowMs: deps.now() }, '*')
    const { accounts } = deps.directory.state
    // The first is the management account; nothing is delegated here.
    if (accounts[0]?.id !== identityOf(caller).account) {
      throw new AwsRefusal('AccessDenied', "You don't have permissions to access this resource.")
    }
    const text = JSON.stringify(listAccounts(accounts, Buffer.from(request.body).toString()))
    return { status: 200, requestId, xml: text, principal, role: null, error: null }
  } catch (cause) {
    if (!(cause instanceof AwsRefusal)) throw cause
    const error = jsonNames[cause.code] ?? cause.code
    const text = JSON.stringify({ __type: error, Message: cause.message })
    return { status: 400, requestId, xml: text, principal, role: null, error }
  }
}

type Account = AnswerDeps['directory']['state']['accounts'][number]

function listAccounts(accounts: readonly Account[], body: string) {
  const given = v.safeParse(requestSchema, body)
  if (!given.success) throw new AwsRefusal('ValidationError', 'You provided a value that is not valid.')
  const { MaxResults, NextToken: from = 0 } = given.output
  const end = from + MaxResults
  const page = accounts.slice(from, end).map(({ id, name, state }) => ({
    Id: id,
    Arn: `arn:aws:organizations::${accounts[0]!.id}:account/o-exampleorgid/${id}`,
    Name: name,
    State: state,
    Status: state,
  }))
  return end < accounts.length ? { Accounts: page, NextToken: btoa(String(end)) } : { Accounts: page }
}
