import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import type { CheckFacts, FileProfile } from '../../aws/check/check-facts.ts'
import { fileMistakes } from '../../aws/check/file-mistakes.ts'
import { fileProfiles, strayLines } from '../../aws/check/file-profiles.ts'
import { errorCode } from '../../core/errors.ts'
import { maxSettingsBytes, readWholeFile } from '../../core/files/read-file.ts'
import { type Environment, isSet } from '../../core/places/environment.ts'
import { isExecutable } from '../../core/trust/program-trust.ts'
import type { CommandContext } from '../command-context.ts'
import { toolFilePaths } from '../profiles/tool-files.ts'

/** What can be seen from here: the files of the AWS tools, and what this command's environment says. */
export type LocalFacts = Pick<
  CheckFacts,
  'nowMs' | 'paths' | 'missingFolder' | 'latchkey' | 'profiles' | 'mistakes' | 'stray' | 'programFaults' | 'environment'
>

/** Variables from which the AWS tools get credentials before they look at a profile (botocore, credentials.py). */
const givingVariables = ['AWS_WEB_IDENTITY_TOKEN_FILE']

/** Reads the files, and nothing else. @throws {FileError}; the file system's error */
export async function gatherLocalFacts({ environment, commandPath, nowMs }: CommandContext): Promise<LocalFacts> {
  const paths = toolFilePaths(environment)
  const bytes = { config: await read(paths.config), credentials: await read(paths.credentials) }
  const texts = { config: bytes.config.toString('utf8'), credentials: bytes.credentials.toString('utf8') }
  const profiles = fileProfiles(texts)
  return {
    nowMs: nowMs(),
    paths,
    ...(existsSync(dirname(paths.config)) ? {} : { missingFolder: dirname(paths.config) }),
    latchkey: commandPath,
    profiles,
    mistakes: { config: fileMistakes(bytes.config), credentials: fileMistakes(bytes.credentials) },
    stray: { config: strayLines(texts.config), credentials: strayLines(texts.credentials) },
    programFaults: programFaults(profiles, environment),
    environment: {
      ...(isSet(environment.AWS_ACCESS_KEY_ID) ? { accessKeyId: environment.AWS_ACCESS_KEY_ID } : {}),
      isGiven: isSet(environment.AWS_VAULT),
      others: givingVariables.filter((name) => isSet(environment[name])),
    },
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readWholeFile(path, { maxBytes: maxSettingsBytes, isTrusted: false })
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    return Buffer.alloc(0)
  }
}

function programFaults(profiles: readonly FileProfile[], { PATH = '' }: Environment): ReadonlyMap<string, string> {
  const faults = new Map<string, string>()
  for (const [first, ...others] of profiles.map(({ helper }) => helper?.programs ?? [])) {
    for (const program of [first, ...others]) {
      const fault = program === undefined ? undefined : faultOf(program, program === first, PATH)
      if (fault !== undefined) faults.set(program!, fault)
    }
  }
  return faults
}

/** @param isRun it is run itself, and not read by another program */
function faultOf(program: string, isRun: boolean, searchPath: string): string | undefined {
  // botocore splits the line itself, and runs no shell.
  if (/^~|\$/.test(program)) return `${program} is not expanded by the AWS CLI`
  if (!program.includes('/')) {
    const isFound = searchPath.split(':').some((folder) => folder !== '' && isExecutable(resolve(folder, program)))
    return isFound ? undefined : `${program} is in no folder of PATH`
  }
  if (!isAbsolute(program)) return `${program} is looked for in whatever folder a tool runs in`
  if (!existsSync(program)) return `${program} does not exist`
  return isRun ? (isExecutable(program) ? undefined : `${program} is not executable`) : unreadable(program)
}

function unreadable(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK)
    return undefined
  } catch {
    return `${path} cannot be read`
  }
}
