import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSharedConfig, type SharedConfig } from '../aws/config/shared-config.ts'
import { sweepTemporaries } from '../core/files/atomic-file.ts'
import { type Environment, isSet } from '../core/places/environment.ts'
import { unreadable } from './config/config-file.ts'
import { createWatchedFiles } from './process/watched-files.ts'

/** The paths of the AWS tools' files. */
export function awsFiles(environment: Environment, home: string): { config: string; credentials: string } {
  const { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials } = environment
  return {
    config: isSet(config) ? config : join(home, '.aws', 'config'),
    credentials: isSet(credentials) ? credentials : join(home, '.aws', 'credentials'),
  }
}

/** Removes leftovers: an import that was killed may have left the other keys of the file beside it. */
export async function sweepImports(credentials: string, nowMs: number): Promise<void> {
  await sweepTemporaries(await realpath(credentials).catch(() => credentials), nowMs)
}

/** A function that returns what both files say now; it rejects with a ConfigError CONFIG_UNREADABLE. */
export function watchAwsFiles({ config, credentials }: ReturnType<typeof awsFiles>): () => Promise<SharedConfig> {
  const read = createWatchedFiles([config, credentials], (texts) =>
    parseSharedConfig({ config: texts[0], credentials: texts[1] }),
  )
  return () =>
    read().catch((cause: unknown) => {
      throw unreadable([config, credentials], cause)
    })
}
