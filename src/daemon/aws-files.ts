import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseSharedConfig, type SharedConfig } from '../aws/config/shared-config.ts'
import { sweepTemporaries } from '../core/files/atomic-file.ts'
import type { AwsFilePaths } from '../core/places/paths.ts'
import { unreadable } from './config/config-file.ts'
import { createWatchedFiles } from './process/watched-files.ts'

/** Removes leftovers: an import that was killed may have left the other keys of the file beside it. */
export async function sweepImports(credentials: string, nowMs: number): Promise<void> {
  await sweepTemporaries(await realpath(credentials).catch(() => credentials), nowMs)
}

/** The files that the AWS CLI and the SDKs share, as the daemon's environment names them. */
export interface AwsFiles {
  /** Absolute. */
  paths: AwsFilePaths
  /** What both say now. @throws {ConfigError} CONFIG_UNREADABLE */
  read(): Promise<SharedConfig>
}

/** Reads them again when they have changed. */
export function watchAwsFiles({ config, credentials }: AwsFilePaths): AwsFiles {
  const read = createWatchedFiles([config, credentials], (texts) =>
    parseSharedConfig({ config: texts[0], credentials: texts[1] }),
  )
  return {
    paths: { config: resolve(config), credentials: resolve(credentials) },
    read: () =>
      read().catch((cause: unknown) => {
        throw unreadable([config, credentials], cause)
      }),
  }
}
