import type { AwsAddition, Exchange } from '../../../src/dev/aws/plugin.ts'
import { AwsRefusal } from '../../../src/dev/aws/protocol/refusal.ts'

/** One thing that goes wrong with one call. */
export type AwsFault =
  /** Nothing happens before `until` resolves. */
  | { type: 'delay'; until: Promise<void> }
  /** The call is received and never answered. */
  | { type: 'hang' }
  /** An error of AWS's own, once it knows who is calling: the call has no effect. */
  | { type: 'refuse'; code: InjectedError }
  /** The connection breaks: before the call takes effect, or after it (a code is then spent). */
  | { type: 'reset'; when: 'before' | 'after' }
  /** The call takes effect; half of the answer's XML is missing. */
  | { type: 'truncate' }

/** Errors that AWS answers with by itself, whoever calls. */
export type InjectedError =
  | 'EntityTemporarilyUnmodifiable'
  | 'InternalFailure'
  | 'ServiceUnavailable'
  | 'Throttling'
  | 'RegionDisabledException'

/** Faults to inject; each is asked again at every call. */
export interface AwsFaults {
  /** What goes wrong with this call. @param action its name, undefined where it has none */
  next?(action: string | undefined): AwsFault | undefined
  /** How far AWS's clock is ahead of `now`, in ms. */
  clockOffsetMs?(): number
  /** How long after its creation an access key is still unknown, in ms. */
  newKeyDelayMs?(): number
  /** The same for an MFA device after it was made, or given to its user. */
  newDeviceDelayMs?(): number
}

/** @param account of the caller */
function faultRefusal(code: InjectedError, account: string): AwsRefusal {
  switch (code) {
    case 'EntityTemporarilyUnmodifiable':
      return new AwsRefusal(code, 'A user of this name was deleted a short time ago. Please try again later.')
    case 'InternalFailure':
      return new AwsRefusal(code, 'We encountered an internal error. Please try again.')
    case 'ServiceUnavailable':
      return new AwsRefusal(code, 'The request has failed due to a temporary failure of the server.')
    case 'Throttling':
      return new AwsRefusal(code, 'Rate exceeded')
    case 'RegionDisabledException':
      return new AwsRefusal(
        code,
        `STS is not activated in this region for account:${account}. Your account administrator can activate STS in this region using the IAM Console.`,
      )
  }
}

/** Lets exchanges go wrong as the faults say. */
export function faultyExchanges({ next, newKeyDelayMs, newDeviceDelayMs }: AwsFaults): AwsAddition {
  return {
    serve: (exchange) => serveFaulty(exchange, next?.(exchange.action)),
    isKeyKnown({ createdAtMs }, nowMs) {
      const delayMs = newKeyDelayMs?.() ?? 0
      // Without a delay a key is good at once, whatever becomes of the clock: it may have been set back.
      return delayMs === 0 || createdAtMs + delayMs <= nowMs
    },
    newDeviceDelayMs: () => newDeviceDelayMs?.() ?? 0,
  }
}

async function serveFaulty(exchange: Exchange, fault: AwsFault | undefined): Promise<void> {
  switch (fault?.type) {
    case undefined:
      return exchange.send(await exchange.answer())
    case 'delay':
      await fault.until
      return exchange.send(await exchange.answer())
    case 'hang':
      return exchange.keepBack('hang')
    case 'refuse':
      return exchange.send(
        await exchange.answer(({ account }) => {
          throw faultRefusal(fault.code, account)
        }),
      )
    case 'reset': {
      const answer = fault.when === 'after' ? await exchange.answer() : undefined
      exchange.keepBack('reset', answer)
      return exchange.reset()
    }
    case 'truncate': {
      const answer = await exchange.answer()
      return exchange.send(answer, answer.xml.slice(0, answer.xml.length / 2))
    }
  }
}
