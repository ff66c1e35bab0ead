import { errorCode } from '../../core/errors.ts'
import { maxSettingsBytes, readTextIfPresent } from '../../core/files/read-file.ts'
import type { Environment } from '../../core/places/environment.ts'
import { isExecutable } from '../../core/trust/program-trust.ts'
import { readIncludedFile } from './included-file.ts'
import { includedFile } from './places.ts'

/** A file of ours that runs a latchkey which is not there any more. */
export interface GoneCommand {
  file: string
  latchkey: string
  /** What writes the file anew. */
  writtenBy: string
}

/** Whether the latchkey that ssh runs is gone, as after an update; ssh itself says nothing of it. */
export async function goneCommand(environment: Environment): Promise<GoneCommand | undefined> {
  const file = includedFile(environment)
  const text = await readTextIfPresent(file, { maxBytes: maxSettingsBytes, isTrusted: true }).catch(
    (error: unknown) => {
      if (errorCode(error) === undefined) throw error
      return undefined
    },
  )
  const said = text === undefined ? undefined : readIncludedFile(text)
  if (said === undefined || isExecutable(said.latchkey)) return undefined
  return { file, ...said }
}
