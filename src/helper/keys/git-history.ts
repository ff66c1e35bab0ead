import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from '../../core/places/environment.ts'
import { trustedProgram } from '../../core/trust/program-trust.ts'

const timeoutMs = 5_000

/**
 * Whether git has a file, now or in a commit: what is taken out of the file is there all the same. False where there is no
 * git, or no repository. Nothing that the repository is configured to run is run, and nothing is fetched.
 */
export async function isInGit(path: string, environment: Environment): Promise<boolean> {
  const file = await realpath(path).catch(() => path)
  const ask = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(
      trustedProgram('git', environment.PATH),
      ['--literal-pathspecs', '-c', 'core.fsmonitor=false', '-C', dirname(file), ...args, '--', basename(file)],
      { timeout: timeoutMs, env: gitEnvironment(environment) },
    )
    return stdout.trim() !== ''
  }
  try {
    return (await ask('ls-files')) || (await ask('rev-list', '--all', '--max-count=1'))
  } catch {
    return false
  }
}

/** Without what would lead git to another repository. */
function gitEnvironment(environment: Environment): Environment {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('GIT_'))
  return { ...Object.fromEntries(kept), GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0' }
}
