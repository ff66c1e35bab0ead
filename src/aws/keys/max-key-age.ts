import type { AwsSettings } from '../config/settings.ts'

/** 90 days: what AWS's own rules ask for (AWS Config, access-keys-rotated). */
const defaultSeconds = 90 * 86_400

/** How old the long-term key of a source may become, in seconds. */
export function maxKeyAgeSeconds({ sources }: AwsSettings, source: string): number {
  return (Object.hasOwn(sources, source) ? sources[source]!.max_key_age : undefined) ?? defaultSeconds
}
