import * as v from 'valibot'
import { AwsError } from '../aws-error.ts'
import { notOfAws } from '../http-failure.ts'
import type { AwsSdk } from '../sts/sdk-config.ts'
import type { Ec2Refusal } from './ec2-errors.ts'

/** What the answer to a call of EC2 holds, as the SDK's reader of XML has it: text, or elements by their names. */
export type Ec2Answer = unknown

/** A list of EC2's protocol: elements called `item`, or nothing. */
export function itemsOf<const Item extends v.GenericSchema>(item: Item) {
  const some = v.pipe(
    v.object({ item: v.union([v.array(item), item]) }),
    v.transform(({ item: found }) => [found].flat() as v.InferOutput<Item>[]),
  )
  return v.union([
    v.pipe(
      v.literal(''),
      v.transform((): v.InferOutput<Item>[] => []),
    ),
    some,
  ])
}

const refusalSchema = v.object({
  Response: v.object({
    Errors: v.object({
      Error: v.object({ Code: v.pipe(v.string(), v.nonEmpty()), Message: v.optional(v.string(), '') }),
    }),
  }),
})

/**
 * The contents of an answer.
 * @throws {AwsError} AWS_BAD_RESPONSE: it is no answer to that call
 */
export function readAnswer(parseXml: AwsSdk['parseXML'], body: Buffer, action: string, server: string): Ec2Answer {
  const root = `${action}Response`
  const read = v.safeParse(v.object({ [root]: v.unknown() }), parsed(parseXml, body))
  const content = read.success ? read.output[root] : undefined
  if (content !== undefined) return content
  throw unreadable(action, server)
}

/** What EC2 says in the place of an answer; without a code where it is not EC2 that says it. */
export function readRefusal(parseXml: AwsSdk['parseXML'], body: Buffer, status: number): Ec2Refusal {
  const read = v.safeParse(refusalSchema, parsed(parseXml, body))
  if (!read.success) return { status, message: '' }
  const { Code: code, Message: message } = read.output.Response.Errors.Error
  return { status, code, message }
}

/** The error for what is no answer as AWS documents it. @param why of an answer that can be read */
export function unreadable(action: string, server: string, why?: string): AwsError {
  const reason = why === undefined ? '' : `: ${why}`
  return new AwsError(
    'AWS_BAD_RESPONSE',
    `${server} sent an answer to ${action} that cannot be used${reason}`,
    notOfAws,
  )
}

/** Undefined for what is no XML. The reader goes down into each element: what is deep enough ends the stack. */
function parsed(parseXml: AwsSdk['parseXML'], body: Buffer): unknown {
  try {
    return parseXml(body.toString('utf8'))
  } catch {
    return undefined
  }
}
