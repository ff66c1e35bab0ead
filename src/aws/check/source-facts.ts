import type { ListedProfile } from '../config/profile-list.ts'
import { isLongTermId } from '../files/plaintext-keys.ts'
import type { FileProfile, SourceFacts, StoredKey } from './check-facts.ts'

/**
 * The sources that there are: those of config.toml, those that roles come from, and those that have a key. A profile of the
 * AWS files that has neither role nor key is none.
 */
export function sourceFacts(
  listed: readonly Pick<ListedProfile, 'name' | 'definedIn' | 'source' | 'roleArn' | 'keyOf' | 'mfaSerial'>[],
  stored: readonly StoredKey[],
): SourceFacts[] {
  const ofToml = listed.filter(({ definedIn, source }) => definedIn === 'config.toml' && source === undefined)
  const users = listed.filter(
    ({ name, keyOf, roleArn }) => keyOf !== undefined && (roleArn !== undefined || keyOf !== name),
  )
  const names = new Set([
    ...ofToml.map(({ name }) => name),
    ...users.map(({ keyOf }) => keyOf!),
    ...stored.map(({ source }) => source),
  ])
  return [...names].sort().map((source) => {
    const behind = listed.filter(({ name, keyOf }) => keyOf === source || name === source)
    const mfaSerial = behind.find((each) => each.mfaSerial !== undefined)?.mfaSerial
    const without = users.filter((each) => each.keyOf === source && each.mfaSerial === undefined)
    return {
      source,
      ...(mfaSerial === undefined ? {} : { mfaSerial }),
      withoutMfa: without.map(({ name }) => name),
    }
  })
}

/** The names under which there is a long-term key. @param inKeychain whether its item can be read or not */
export function keyedSources(
  inKeychain: readonly { source: string }[],
  profiles: readonly FileProfile[],
): ReadonlySet<string> {
  const inFiles = profiles.filter(({ keys }) =>
    keys.some(({ accessKeyId, isTemporary }) => !isTemporary && isLongTermId(accessKeyId)),
  )
  return new Set([...inKeychain.map(({ source }) => source), ...inFiles.map(({ name }) => name)])
}
