import { AwsError, isAwsError } from '../aws-error.ts'
import type { IamSigner } from '../iam/iam-call.ts'
import type { MfaDeviceCalls, NewDevice } from '../iam/mfa-device-calls.ts'
import { withDeviceAdvice } from './device-advice.ts'

/** Whose device it is to be, and what it is to be called. */
export interface WantedDevice {
  source: string
  signer: IamSigner
  /** What the ARN of a device of the account begins with: `arn:aws:iam::111122223333:mfa/`. */
  arnPrefix: string
  name: string
}

/** A device of nobody's that an earlier try has left behind: its secret is lost. */
export interface Leftover {
  serialNumber: string
  /** Now; or it is still there, because the user may not delete it. */
  isDeleted: boolean
}

/** A device, and what was found where it should be. */
export interface MadeDevice extends NewDevice {
  leftovers: readonly Leftover[]
}

/** `jo`, `jo-2`, … `jo-9`. */
const maxNames = 9

/**
 * Makes a virtual device. A try that was cancelled leaves one under the same name that nobody can use any more. Where the
 * user may delete it that is done; AWS's sample policy does not allow it on purpose, so that another name is taken then.
 * @throws {AwsError} AWS_DENIED with what an administrator can do; others
 */
export async function makeDevice(iam: MfaDeviceCalls, wanted: WantedDevice): Promise<MadeDevice> {
  const { source, signer, arnPrefix, name } = wanted
  const leftovers: Leftover[] = []
  const taken: string[] = []
  const create = (another: string) => {
    const resource = `${arnPrefix}${another}`
    const attempt = { source, action: 'iam:CreateVirtualMFADevice', resource }
    return withDeviceAdvice(attempt, () => iam.createVirtualMfaDevice(signer, another))
  }
  for (let number = 1; number <= maxNames; number += 1) {
    const another = number === 1 ? name : `${name}-${number}`
    try {
      return { ...(await create(another)), leftovers }
    } catch (error) {
      const [first] = taken
      if (isAwsError(error, 'AWS_DENIED') && first !== undefined) throw inTheWay(first, leftovers, error)
      if (!isAwsError(error, 'AWS_ENTITY_EXISTS')) throw error
    }
    const serialNumber = `${arnPrefix}${another}`
    taken.push(serialNumber)
    if (!(await isOrphan(iam, signer, serialNumber))) continue
    const isDeleted = await deleteIfAllowed(iam, signer, serialNumber)
    leftovers.push({ serialNumber, isDeleted })
    if (isDeleted) return { ...(await create(another)), leftovers }
  }
  throw new AwsError('AWS_ENTITY_EXISTS', `the account has devices called ${name} to ${name}-${maxNames} already`, {
    hint: 'give the device another name: --name NAME',
  })
}

/** Whether nobody has the device. Where that may not be asked it counts as somebody's. */
async function isOrphan(iam: MfaDeviceCalls, signer: IamSigner, serialNumber: string): Promise<boolean> {
  try {
    return (await iam.listUnassignedDevices(signer)).includes(serialNumber)
  } catch (error) {
    if (isAwsError(error, 'AWS_DENIED')) return false
    throw error
  }
}

async function deleteIfAllowed(iam: MfaDeviceCalls, signer: IamSigner, serialNumber: string): Promise<boolean> {
  try {
    await iam.deleteVirtualMfaDevice(signer, serialNumber)
    return true
  } catch (error) {
    // It was deleted meanwhile, or the answer to a first try was lost.
    if (isAwsError(error, 'AWS_ENTITY_MISSING')) return true
    if (isAwsError(error, 'AWS_DENIED')) return false
    throw error
  }
}

/** The policy demands the name of a device that is there: one that nobody can use, as far as may be asked. */
function inTheWay(serialNumber: string, leftovers: readonly Leftover[], cause: AwsError): AwsError {
  const deletion = `aws iam delete-virtual-mfa-device --serial-number ${serialNumber}`
  if (leftovers.some((left) => left.serialNumber === serialNumber)) {
    return new AwsError(
      'AWS_DENIED',
      `an earlier try left ${serialNumber}, which nobody can use; this user may neither delete it nor choose another name`,
      { cause, hint: `ask an administrator to run: ${deletion}` },
    )
  }
  return new AwsError(
    'AWS_DENIED',
    `the account has ${serialNumber} already, perhaps left by an earlier try, and this user may choose no other name`,
    { cause, hint: `ask an administrator whether anybody has it; if nobody does: ${deletion}` },
  )
}
