import type { Logger } from '../../core/log.ts'
import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { type AwsError, isAwsError } from '../aws-error.ts'
import type { SigningCredentials } from '../credentials.ts'
import type { IamSigner } from '../iam/iam-call.ts'
import type { IamClient } from '../iam/iam-client.ts'
import type { EnabledDevice } from '../iam/mfa-device-calls.ts'
import { untilKnown } from '../iam/until-known.ts'
import type { KeyChecks } from '../keys/key-checks.ts'
import type { LongTermKeys } from '../keys/long-term-keys.ts'
import type { SourcePlans } from '../plan/source-plan.ts'
import { mfaStepOf } from '../plan/steps.ts'
import { forgottenMeanwhile } from '../session/forget-watch.ts'
import type { SessionCache } from '../session/session-cache.ts'
import type { SessionLogin } from '../session/session-login.ts'
import { startSession } from '../session/session-start.ts'
import { withDeviceAdvice } from './device-advice.ts'
import { kindOfDevice } from './device-kind.ts'
import { type DeviceOwner, deviceOwner } from './device-owner.ts'
import { type MadeDevice, makeDevice } from './new-device.ts'

/** What AWS says of the devices of the user behind a source. */
export interface UsersDevices {
  arn: string
  /** Absent where AWS refuses to tell: `refusal` says why. */
  devices?: readonly EnabledDevice[]
  refusal?: AwsError
}

/** Two codes of a device, one after the other. */
export interface CodesOfDevice {
  serialNumber: string
  codes: readonly [Secret<string>, Secret<string>]
}

/**
 * The MFA devices of the user behind a source. The long-term key itself signs, because a session without a code may not
 * call IAM; where the user has a device already, the session that it began does. Each call rejects with an AwsError.
 */
export interface MfaDevices {
  list(source: string): Promise<UsersDevices>
  /**
   * Makes a virtual device, which is nobody's until it is enabled. Its secret is kept nowhere.
   * @param name absent: that of the user, which is what policies demand that demand any
   * @throws {PromptError} a device that is there has to prove itself, and nobody gave its code
   */
  create(source: string, caller: PromptCaller, name?: string): Promise<MadeDevice>
  /** Gives the device to the user. @throws {AwsError} AWS_MFA_CODE_REFUSED: the codes are wrong, or not consecutive */
  enable(source: string, caller: PromptCaller, given: CodesOfDevice): Promise<void>
  /** Sets a device that is out of step with AWS. @throws {AwsError} as `enable` */
  resync(source: string, given: CodesOfDevice): Promise<void>
  /**
   * Begins the MFA session of the source with a code of a device, whether or not the configuration names it yet.
   * @throws {AwsError} AWS_MFA_CODE_REFUSED: wrong or used already; or the device is out of step
   */
  prove(source: string, serialNumber: string, code: Secret<string>): Promise<{ expiresAtMs: number }>
}

/** Who holds the keys and the sessions. */
export interface MfaDevicesDeps {
  keys: LongTermKeys
  checks: KeyChecks
  sessions: SessionCache
  login: SessionLogin
  iam: () => Promise<IamClient>
  clock: Clock
  log: Logger
  sourcePlans: SourcePlans
}

