import { findBlock, withBlocks, withoutBlocks } from '../../aws/files/aws-config-edit.ts'
import type { NewProfile } from '../../aws/files/new-profile.ts'
import { tomlTable, withoutTables, withTables } from '../../aws/files/toml-edit.ts'
import { maxSettingsBytes, readTextIfPresent } from '../../core/files/read-file.ts'
import { awsConfigBlock, profileHeader } from '../../core/text/aws-config-block.ts'
import { sectionHeader } from '../../core/text/section-name.ts'
import type { CommandContext } from '../command-context.ts'
import { linesByHand } from './lines-by-hand.ts'
import { edit, type ProfileFiles, tablePath } from './profile-files.ts'

/** What becomes of the two files. */
export interface ProfileExchange {
  /** By name, out of the AWS tools' file. */
  removed: readonly string[]
  /** Those of them that config.toml has. */
  removedTables: readonly string[]
  added: readonly NewProfile[]
  /** The profiles whose blocks are written, where the AWS tools' file has none. */
  blocks: readonly NewProfile[]
}

/**
 * Takes profiles out of both files and writes others into them, all at once in each, where both can be edited. What is left
 * when the command is killed is found again: a profile is there for longer than its block.
 * @returns the text of the AWS tools' file as it was
 * @throws {HelperError} what cannot be edited, and why
 */
export async function exchangeProfiles(
  { config, aws }: ProfileFiles,
  { removed, removedTables, added, blocks }: ProfileExchange,
  { commandPath: latchkey, note }: Pick<CommandContext, 'commandPath' | 'note'>,
): Promise<string> {
  const tables = added.map(({ name, fields }) => ({ path: tablePath(name), fields }))
  const written = blocks.map(({ name, region }) => ({ name, block: awsConfigBlock({ name, region, latchkey })! }))
  const exchange = (text: string) => withTables(withoutTables(text, removedTables.map(tablePath)), tables)
  const isInConfig = removedTables.length + added.length > 0
  let [isConfigDone, areBlocksGone] = [!isInConfig, false]
  let before = ''
  try {
    // The one file is not edited for a change that the other one cannot take.
    if (isInConfig) await edit(config, true, exchange, { isTrial: true })
    await edit(aws, false, (text) => {
      before = text
      return withoutBlocks(text, removed)
    })
    areBlocksGone = true
    if (isInConfig) await edit(config, true, exchange)
    isConfigDone = true
    await edit(aws, false, (text) => withBlocks(text, written))
    return before
  } catch (error) {
    const gone = isConfigDone ? [] : removedTables.map((name) => sectionHeader(...tablePath(name)))
    const own = areBlocksGone ? [] : (await ownBlocks(aws, removed)).map((name) => profileHeader(name) ?? name)
    const missing = isConfigDone ? [] : tables.map(({ path, fields }) => tomlTable(path, fields))
    note(
      [
        linesByHand('take out of', config, headers(gone)),
        linesByHand('write into', config, missing.join('\n')),
        linesByHand('take out of', aws, headers(own)),
        linesByHand('write into', aws, written.map(({ block }) => block).join('\n')),
      ].join(''),
    )
    throw error
  }
}

const headers = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

/** Those that have nothing but what latchkey writes; none where the file cannot be read, which is told by then. */
async function ownBlocks(path: string, names: readonly string[]): Promise<string[]> {
  const text = await readTextIfPresent(path, { maxBytes: maxSettingsBytes, isTrusted: false }).catch(() => undefined)
  return names.filter((name) => findBlock(text ?? '', name) === 'own')
}
