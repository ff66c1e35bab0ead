import { isIPv4, isIPv6 } from 'node:net'
import * as v from 'valibot'
import { isAwsError } from '../aws-error.ts'
import type { ServiceSdkOptions } from '../sts/service-call.ts'
import { itemsOf, unreadable } from './ec2-answer.ts'
import type { Ec2Client } from './ec2-client.ts'
import { createEc2Query } from './ec2-query.ts'

/** A name by DNS (RFC 1123 §2.1), and what else is in the names of hosts: nothing that means more in a file than itself. */
const dnsName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*$/
const isAddress = (text: string) => isIPv4(text) || (isIPv6(text) && !text.includes('%'))

const lowered = v.pipe(v.string(), v.toLowerCase())
/** Empty where there is none. */
const nameSchema = v.optional(
  v.pipe(
    lowered,
    v.check((text) => text === '' || dnsName.test(text)),
  ),
  '',
)
const addressSchema = v.optional(
  v.pipe(
    lowered,
    v.check((text) => text === '' || isAddress(text)),
  ),
  '',
)

const interfaceSchema = v.object({
  attachment: v.optional(v.object({ deviceIndex: v.string() })),
  ipv6AddressesSet: v.optional(itemsOf(v.object({ ipv6Address: addressSchema }))),
})

/** What EC2's API reference documents of the answer, as far as it is used. */
const instancesSchema = v.object({
  reservationSet: itemsOf(
    v.object({
      instancesSet: itemsOf(
        v.object({
          instanceId: v.string(),
          instanceState: v.object({ name: v.pipe(v.string(), v.regex(/^[a-z-]{1,64}$/)) }),
          dnsName: nameSchema,
          privateDnsName: nameSchema,
          ipAddress: addressSchema,
          privateIpAddress: addressSchema,
          ipv6Address: addressSchema,
          networkInterfaceSet: v.optional(itemsOf(interfaceSchema), ''),
        }),
      ),
    }),
  ),
})

const outputSchema = v.object({
  instanceId: v.string(),
  output: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.replace(/\s+/g, '')),
      v.union([v.literal(''), v.pipe(v.string(), v.base64())]),
    ),
    '',
  ),
})

/** Not which part: it may be any, and hostile. */
const undocumented = 'it is not as AWS documents it'

/** EC2 by its query protocol, signed by the SDK that is loaded for STS. */
export function createEc2Client(options: ServiceSdkOptions): Ec2Client {
  const query = createEc2Query(options)
  return {
    async describeInstance(signer, instance) {
      const action = 'DescribeInstances'
      const { answer, server } = await query(signer, action, { 'InstanceId.1': instance })
      const read = v.safeParse(instancesSchema, answer)
      if (!read.success) throw unreadable(action, server, undocumented)
      const [found, ...others] = read.output.reservationSet.flatMap(({ instancesSet }) => instancesSet)
      if (found?.instanceId !== instance || others.length > 0) {
        throw unreadable(action, server, 'it is not about the instance that was asked for')
      }
      // The first interface is the machine's own: the addresses of others may be those of containers on it.
      const main = found.networkInterfaceSet.filter(({ attachment }) => attachment?.deviceIndex === '0')
      const names = [
        found.dnsName,
        found.privateDnsName,
        found.ipAddress,
        found.privateIpAddress,
        found.ipv6Address,
        ...main.flatMap(({ ipv6AddressesSet = [] }) => ipv6AddressesSet.map(({ ipv6Address }) => ipv6Address)),
      ]
      return { state: found.instanceState.name, names: [...new Set(names.filter((name) => name !== ''))] }
    },
    async consoleOutput(signer, instance, isLatest) {
      const action = 'GetConsoleOutput'
      const fields = { InstanceId: instance, ...(isLatest ? { Latest: 'true' } : {}) }
      try {
        const { answer, server } = await query(signer, action, fields)
        const read = v.safeParse(outputSchema, answer)
        if (!read.success) throw unreadable(action, server, undocumented)
        if (read.output.instanceId !== instance) {
          throw unreadable(action, server, 'it is not about the instance that was asked for')
        }
        return Buffer.from(read.output.output, 'base64')
      } catch (error) {
        // EC2 does not say in its answers which hardware a machine has, but that it is the wrong one (UnsupportedOperation).
        if (isLatest && isAwsError(error, 'AWS_REQUEST_INVALID')) return undefined
        throw error
      }
    },
  }
}
