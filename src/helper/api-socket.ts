import { homedir } from 'node:os'
import { join } from 'node:path'
import { agentSocketName, apiSocketName, type Environment, runtimeFolder } from '../core/paths.ts'

/** Where the daemon's API listens for this user. */
export function apiSocketPath(environment: Environment): string {
  return join(folder(environment), apiSocketName)
}

/** Where its SSH agent listens. */
export function agentSocketPath(environment: Environment): string {
  return join(folder(environment), agentSocketName)
}

const folder = (environment: Environment) => runtimeFolder(environment, environment.HOME ?? homedir())
