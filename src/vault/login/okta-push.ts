import { vaultPath } from '../address.ts'
import type { LoginContext } from './login-method.ts'
import { createWaitingNote } from './waiting-note.ts'

/** A login without a second factor is answered sooner, in ms: then nothing is shown. */
const firstLookMs = 1_500
/** How often to look for the number, in ms: as the command line of Vault does. */
const betweenLooksMs = 1_000

/**
 * Shows, while a login waits for Okta Verify, that it does, and which number is to be tapped there where Okta wants that
 * (`auth/MOUNT/verify/NONCE`, which says nothing until there is a number).
 * @param nonce goes with the login request
 * @param signal nobody wants the login any more
 */
export function watchOktaPush(
  context: LoginContext,
  mount: string,
  nonce: string,
  signal: AbortSignal | undefined,
): { end(): void } {
  const { client, clock } = context
  const note = createWaitingNote(context, signal)
  let isOver = false

  const look = async () => {
    const answer = await client
      .request({
        method: 'GET',
        path: vaultPath(`auth/${mount}`, 'verify', nonce),
        purpose: { type: 'public', mount: `auth/${mount}` },
      })
      .catch(() => undefined)
    if (isOver || signal?.aborted === true) return
    const number = answer?.data?.correct_answer
    note.show(
      typeof number === 'number'
        ? `tap ${number} in Okta Verify to log in to vault ${client.name}`
        : `approve the login to vault ${client.name} in Okta Verify`,
    )
    cancel = clock.after(betweenLooksMs, () => void look())
  }
  let cancel = clock.after(firstLookMs, () => void look())

  return {
    end() {
      isOver = true
      cancel()
      note.end()
    },
  }
}
