import type { Secret } from '../../core/secret.ts'
import type { Clock } from '../../core/time/clock.ts'

/** RFC 6238's time step, which every AWS device uses, in ms. */
const stepMs = 30_000
/** AWS takes the codes of the steps beside the present one as well; after that the same digits are another code, in ms. */
const rememberedMs = 3 * stepMs

/** Owns what AWS has said lately of the codes of each device. It takes a code once, and none of the same step after it. */
export interface AnsweredCodes {
  note(serial: string, code: Secret<string>, wasTaken: boolean): void
  /** True for a code that AWS has taken or refused already: its answer would be no other. */
  has(serial: string, code: Secret<string>): boolean
  /** True when the code that the device shows now has been taken. */
  isSpent(serial: string): boolean
  /** Until the device shows the next code. */
  secondsToNext(): number
}

/** None, at the start of the daemon: a code that was used before it costs a refusal. */
export function createAnsweredCodes(clock: Clock): AnsweredCodes {
  const bySerial = new Map<string, { code: Secret<string>; atMs: number }[]>()
  const takenStep = new Map<string, number>()
  const presentStep = () => Math.floor(clock.now() / stepMs)
  const recent = (serial: string) =>
    (bySerial.get(serial) ?? []).filter(({ atMs }) => clock.uptime() - atMs < rememberedMs)

  return {
    note(serial, code, wasTaken) {
      bySerial.set(serial, [...recent(serial), { code, atMs: clock.uptime() }])
      if (wasTaken) takenStep.set(serial, presentStep())
    },
    has: (serial, code) => recent(serial).some((other) => other.code.expose() === code.expose()),
    isSpent: (serial) => takenStep.get(serial) === presentStep(),
    secondsToNext: () => Math.ceil((stepMs - (clock.now() % stepMs)) / 1000),
  }
}
