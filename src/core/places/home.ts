import { isAbsolute } from 'node:path'
import { CodedError } from '../errors.ts'
import type { Environment } from './environment.ts'

/** Why a home folder is not known. */
export type HomeErrorCode = 'HOME_UNKNOWN'

/** Nothing says where the home folder is. */
export class HomeError extends CodedError<HomeErrorCode> {}

/**
 * The user's home folder: HOME, or what the user database says if HOME is unset or not an absolute path. With a relative
 * HOME, the folder in which a command is run would decide where its configuration and its daemon are, even if that
 * folder is somebody else's repository.
 * @param lookUp asks the user database
 * @throws {HomeError}
 */
export function homeFolder({ HOME: home }: Environment, lookUp: () => string = ownHome): string {
  if (home !== undefined && isAbsolute(home)) return home
  try {
    return lookUp()
  } catch (cause) {
    throw new HomeError('HOME_UNKNOWN', 'there is no home folder: HOME is not an absolute path, and no user is known', {
      cause,
      hint: 'export HOME=/a/folder/of/your/own',
    })
  }
}

/** Loads `node:os` only for the few who run without HOME. */
const ownHome = () => process.getBuiltinModule('node:os').userInfo().homedir
