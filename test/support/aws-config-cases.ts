import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSharedConfig } from '../../src/aws/config/shared-config.ts'

type Profiles = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A pair of files, with what botocore reads in them. */
export interface ConfigCase {
  title: string
  config?: string
  credentials?: string
  /** Recorded by test/vectors/aws-config/record.py; null: it refuses the files. */
  botocore: Profiles | null
  /** What latchkey reads where that is something else, and why it may be. */
  ours?: Profiles
  why?: string
}

/** The script that asks botocore. */
export const recorder = fileURLToPath(new URL('../vectors/aws-config/record.py', import.meta.url))

/** The cases as they were recorded. */
export const configCases = JSON.parse(
  readFileSync(new URL('../vectors/aws-config/cases.json', import.meta.url), 'utf8'),
) as readonly ConfigCase[]

const secret = /^aws_(secret_access_key|session_token|security_token)$/

/** What latchkey is to read in a case: what botocore does, without secrets and empty values, or its own. */
export function expectedProfiles({ botocore, ours }: ConfigCase): Profiles {
  if (ours !== undefined) return ours
  const kept = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).filter(([key, value]) => value !== '' && !secret.test(key)))
  return Object.fromEntries(Object.entries(botocore ?? {}).map(([name, values]) => [name, kept(values)]))
}

/** What latchkey reads in a case. */
export function readProfiles({ config, credentials }: ConfigCase): Profiles {
  const { profiles } = parseSharedConfig({ config, credentials })
  return Object.fromEntries([...profiles].map(([name, { values }]) => [name, Object.fromEntries(values)]))
}
