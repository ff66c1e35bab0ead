import { realpath } from 'node:fs/promises'
import { parseSharedConfig, type SharedConfig } from '../aws/config/shared-config.ts'
import { sweepTemporaries } from '../core/files/atomic-file.ts'
import type { awsFilePaths } from '../core/places/paths.ts'
import { unreadable } from './config/config-file.ts'
import { createWatchedFiles } from './process/watched-files.ts'

/** Removes leftovers: an import that was killed may have left the other keys of the file beside it. */
export async function sweepImports(credentials: string, nowMs: number): Promise<void> {
  await sweepTemporaries(await realpath(credentials).catch(() => credentials), nowMs)
}

/** A function that returns what both files say now; it rejects with a ConfigError CONFIG_UNREADABLE. */
export function watchAwsFiles({ config, credentials }: ReturnType<typeof awsFilePaths>): () => Promise<SharedConfig> {
  const read = createWatchedFiles([config, credentials], (texts) =>
    parseSharedConfig({ config: texts[0], credentials: texts[1] }),
  )
  return () =>
    read().catch((cause: unknown) => {
      throw unreadable([config, credentials], cause)
    })
}
