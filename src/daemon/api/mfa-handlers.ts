import { isAwsError } from '../../aws/aws-error.ts'
import { kindOfDevice } from '../../aws/mfa/device-kind.ts'
import type { MfaDevices } from '../../aws/mfa/mfa-devices.ts'
import { Secret } from '../../core/secret.ts'
import { formatUtc } from '../../core/time/utc-time.ts'
import type * as mfaEndpoints from '../../ipc/endpoints/aws-mfa.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { reportedError } from './api-errors.ts'

/** The handlers of the endpoints of MFA devices. */
export function mfaHandlers(mfa: MfaDevices): EndpointHandlers<typeof mfaEndpoints, PromptCaller> {
  return {
    async listMfaDevices({ params }) {
      const { arn, devices, refusal } = await mfa.list(params.source)
      const listed = devices?.map(({ serialNumber, enabledAtMs }) => ({
        serialNumber,
        kind: kindOfDevice(serialNumber),
        enabledAt: formatUtc(enabledAtMs),
      }))
      return {
        arn,
        ...(listed === undefined ? {} : { devices: listed }),
        ...(refusal === undefined ? {} : { refusal: reportedError(refusal) }),
      }
    },
    async createMfaDevice({ params, body, caller }) {
      const { seed, ...device } = await mfa.create(params.source, caller, body.name)
      return { ...device, seed: seed.expose() }
    },
    enableMfaDevice: ({ params, body, caller }) =>
      unlessRefused(
        () => mfa.enable(params.source, caller, codesOf(body)),
        () => ({}),
      ),
    resyncMfaDevice: ({ params, body }) =>
      unlessRefused(
        () => mfa.resync(params.source, codesOf(body)),
        () => ({}),
      ),
    proveMfaDevice: ({ params, body: { serialNumber, code } }) =>
      unlessRefused(
        () => mfa.prove(params.source, serialNumber, new Secret(code)),
        ({ expiresAtMs }) => ({ expiresAt: formatUtc(expiresAtMs) }),
      ),
  }
}

function codesOf({ serialNumber, codes: [first, second] }: { serialNumber: string; codes: [string, string] }) {
  return { serialNumber, codes: [new Secret(first), new Secret(second)] as const }
}

/** Codes that AWS does not accept are no failure of the call: the person tries others. */
async function unlessRefused<T, Answer>(work: () => Promise<T>, toAnswer: (result: T) => Answer) {
  try {
    return toAnswer(await work())
  } catch (error) {
    if (isAwsError(error, 'AWS_MFA_CODE_REFUSED')) return { refusal: error.message }
    throw error
  }
}
