import { AwsError } from '../aws-error.ts'
import type { AwsProfileSettings, AwsSettings } from './settings.ts'

/** Settings in which the profiles that were added for a limited time, and whose time is over, are switched off. */
export function withoutEnded(settings: AwsSettings, nowMs: number): AwsSettings {
  const profiles = Object.entries(settings.profiles)
  const ended = new Map(profiles.filter(([, { until }]) => hasEnded(until, nowMs)))
  if (ended.size === 0) return settings
  return {
    ...settings,
    profiles: Object.fromEntries(profiles.filter(([name]) => !ended.has(name))),
    switchedOff: (name) => (ended.has(name) ? endedError(name, ended.get(name)!) : settings.switchedOff?.(name)),
  }
}

function hasEnded(until: string | undefined, nowMs: number): boolean {
  return until !== undefined && Date.parse(until) <= nowMs
}

function endedError(name: string, { until }: AwsProfileSettings): AwsError {
  return new AwsError('AWS_PROFILE_INVALID', `profile ${name} was added for a limited time, which ended at ${until}`, {
    hint: 'latchkey aws profiles list removes it; latchkey aws profiles add adds it again',
  })
}
