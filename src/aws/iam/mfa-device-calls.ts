import { Secret } from '../../core/secret.ts'
import { isPrintable } from '../../core/text/display-text.ts'
import { AwsError } from '../aws-error.ts'
import type { AwsSdk } from '../sts/sdk-config.ts'
import type { IamCall, IamSigner } from './iam-call.ts'
import { toldList } from './told-list.ts'

/** A device that a user has. */
export interface EnabledDevice {
  /** The ARN of a virtual device or security key, the number of a hardware token. */
  serialNumber: string
  enabledAtMs: number
}

/** A virtual device that was made a moment ago. */
export interface NewDevice {
  /** Its ARN. */
  serialNumber: string
  /** In base32, as authenticator apps take it. AWS shows it only once. */
  seed: Secret<string>
}

/** Two consecutive codes of a device. */
export interface DeviceCodes {
  userName: string
  serialNumber: string
  codes: readonly [Secret<string>, Secret<string>]
}

/** What IAM does with MFA devices. What makes something or carries codes is sent once. */
export interface MfaDeviceCalls {
  /** The devices of one user. */
  listMfaDevices(signer: IamSigner, userName: string): Promise<readonly EnabledDevice[]>
  /** The ARNs of the account's virtual devices that no user has. */
  listUnassignedDevices(signer: IamSigner): Promise<readonly string[]>
  createVirtualMfaDevice(signer: IamSigner, name: string): Promise<NewDevice>
  deleteVirtualMfaDevice(signer: IamSigner, serialNumber: string): Promise<void>
  /** Gives a user a device. Late codes are accepted, and the device is out of step then. */
  enableMfaDevice(signer: IamSigner, given: DeviceCodes): Promise<void>
  /** Sets a device that is out of step. */
  resyncMfaDevice(signer: IamSigner, given: DeviceCodes): Promise<void>
}

/** AWS gives up to 1000 at a time; nobody has more devices lying about. */
const maxPages = 20

/** Those calls through the SDK. */
export function mfaDeviceCalls(sdk: AwsSdk, call: IamCall): MfaDeviceCalls {
  return {
    async listMfaDevices(signer, userName) {
      const action = 'ListMFADevices'
      const { MFADevices } = await call({
        ...signer,
        action,
        send: (client) => client.send(new sdk.ListMFADevicesCommand({ UserName: userName })),
      })
      return toldList(action, MFADevices).map(({ SerialNumber, EnableDate }) => ({
        serialNumber: checkedSerial(action, SerialNumber),
        enabledAtMs: EnableDate?.getTime() ?? 0,
      }))
    },
    async listUnassignedDevices(signer) {
      const action = 'ListVirtualMFADevices'
      const serials: string[] = []
      let marker: string | undefined
      for (let page = 0; page < maxPages; page += 1) {
        const from = marker === undefined ? {} : { Marker: marker }
        const { VirtualMFADevices, Marker } = await call({
          ...signer,
          action,
          send: (client) =>
            client.send(new sdk.ListVirtualMFADevicesCommand({ AssignmentStatus: 'Unassigned', ...from })),
        })
        serials.push(
          ...toldList(action, VirtualMFADevices).map(({ SerialNumber }) => checkedSerial(action, SerialNumber)),
        )
        if (Marker === undefined) break
        marker = Marker
      }
      return serials
    },
    async createVirtualMfaDevice(signer, name) {
      const action = 'CreateVirtualMFADevice'
      const { VirtualMFADevice } = await call({
        ...signer,
        action,
        isOnce: true,
        send: (client) => client.send(new sdk.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name })),
      })
      // The SDK takes off the base64 of the protocol; what is left is text.
      const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString('latin1')
      if (!/^[A-Z2-7]{16,256}=*$/.test(seed)) throw badAnswer(action)
      return { serialNumber: checkedSerial(action, VirtualMFADevice?.SerialNumber), seed: new Secret(seed) }
    },
    async deleteVirtualMfaDevice(signer, serialNumber) {
      await call({
        ...signer,
        action: 'DeleteVirtualMFADevice',
        send: (client) => client.send(new sdk.DeleteVirtualMFADeviceCommand({ SerialNumber: serialNumber })),
      })
    },
    async enableMfaDevice(signer, given) {
      await call({
        ...signer,
        ...withCodes(given),
        action: 'EnableMFADevice',
        send: (client) => client.send(new sdk.EnableMFADeviceCommand(inputOf(given))),
      })
    },
    async resyncMfaDevice(signer, given) {
      await call({
        ...signer,
        ...withCodes(given),
        action: 'ResyncMFADevice',
        send: (client) => client.send(new sdk.ResyncMFADeviceCommand(inputOf(given))),
      })
    },
  }
}

function withCodes({ codes }: DeviceCodes): { isOnce: true; secrets: string[] } {
  return { isOnce: true, secrets: codes.map((code) => code.expose()) }
}

function inputOf({ userName, serialNumber, codes: [first, second] }: DeviceCodes) {
  return {
    UserName: userName,
    SerialNumber: serialNumber,
    AuthenticationCode1: first.expose(),
    AuthenticationCode2: second.expose(),
  }
}

/** It is shown, and written into files. */
function checkedSerial(action: string, serial: string | undefined): string {
  if (!isPrintable(serial) || serial.length > 256) throw badAnswer(action)
  return serial
}

function badAnswer(action: string): AwsError {
  return new AwsError('AWS_BAD_RESPONSE', `the answer to ${action} holds no device that can be used`)
}
