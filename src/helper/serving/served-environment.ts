import { withoutDefaultCredentials } from '../../aws/config/default-credentials.ts'
import { type ProcessFile, sweepProcessFiles, writeProcessFile } from '../../core/files/process-file.ts'
import { maxSettingsBytes, readTextIfPresent } from '../../core/files/read-file.ts'
import { callerEnvironment, type Environment } from '../../core/places/environment.ts'
import { homeFolder } from '../../core/places/home.ts'
import { awsConfigCopies, runtimeFolder } from '../../core/places/paths.ts'
import { type GivenProfile, profileVariables, withoutCredentials } from '../exec/credential-variables.ts'
import { toolFilePaths } from '../profiles/tool-files.ts'

/** An environment in which the AWS SDKs find the container endpoint, and nothing before it. */
export interface ServedEnvironment {
  environment: Environment
  /** Removes the copy of the config file. */
  remove(): Promise<void>
}

/**
 * Makes the environment. The SDKs look at a container last, and at the profile `default` before it, so that profile loses
 * its credentials: there is no credentials file, and in the place of the config file a private copy without them. botocore
 * also reads the files of its predecessor before.
 * @param endpoint the variables of the endpoint
 * @throws {FileError} the config file cannot be read; the file system's error
 */
export async function serveEnvironment(
  caller: Environment,
  pid: number,
  given: GivenProfile,
  endpoint: Readonly<Record<string, string>>,
): Promise<ServedEnvironment> {
  const copy = await copyConfig(caller, pid)
  return {
    environment: {
      ...withoutCredentials(callerEnvironment(caller)),
      ...endpoint,
      ...profileVariables(given),
      AWS_CONFIG_FILE: copy.path,
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      BOTO_CONFIG: '/dev/null',
    },
    remove: copy.remove,
  }
}

async function copyConfig(caller: Environment, pid: number): Promise<ProcessFile> {
  const home = homeFolder(caller)
  // The AWS tools read it in any case: whose it is makes no difference here.
  const text = await readTextIfPresent(toolFilePaths(caller).config, {
    maxBytes: maxSettingsBytes,
    isTrusted: false,
  })
  const place = awsConfigCopies(runtimeFolder(caller, home))
  await sweepProcessFiles(place)
  return await writeProcessFile(place, pid, withoutDefaultCredentials(text ?? ''))
}
