import type { IniSection } from './ini.ts'
import { looseText, shellWords } from './profile-header.ts'

/** What a `[services NAME]` section says. */
export interface ServicesSection {
  /** `endpoint_url` under `sts`. */
  sts?: string | undefined
  /** The same under `ec2`. */
  ec2?: string | undefined
}

/**
 * The `[services NAME]` sections of the config file by their names, with what is nested under a service read as botocore
 * reads it (configloader, _parse_nested): `key = value` on each line, and no comments behind it. Of two sections with one
 * name the last one counts.
 */
export function servicesIn(sections: readonly IniSection[]): ReadonlyMap<string, ServicesSection> {
  const found = sections.flatMap(({ header, entries }) => {
    const words = looseText(header).startsWith('services') ? shellWords(looseText(header)) : undefined
    if (words?.length !== 2) return []
    const urlOf = (service: string) => {
      const nested = entries.findLast(({ key }) => key === service)?.value
      return nested === undefined ? undefined : nestedValue(nested, 'endpoint_url')
    }
    return [[words[1]!, { sts: urlOf('sts'), ec2: urlOf('ec2') }] as const]
  })
  return new Map(found)
}

function nestedValue(block: string, wanted: string): string | undefined {
  const lines = block.split('\n').map((line) => {
    const separator = line.indexOf('=')
    return [line.slice(0, separator).trim(), line.slice(separator + 1).trim()] as const
  })
  const value = lines.findLast(([key]) => key === wanted)?.[1]
  return value === '' ? undefined : value
}
