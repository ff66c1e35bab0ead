import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'

/** RFC 6238's time step, which every AWS device uses, in ms. */
const stepMs = 30_000
/** AWS accepts the codes of the neighbouring steps too; after this long, in ms, the same digits are another code. */
const rememberedMs = 3 * stepMs

/** What AWS has said of a code. */
export type CodeVerdict = 'accepted' | 'refused'

/** Owns what AWS has said recently about each device's codes. It accepts a code once, and then none of the same step. */
export interface AnsweredCodes {
  note(serial: string, code: Secret<string>, verdict: CodeVerdict): void
  /** What AWS has said of a code, and would say again: an accepted one would be refused. Undefined: it has not seen it. */
  verdict(serial: string, code: Secret<string>): CodeVerdict | undefined
  /** True when the code that the device shows now has been accepted. */
  isSpent(serial: string): boolean
  /** Until the device shows the next code. */
  secondsToNext(): number
}

/**
 * Knows none when the daemon starts: a code that was used before costs a refusal.
 * @param awsNow the time by AWS's clock, in ms since the epoch: that of this machine may be wrong
 */
export function createAnsweredCodes(clock: Clock, awsNow: () => number): AnsweredCodes {
  const bySerial = new Map<string, { code: Secret<string>; verdict: CodeVerdict; atMs: number }[]>()
  const acceptedStep = new Map<string, number>()
  const presentStep = () => Math.floor(awsNow() / stepMs)
  const recent = (serial: string) =>
    (bySerial.get(serial) ?? []).filter(({ atMs }) => clock.uptime() - atMs < rememberedMs)

  return {
    note(serial, code, verdict) {
      bySerial.set(serial, [...recent(serial), { code, verdict, atMs: clock.uptime() }])
      if (verdict === 'accepted') acceptedStep.set(serial, presentStep())
    },
    verdict: (serial, code) => recent(serial).find((other) => other.code.expose() === code.expose())?.verdict,
    isSpent: (serial) => acceptedStep.get(serial) === presentStep(),
    secondsToNext: () => Math.ceil((stepMs - (awsNow() % stepMs)) / 1000),
  }
}
