import type { Clock } from '../core/time/clock.ts'

/** Leaves a person who said no alone for a while, so that twenty waiting tools do not open twenty prompts. */
export interface CoolDown {
  begin(topic: string): void
  isOn(topic: string): boolean
}

/** How long a topic is not asked about after a no. */
export const coolDownMs = 5_000

/** Remembers the topics that the person said no to, for `coolDownMs`. */
export function createCoolDown(clock: Clock): CoolDown {
  const endsMs = new Map<string, number>()
  return {
    begin: (topic) => void endsMs.set(topic, clock.uptime() + coolDownMs),
    isOn(topic) {
      if (clock.uptime() < (endsMs.get(topic) ?? 0)) return true
      endsMs.delete(topic)
      return false
    },
  }
}
