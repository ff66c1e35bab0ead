import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { createInterval } from '../../core/time/interval.ts'
import type { VaultClient } from '../client.ts'
import { readCaKey } from './ca-key.ts'

/** What an SSH secrets engine says its CA key is. */
export interface CaWatch {
  /**
   * Reads it again where the last look is five minutes old. Resolves when it is read, or a second has passed. Undefined
   * where there is nothing to wait for: the last look is recent, or failed.
   */
  look(): Promise<void> | undefined
  /** The key blob in base64, as it was last read; undefined where it never was. */
  key(): string | undefined
}

/** How often to look, in ms: a CA is rotated once in years, and lists come all day. */
const betweenLooksMs = 300_000
/** A server that is there has answered by then, in ms; the client that lists has a certificate that is probably good. */
const longestWaitMs = 1_000

/** Watches the CA key of one mount, which needs no token (`GET MOUNT/public_key`). */
export function createCaWatch(client: VaultClient, mount: string, clock: Clock, log: Logger): CaWatch {
  let key: string | undefined
  // Not at once: the first list gets a certificate of the present CA anyway.
  const looks = createInterval(clock, betweenLooksMs, false)
  let looking: Promise<void> | undefined
  // Nobody waits twice for a server that is down (docs/adr/0026-an-outage-is-waited-for-once.md).
  let isSilent = false

  const read = async (): Promise<void> => {
    const present = Buffer.from((await readCaKey(client, mount)).blob).toString('base64')
    if (key !== undefined && key !== present) log.info('the ssh CA has a new key', { vault: client.name, mount })
    key = present
    isSilent = false
  }

  const readInTime = (): Promise<void> =>
    new Promise<void>((resolve) => {
      const cancel = clock.after(longestWaitMs, () => {
        isSilent = true
        resolve()
      })
      read()
        .catch((error: unknown) => {
          isSilent = true
          log.debug('the key of the ssh CA cannot be read', { vault: client.name, mount, reason: describeError(error) })
        })
        .finally(() => {
          cancel()
          resolve()
        })
    }).finally(() => {
      looking = undefined
    })

  return {
    look() {
      if (looks.takeTurn()) looking = readInTime()
      return isSilent ? undefined : looking
    },
    key: () => key,
  }
}
