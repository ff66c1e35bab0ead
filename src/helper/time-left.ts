import { formatDuration } from '../core/time/duration.ts'

/** How long until a time, or that it has passed. @param time UTC with Z */
export function formatTimeLeft(time: string, nowMs: number): string {
  const seconds = secondsUntil(time, nowMs)
  return seconds > 0 ? formatDuration(seconds) : 'expired'
}

/** The same in a sentence: `12m left`, or `expired`. */
export function formatLeft(time: string, nowMs: number): string {
  const left = formatTimeLeft(time, nowMs)
  return left === 'expired' ? left : `${left} left`
}

/**
 * How long something lasts that the daemon says is good. It knows the end more exactly than it is written, and of a
 * certificate by the clock of the CA.
 */
export function formatTimeOfGood(time: string, nowMs: number): string {
  return formatDuration(Math.max(0, secondsUntil(time, nowMs)))
}

const secondsUntil = (time: string, nowMs: number) => Math.floor((Date.parse(time) - nowMs) / 1000)
