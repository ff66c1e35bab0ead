import { deciding, readTextFile } from '../core/files/read-file.ts'
import type { Environment } from '../core/places/environment.ts'
import { homeFolder } from '../core/places/home.ts'
import { awsFilePaths, configFile } from '../core/places/paths.ts'
import type { ConfigReport } from '../ipc/endpoints/config.ts'
import { reportConfig } from './api/config-report.ts'
import { watchAwsFiles } from './aws-files.ts'
import { readCaFolder } from './config/ca-files.ts'
import { readConfigFile } from './config/config-file.ts'
import { loadConfig } from './config/load-config.ts'

/**
 * Reads config.toml and the files that it names, as a daemon would if it were started now with these variables. It needs
 * no daemon and calls no server.
 */
export async function checkConfig(environment: Environment): Promise<ConfigReport> {
  const home = homeFolder(environment)
  const path = configFile(environment, home)
  const readText = (file: string) => readTextFile(file, deciding)
  const { faults, warnings, hasText } = await loadConfig(undefined, {
    path,
    environment,
    home,
    readConfigFile,
    readText,
    readCaFolder,
    awsFiles: watchAwsFiles(awsFilePaths(environment, home)),
  })
  const empty = hasText || faults.length > 0 ? [] : ['nothing is configured: it is empty, or there is no such file']
  return reportConfig(path, { faults, warnings: [...warnings, ...empty] })
}
