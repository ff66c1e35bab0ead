import type { Action, ActionContext } from '../actions/action.ts'
import { authorize } from '../actions/iam-permission.ts'
import { identityOf } from '../caller/caller.ts'
import { AwsRefusal } from '../protocol/refusal.ts'
import { type DevInstance, stateCodes } from './instance.ts'

/** EC2 keeps the last of what there was (EC2 API reference, GetConsoleOutput). */
const consoleBytes = 64 * 1024

const idForm = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/

/** The instances of an account that are named, or all of them. Filters are not built. */
const describeInstances: Action = async (context) => {
  const { fields } = context.call
  const isId = (name: string) => /^InstanceId\.\d+$/.test(name)
  refuseOthers(context, isId)
  authorize(context, '*')
  const wanted = [...fields].filter(([name]) => isId(name)).map(([, id]) => id)
  for (const id of wanted) checkId(id)
  const own = ownInstances(context)
  const missing = wanted.find((id) => !own.some((instance) => instance.id === id))
  if (missing !== undefined) throw notFound(missing)
  const told = wanted.length === 0 ? own : own.filter(({ id }) => wanted.includes(id))
  return {
    reservationSet: told.map((instance) => ({
      reservationId: `r-${instance.id.slice(2)}`,
      ownerId: instance.account,
      groupSet: [],
      instancesSet: [described(instance)],
    })),
  }
}

/** What is, or was, on the console of an instance. */
const getConsoleOutput: Action = async (context) => {
  const { fields } = context.call
  refuseOthers(context, (name) => name === 'InstanceId' || name === 'Latest')
  const id = fields.get('InstanceId')
  if (id === undefined) {
    throw new AwsRefusal('MissingParameter', 'The request must contain the parameter InstanceId')
  }
  checkId(id)
  authorize(context, `arn:aws:ec2:${context.region}:${identityOf(context.caller).account}:instance/${id}`)
  const instance = ownInstances(context).find((each) => each.id === id)
  if (instance === undefined) throw notFound(id)
  const isLatest = fields.get('Latest') === 'true'
  const output = isLatest ? instance.latestConsole : instance.console
  if (output === undefined) {
    const message = 'This instance type does not support retrieving the latest console logs.'
    throw new AwsRefusal('UnsupportedOperation', message)
  }
  const kept = Buffer.from(output as Uint8Array).subarray(-consoleBytes)
  return {
    instanceId: id,
    timestamp: new Date(context.nowMs).toISOString(),
    ...(kept.length === 0 ? {} : { output: kept.toString('base64') }),
  }
}

/** What EC2 does with instances. */
export const instanceActions = { DescribeInstances: describeInstances, GetConsoleOutput: getConsoleOutput }

function ownInstances({ caller, region, instances }: ActionContext): readonly DevInstance[] {
  const { account } = identityOf(caller)
  return instances().filter((instance) => instance.account === account && instance.region === region)
}

function described(instance: DevInstance) {
  const { id, state, publicDnsName, privateDnsName, publicAddress, privateAddress, ipv6Address } = instance
  return {
    instanceId: id,
    imageId: 'ami-00000000000000000',
    instanceState: { code: stateCodes[state], name: state },
    privateDnsName,
    dnsName: publicDnsName,
    instanceType: instance.latestConsole === undefined ? 't2.micro' : 't3.micro',
    architecture: 'x86_64',
    // EC2 says this of its newer hardware too.
    hypervisor: 'xen',
    ...(privateAddress === undefined ? {} : { privateIpAddress: privateAddress }),
    ...(publicAddress === undefined ? {} : { ipAddress: publicAddress }),
    ...(ipv6Address === undefined ? {} : { ipv6Address }),
    networkInterfaceSet: [],
    tagSet: [],
  }
}

function refuseOthers({ call }: ActionContext, isKnown: (name: string) => boolean): void {
  const other = [...call.fields.keys()].find((name) => name !== 'Action' && name !== 'Version' && !isKnown(name))
  if (other === undefined) return
  throw new AwsRefusal('UnknownParameter', `The parameter ${other} is not recognized`)
}

function checkId(id: string): void {
  if (!idForm.test(id)) throw new AwsRefusal('InvalidInstanceID.Malformed', `Invalid id: "${id}"`)
}

const notFound = (id: string) => new AwsRefusal('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
