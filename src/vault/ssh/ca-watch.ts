import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time/clock.ts'
import { createInterval } from '../../core/time/interval.ts'
import { parsePublicKeyLine } from '../../ssh/public-key-line.ts'
import { vaultPath } from '../address.ts'
import type { VaultClient } from '../client.ts'

/** What an SSH secrets engine says its CA key is. */
export interface CaWatch {
  /** Reads it again where the last look is five minutes old; in the background, so that nobody waits for it. */
  look(): void
  /** The key blob in base64, as it was last read; undefined where it never was. */
  key(): string | undefined
}

/** How often to look, in ms: a CA is rotated once in years, and lists come all day. */
const betweenLooksMs = 300_000

/** Watches the CA key of one mount, which needs no token (`GET MOUNT/public_key`). */
export function createCaWatch(client: VaultClient, mount: string, clock: Clock, log: Logger): CaWatch {
  let key: string | undefined
  // Not at once: the first list gets a certificate of the present CA anyway.
  const looks = createInterval(clock, betweenLooksMs, false)

  const read = async (): Promise<void> => {
    const { text = '' } = await client.request({
      method: 'GET',
      path: vaultPath(mount, 'public_key'),
      purpose: { type: 'public', mount },
      isText: true,
    })
    const present = Buffer.from(parsePublicKeyLine(text).blob).toString('base64')
    if (key !== undefined && key !== present) log.info('the ssh CA has a new key', { vault: client.name, mount })
    key = present
  }

  return {
    look() {
      if (!looks.takeTurn()) return
      read().catch((error: unknown) => {
        log.debug('the key of the ssh CA cannot be read', { vault: client.name, mount, reason: describeError(error) })
      })
    },
    key: () => key,
  }
}
