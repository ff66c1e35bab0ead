import * as v from 'valibot'
import { parseDurationSeconds } from '../../core/time/duration.ts'

/** A duration in Go's notation, read as seconds within bounds. */
export function duration(minSeconds: number, maxSeconds: number, bounds: string) {
  return v.pipe(
    v.string(),
    v.transform((text) => parseDurationSeconds(text) ?? Number.NaN),
    v.check(
      (seconds) => seconds >= minSeconds && seconds <= maxSeconds,
      `not a duration from ${bounds} such as "15m" or "12h"`,
    ),
  )
}

/** Texts by names. */
export const stringMap = v.record(v.string(), v.string())

/** The fingerprint of a key. */
export const keyFingerprint = v.pipe(
  v.string(),
  v.regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'not a fingerprint as ssh-add -l and ssh-keygen -l show it: "SHA256:…"'),
)
