import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Environment, isSet } from '../../core/places/environment.ts'
import { homeFolder } from '../../core/places/home.ts'
import { expandHome, stateFolder } from '../../core/places/paths.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { HelperError } from '../fast/failure.ts'
import { knownUser } from '../known-user.ts'
import { configWord } from './config-word.ts'
import type { IncludeName } from './include-lines.ts'

/** The file of our own that ~/.ssh/config includes, in the state folder; in `latchkey dev`, in the folder of that. */
export function includedFile(environment: Environment): string {
  const { LATCHKEY_DEV_DIR: dev } = environment
  // Otherwise -F there would change what the user's own ssh_config includes.
  if (isSet(dev)) return join(dev, 'ssh_config')
  return join(stateFolder(environment, homeFolder(environment)), 'ssh_config')
}

/**
 * How an Include names that file: below the home folder with a tilde, so that an ssh_config that several machines share is
 * the same on all of them. ssh passes over a file that is missing.
 * @param sshHome the home folder as ssh takes it, which is not HOME
 */
export function includeName(included: string, sshHome = homeOfSsh()): IncludeName {
  const path = included.startsWith(`${sshHome}/`) ? `~${included.slice(sshHome.length)}` : included
  return { written: configWord(path, 'glob'), isOurs: (word) => expandHome(word, sshHome) === included }
}

/**
 * The ssh_config to be edited.
 * @param given another one than ~/.ssh/config
 * @throws {HelperError} REFUSED: HOME is not where ssh looks; USAGE: in `latchkey dev`, whose sockets and command vanish
 */
export function userSshConfig(given: string | undefined, environment: Environment, sshHome = homeOfSsh()): string {
  if (isSet(given)) return resolve(given)
  if (isSet(environment.LATCHKEY_DEV_DIR)) {
    throw new HelperError('USAGE', '~/.ssh/config is not edited in latchkey dev, whose sockets vanish with it', {
      hint: 'name another file: -F FILE, or run this outside of latchkey dev',
    })
  }
  const [own, home] = [join(sshHome, '.ssh', 'config'), homeFolder(environment)]
  if (isSame(home, sshHome)) return own
  throw new HelperError('REFUSED', `ssh reads ${own}, and HOME is ${home}`, {
    hint: `name the file: -F ${shellWord(own)}`,
  })
}

/** By the user database: ssh does not look at HOME. */
function homeOfSsh(): string {
  return knownUser().homedir || homedir()
}

function isSame(path: string, other: string): boolean {
  try {
    return realpathSync(path) === realpathSync(other)
  } catch {
    return path === other
  }
}
