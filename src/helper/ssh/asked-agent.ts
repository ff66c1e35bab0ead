import { realpathSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { errorCode } from '../../core/errors.ts'
import { type Environment, isSet } from '../../core/places/environment.ts'

/** The agent that an ssh asks. */
export type AskedAgent =
  /** latchkey, through the socket of one identity where that is named. */
  | { type: 'latchkey'; path: string; identity?: string }
  | { type: 'other'; path: string }
  | { type: 'none'; why: string }

/** Which agent that is. @param identityAgent the setting @param ownSocket where latchkey's agent listens */
export function askedAgent(
  identityAgent: string | undefined,
  { environment, ownSocket }: { environment: Environment; ownSocket: string },
): AskedAgent {
  if (identityAgent === 'none') return { type: 'none', why: 'IdentityAgent is none' }
  // ssh_config(5): SSH_AUTH_SOCK, or another variable after a dollar.
  const variable = identityAgent === undefined ? 'SSH_AUTH_SOCK' : /^(?:\$(\w+)|(SSH_AUTH_SOCK))$/.exec(identityAgent)
  const name = typeof variable === 'string' ? variable : (variable?.[1] ?? variable?.[2])
  const path = name === undefined ? identityAgent : environment[name]
  if (!isSet(path)) return { type: 'none', why: `${name} is not set` }
  if (isSame(path, ownSocket)) return { type: 'latchkey', path }
  const [, identity] = /^agent-(.+)\.sock$/.exec(basename(path)) ?? []
  if (identity !== undefined && isSame(dirname(path), dirname(ownSocket))) return { type: 'latchkey', path, identity }
  return { type: 'other', path }
}

function isSame(path: string, other: string): boolean {
  return path === other || realPath(path) === realPath(other)
}

/** Links may lead to it. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    // What does not exist, or may not be looked at, is what it is called.
    if (errorCode(error) === undefined) throw error
    return path
  }
}
