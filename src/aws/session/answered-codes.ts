import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'

/** RFC 6238's time step, which every AWS device uses, in ms. */
const stepMs = 30_000
/** AWS accepts the codes of the neighbouring steps too; after this long, in ms, the same digits are another code. */
const rememberedMs = 3 * stepMs

/** Owns what AWS has said recently about each device's codes. It accepts a code once, and then none of the same step. */
export interface AnsweredCodes {
  note(serial: string, code: Secret<string>, wasAccepted: boolean): void
  /** True for a code that AWS has already accepted or refused: its answer would be the same. */
  has(serial: string, code: Secret<string>): boolean
  /** True when the code that the device shows now has been accepted. */
  isSpent(serial: string): boolean
  /** Until the device shows the next code. */
  secondsToNext(): number
}

/** Knows none when the daemon starts: a code that was used before costs a refusal. */
export function createAnsweredCodes(clock: Clock): AnsweredCodes {
  const bySerial = new Map<string, { code: Secret<string>; atMs: number }[]>()
  const acceptedStep = new Map<string, number>()
  const presentStep = () => Math.floor(clock.now() / stepMs)
  const recent = (serial: string) =>
    (bySerial.get(serial) ?? []).filter(({ atMs }) => clock.uptime() - atMs < rememberedMs)

  return {
    note(serial, code, wasAccepted) {
      bySerial.set(serial, [...recent(serial), { code, atMs: clock.uptime() }])
      if (wasAccepted) acceptedStep.set(serial, presentStep())
    },
    has: (serial, code) => recent(serial).some((other) => other.code.expose() === code.expose()),
    isSpent: (serial) => acceptedStep.get(serial) === presentStep(),
    secondsToNext: () => Math.ceil((stepMs - (clock.now() % stepMs)) / 1000),
  }
}
