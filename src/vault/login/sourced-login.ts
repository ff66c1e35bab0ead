import type { Secret } from '../../core/secret.ts'
import type { LeasedToken } from '../token/token-lease.ts'
import type { Asking, LoginContext, LoginRequest } from './login-method.ts'
import { createRefusalPause } from './refusal-pause.ts'
import { digestOf } from './secret-file.ts'
import type { SecretReader } from './secret-source.ts'

/**
 * A login that needs no person, by a secret that is read anew each time. What was refused is sent again after a pause, which
 * ends early when the secret has changed or a person asks; a command is not run during it.
 */
export function createSourcedLogin(
  reader: SecretReader,
  { clock, random }: Pick<LoginContext, 'clock' | 'random'>,
  send: (secret: Secret<string>, asking: Asking) => Promise<LeasedToken>,
): LoginRequest['login'] {
  const pause = createRefusalPause(clock, random)
  return async (isAsked, signal) => {
    if (reader.isMade) pause.check(isAsked)
    const secret = await reader.read()
    if (!reader.isMade) pause.check(isAsked, digestOf(secret))
    return pause.guard(() => send(secret, { mayAsk: isAsked, signal }))
  }
}
