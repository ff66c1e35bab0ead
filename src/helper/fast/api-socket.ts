import { join } from 'node:path'
import type { Environment } from '../../core/places/environment.ts'
import { homeFolder } from '../../core/places/home.ts'
import { agentSocketName, apiSocketName, runtimeFolder } from '../../core/places/paths.ts'

/** Where the daemon's API listens for this user. */
export function apiSocketPath(environment: Environment): string {
  return join(folder(environment), apiSocketName)
}

/** Where its SSH agent listens. */
export function agentSocketPath(environment: Environment): string {
  return join(folder(environment), agentSocketName)
}

function folder(environment: Environment): string {
  return runtimeFolder(environment, homeFolder(environment))
}
