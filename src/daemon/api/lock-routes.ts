import type { Lock } from '../../agent/lock/lock.ts'
import type { CodedError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type * as lockEndpoints from '../../ipc/endpoints/lock.ts'
import type { EndpointHandlers } from '../../ipc/server/endpoint-routes.ts'
import type { PromptCaller } from '../../prompts/prompt.ts'
import { ApiError, reportedError } from './api-errors.ts'

/** The lock of the SSH agent. */
export interface LockHandlersDeps {
  lock: Lock
  /** Why a restart changes whether it is locked. */
  lockError: () => CodedError | undefined
}

/** The handlers of the endpoints that lock and unlock the SSH agent. */
export function lockHandlers({
  lock,
  lockError,
}: LockHandlersDeps): EndpointHandlers<typeof lockEndpoints, PromptCaller> {
  const openFor = async (caller: PromptCaller): Promise<void> => {
    if (caller.hasTerminal !== true)
      throw new ApiError('TERMINAL_NEEDED', 'the SSH agent was locked without a passphrase: that takes a terminal', {
        hint: 'in a terminal: latchkey unlock',
      })
    await lock.open()
  }

  const openWith = async (passphrase: string): Promise<void> => {
    const connection = lock.connect(undefined)
    try {
      if (await connection.unlock(secretOf(passphrase))) return
    } finally {
      connection.close()
    }
    throw new ApiError('PASSPHRASE_WRONG', 'the SSH agent is still locked: the passphrase is wrong', {
      hint: 'latchkey unlock',
    })
  }

  const problem = () => {
    const error = lockError()
    return error === undefined ? {} : { problem: reportedError(error) }
  }

  return {
    async lockAgent({ body: { passphrase } }) {
      const isLocked = passphrase === undefined ? await lock.lockForPerson() : await lock.lock(secretOf(passphrase))
      if (!isLocked) throw new ApiError('LOCK_STATE', 'the SSH agent is locked already', { hint: 'latchkey unlock' })
      return problem()
    },
    async unlockAgent({ body: { passphrase }, caller }) {
      if (!lock.isLocked()) throw new ApiError('LOCK_STATE', 'the SSH agent is not locked', { hint: 'latchkey status' })
      if (lock.isForPerson()) await openFor(caller)
      else if (passphrase === undefined) return { type: 'passphrase-needed' }
      else await openWith(passphrase)
      return { type: 'unlocked', ...problem() }
    },
  }
}

const secretOf = (passphrase: string) => new Secret<Uint8Array>(Buffer.from(passphrase, 'utf8'))
