import { type SourceFields, sourceLines, withSource } from '../../aws/files/source-edit.ts'
import type { CommandContext } from '../command-context.ts'
import { awaitRead } from './known-profiles.ts'
import { linesByHand } from './lines-by-hand.ts'
import { edit } from './profile-files.ts'

/**
 * Writes the section of a source into the daemon's config.toml, and waits until that has read it. What cannot be written
 * is shown, for a person to write it.
 * @param former the device that stands there, where it is to be replaced
 * @returns the path of the file
 * @throws {HelperError} what cannot be edited, and why; what the daemon says against the section
 */
export async function writeSource(
  source: SourceFields,
  former: string | undefined,
  context: CommandContext,
): Promise<string> {
  const { daemon, note } = context
  const { name, mfaSerial } = source
  const { file } = await daemon.call('getConfig')
  await edit(file, true, (text) => withSource(text, source, former)).catch((error: unknown) => {
    note(linesByHand('write into', file, sourceLines(source)))
    throw error
  })
  await awaitRead(context, `aws.source.${name}`, async () => {
    const { section } = await daemon.call('getSource', { params: { source: name } })
    return section?.definedIn === 'config.toml' && section.mfaSerial === mfaSerial
  })
  return file
}
