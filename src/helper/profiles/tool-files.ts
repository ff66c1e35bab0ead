import { resolve } from 'node:path'
import { type FileSection, fileSections } from '../../aws/files/file-sections.ts'
import { maxSettingsBytes, readTextIfPresent } from '../../core/files/read-file.ts'
import type { Environment } from '../../core/places/environment.ts'
import { homeFolder } from '../../core/places/home.ts'
import { type AwsFilePaths, awsFilePaths } from '../../core/places/paths.ts'

/** The absolute paths of these files in the environment of the command. Those that the daemon reads may be others. */
export function toolFilePaths(environment: Environment): AwsFilePaths {
  const { config, credentials } = awsFilePaths(environment, homeFolder(environment))
  return { config: resolve(config), credentials: resolve(credentials) }
}

/**
 * What the AWS tools see of profiles when they are run where the command is, by their names.
 * @throws {FileError}; the file system's error
 */
export async function readToolFiles(environment: Environment): Promise<ReadonlyMap<string, FileSection>> {
  const paths = toolFilePaths(environment)
  // The AWS tools read them in any case: whose they are makes no difference here.
  const read = (path: string) => readTextIfPresent(path, { maxBytes: maxSettingsBytes, isTrusted: false })
  return fileSections({ config: await read(paths.config), credentials: await read(paths.credentials) })
}
