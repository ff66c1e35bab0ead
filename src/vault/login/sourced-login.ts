import type { Secret } from '../../core/secret.ts'
import type { LeasedToken } from '../token/token-lease.ts'
import type { Asking, LoginContext, LoginRequest } from './login-method.ts'
import { createRefusalPause } from './refusal-pause.ts'
import { digestOf } from './secret-file.ts'
import type { SecretReader } from './secret-source.ts'

/** Sends a login with a secret that is read anew each time. @param isAsked a person wants it */
export type SourcedAttempt = <T>(isAsked: boolean, send: (secret: Secret<string>) => Promise<T>) => Promise<T>

/**
 * For a login that needs no person. What was refused is sent again after a pause, which ends early when the secret has
 * changed or a person asks; a command is not run during it.
 */
export function createSourcedAttempt(
  reader: SecretReader,
  { clock, random }: Pick<LoginContext, 'clock' | 'random'>,
): SourcedAttempt {
  const pause = createRefusalPause(clock, random)
  return async (isAsked, send) => {
    if (reader.isMade) pause.check(isAsked)
    const secret = await reader.read()
    if (!reader.isMade) pause.check(isAsked, digestOf(secret))
    return pause.guard(() => send(secret))
  }
}

/** The same for a login that leads to a token. */
export function createSourcedLogin(
  reader: SecretReader,
  context: Pick<LoginContext, 'clock' | 'random'>,
  send: (secret: Secret<string>, asking: Asking) => Promise<LeasedToken>,
): LoginRequest['login'] {
  const attempt = createSourcedAttempt(reader, context)
  return (isAsked, signal) => attempt(isAsked, (secret) => send(secret, { mayAsk: isAsked, signal }))
}
