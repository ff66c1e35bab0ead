import { invalidRequest } from '../../../../src/dev/vault/errors.ts'
import { randomBase62 } from '../../../../src/dev/vault/identifiers.ts'
import type { LoginGrant } from '../../../../src/dev/vault/login/logins.ts'

/** A login that has begun. */
export interface OidcRequest {
  roleName: string
  redirectUri: string
  clientNonce: string
  nonce: string
  verifier: string
  endsAtMs: number
  /** What was posted. */
  code: string
  idToken: string
  deviceCode: string
  /** Of a login that is waited for by polls. */
  grant: LoginGrant | undefined
}

const lifeMs = 10 * 60_000

/** A login that failed, in the server's words. */
export const loginFailed = (reason: string) => invalidRequest(`OpenBao login failed. ${reason}`)
/** The refusal of a state that nobody has been given, or that is over. */
export const unknownState = () => loginFailed('Expired or missing OAuth state.')

/** The logins that have begun. They are not kept with the state, as the server does not keep them either. */
export function createOidcRequests(now: () => number) {
  const requests = new Map<string, OidcRequest>()
  return {
    /** @returns its state, by which it is found again */
    begin(fields: Pick<OidcRequest, 'roleName' | 'redirectUri' | 'clientNonce' | 'deviceCode'>) {
      const state = `st_${randomBase62(20)}`
      const request: OidcRequest = {
        ...fields,
        nonce: `n_${randomBase62(20)}`,
        verifier: randomBase62(43),
        endsAtMs: now() + lifeMs,
        code: '',
        idToken: '',
        grant: undefined,
      }
      requests.set(state, request)
      return { state, request }
    },
    /** @throws {DevVaultError} INVALID_REQUEST */
    find(state: string | undefined): OidcRequest {
      const found = requests.get(state ?? '')
      if (found === undefined || found.endsAtMs <= now()) throw unknownState()
      return found
    },
    end: (state: string) => void requests.delete(state),
  }
}
