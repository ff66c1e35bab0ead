import { deviceMistake, fieldMistake } from '../plan/field-rules.ts'
import { tomlTable } from './toml-edit.ts'
import { withEntry, withSection } from './toml-value.ts'

/** What is to stand in the section of a source. */
export interface SourceFields {
  name: string
  /** Its MFA device; absent: it has none yet. */
  mfaSerial?: string | undefined
}

const pathOf = (name: string) => ['aws', 'source', name]

/**
 * The text of config.toml with the section of a source.
 * @param former the device that stands there now, and is to be replaced; absent: another one stays, and is an error
 * @throws {AwsError} AWS_FILE_NOT_EDITED
 */
export function withSource(toml: string, { name, mfaSerial }: SourceFields, former?: string): string {
  if (mfaSerial === undefined) return withSection(toml, pathOf(name))
  return withEntry(toml, { path: pathOf(name), key: 'mfa_serial', value: mfaSerial, former })
}

/** The same as lines, for a person to write. */
export function sourceLines({ name, mfaSerial }: SourceFields): string {
  return tomlTable(pathOf(name), mfaSerial === undefined ? {} : { mfa_serial: mfaSerial })
}

/** How the section begins, as config.toml has it. */
export function sourceHeader(name: string): string {
  return tomlTable(pathOf(name), {}).trimEnd()
}

/** Why a text cannot be the device of a source, or undefined where it can. */
export function serialMistake(serial: string): string | undefined {
  return fieldMistake('mfaSerial', serial) ?? deviceMistake(serial)?.says
}