/** Keeps nothing itself. */
export function createMfaDevices(deps: MfaDevicesDeps): MfaDevices {
  const { keys, checks, sessions, login, iam, clock, log } = deps
  const { planOf } = deps.sourcePlans

  const ownerOf = async (source: string): Promise<DeviceOwner> => {
    const key = await keys.read(source)
    const { region, endpoint } = (await planOf(source)).last
    return deviceOwner(source, key, await checks.check(source, key, region, endpoint))
  }

  const heldSession = async (source: string): Promise<SigningCredentials | undefined> => {
    const step = mfaStepOf((await planOf(source)).last)
    return step === undefined ? undefined : (await sessions.find(step))?.credentials
  }

  /** By the key; with the session where the policy denies it to the key alone, and one is held. */
  const asOwner = async <T>(
    source: string,
    { key, region, arn }: DeviceOwner,
    action: string,
    work: (signer: IamSigner) => Promise<T>,
  ): Promise<T> =>
    withDeviceAdvice({ source, action, resource: arn }, async () => {
      try {
        return await work({ credentials: key, region })
      } catch (error) {
        const credentials = isAwsError(error, 'AWS_DENIED') ? await heldSession(source) : undefined
        if (credentials === undefined) throw error
        return work({ credentials, region })
      }
    })

  const devicesOf = async (source: string, owner: DeviceOwner): Promise<readonly EnabledDevice[]> => {
    const client = await iam()
    return asOwner(source, owner, 'iam:ListMFADevices', (signer) => client.listMfaDevices(signer, owner.userName))
  }

  /** What proves a device that the user has, or else the key. */
  const signerFor = async (source: string, owner: DeviceOwner, caller: PromptCaller): Promise<IamSigner> => {
    const { key, region } = owner
    const devices = await devicesOf(source, owner).catch((error: unknown) => {
      if (isAwsError(error, 'AWS_DENIED')) return []
      throw error
    })
    const other = devices.find(({ serialNumber }) => kindOfDevice(serialNumber) !== 'security-key')
    if (other === undefined) return { credentials: key, region }
    const own = await planOf(source)
    const plan = mfaStepOf(own.last) === undefined ? await planOf(source, other.serialNumber) : own
    await startSession(plan, caller, { sessions, login, clock })
    const session = await sessions.find(mfaStepOf(plan.last)!)
    if (session === undefined) throw forgottenMeanwhile(source)
    return { credentials: session.credentials, region }
  }

  return {
    async list(source) {
      const owner = await ownerOf(source)
      const { arn } = owner
      try {
        return { arn, devices: await devicesOf(source, owner) }
      } catch (error) {
        if (!isAwsError(error, 'AWS_DENIED')) throw error
        return { arn, refusal: error }
      }
    },
    async create(source, caller, name) {
      const owner = await ownerOf(source)
      const signer = await signerFor(source, owner, caller)
      const wanted = { source, signer, arnPrefix: owner.devicePrefix, name: name ?? owner.userName }
      const made = await makeDevice(await iam(), wanted)
      log.info('an MFA device was made', { source, device: made.serialNumber })
      return made
    },
    async enable(source, caller, { serialNumber, codes }) {
      const owner = await ownerOf(source)
      const signer = await signerFor(source, owner, caller)
      const client = await iam()
      const attempt = { source, action: 'iam:EnableMFADevice', resource: owner.arn }
      await withDeviceAdvice(attempt, () =>
        untilKnown(
          clock,
          (error) => isAwsError(error, 'AWS_ENTITY_MISSING'),
          () => client.enableMfaDevice(signer, { userName: owner.userName, serialNumber, codes }),
        ),
      )
      login.noteAccepted(serialNumber, codes[1])
      log.info('an MFA device was enabled', { source, device: serialNumber })
    },
    async resync(source, { serialNumber, codes }) {
      const owner = await ownerOf(source)
      const client = await iam()
      await asOwner(source, owner, 'iam:ResyncMFADevice', (signer) =>
        client.resyncMfaDevice(signer, { userName: owner.userName, serialNumber, codes }),
      )
      login.noteAccepted(serialNumber, codes[1])
      log.info('an MFA device was set', { source, device: serialNumber })
    },
    async prove(source, serialNumber, code) {
      const plan = await planOf(source, serialNumber)
      const expiresAtMs = await untilKnown(
        clock,
        (error) => isAwsError(error, 'AWS_MFA_SERIAL_REFUSED'),
        () => login.proveWith(plan, mfaStepOf(plan.last)!, code),
      )
      return { expiresAtMs }
    },
  }
}
