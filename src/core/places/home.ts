import { isAbsolute } from 'node:path'
import { CodedError } from '../errors.ts'
import type { Environment } from './environment.ts'

/** Why a home folder is not known. */
export type HomeErrorCode = 'HOME_UNKNOWN'

/** Nobody says where the home folder is. */
export class HomeError extends CodedError<HomeErrorCode> {}

/**
 * The user's home folder: HOME, or what the user database says where that is unset or no absolute path. With a relative
 * one, whichever folder a command is run in would say where its configuration and its daemon are, and be it a
 * repository of somebody else's.
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

/** Loaded by those few only who run without HOME. */
const ownHome = () => process.getBuiltinModule('node:os').userInfo().homedir
