import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { latchkeyPath } from './latchkey.ts'
import { isAlive } from './processes.ts'
import { type Finished, run, runOk } from './run.ts'

/** Where Debian's openssh-tests has OpenSSH's own regression scripts. */
export const regressFolder = '/usr/lib/openssh/regress'

const sudoersFolder = '/etc/sudoers.d'
/** Where any user can read. */
const scratch = '/tmp'
/** Followed by the id of the process that has made the user. */
const userPrefix = 'latchkey-regress-'

/** A copy of the scripts that an ordinary user with sudo runs. */
export interface OpensshRegress {
  /** Runs one of the scripts, by its name without `.sh`. */
  run(script: string): Promise<Finished>
  close(): Promise<void>
}

/**
 * Makes a user who may do everything by sudo, and a copy of the scripts and of the built command that this user may read:
 * the clone may be in a folder of root's. Users that a killed run has left are removed first.
 */
export async function prepareOpensshRegress(): Promise<OpensshRegress> {
  await sweep()
  const user = `${userPrefix}${process.pid}`
  const folder = mkdtempSync(join(scratch, `${user}-`))
  const close = async () => {
    await removeUser(user)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const agent = copyCommand(folder)
    const bin = hideKeyTypes(folder)
    const regress = join(folder, 'regress')
    cpSync(regressFolder, regress, { recursive: true })
    // No agent of agent-compat has FIDO keys: without this provider the scripts leave them out.
    rmSync(join(regress, 'misc/sk-dummy'), { recursive: true, force: true })
    // Neither locked nor usable: sshd lets nobody in whose password is locked.
    await runOk('useradd', ['--home-dir', folder, '--no-create-home', '--shell', '/bin/sh', '--password', '*', user])
    writeFileSync(join(sudoersFolder, user), `${user} ALL=(ALL:ALL) NOPASSWD: ALL\n`, { mode: 0o440 })
    await runOk('chown', ['-R', user, folder])
    return { run: (script) => runScript({ user, regress, agent, bin, script }), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A small script: agent-ptrace changes the owner and the mode of the file that it is told to judge. */
function copyCommand(folder: string): string {
  const [node, root] = [join(folder, 'node'), join(folder, 'latchkey')]
  copyFileSync(process.execPath, node)
  cpSync(dirname(latchkeyPath), join(root, 'dist'), { recursive: true })
  const modules = join(dirname(latchkeyPath), '../node_modules')
  for (const name of ['koffi', '@koromix']) {
    if (existsSync(join(modules, name)))
      cpSync(join(modules, name), join(root, 'node_modules', name), { recursive: true })
  }
  const wrapper = join(folder, 'ssh-agent')
  writeFileSync(wrapper, `#!/bin/sh\nexec ${node} ${join(root, 'dist/latchkey.cjs')} agent-compat "$@"\n`, {
    mode: 0o755,
  })
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 })
  return wrapper
}

/**
 * An ssh that does not tell of DSA, which OpenSSH has given up (10.1) and latchkey never had, nor of FIDO keys, which
 * hostkey-agent takes for host certificates even where there is no provider: the scripts judge the types of key that ssh
 * tells of. They put options before `-Q`.
 */
function hideKeyTypes(folder: string): string {
  const own = join(folder, 'bin')
  mkdirSync(own)
  const script = `#!/bin/sh
case " $* " in
*' -Q '*) /usr/bin/ssh "$@" | grep -vE 'dss|^sk-' ;;
*) exec /usr/bin/ssh "$@" ;;
esac
`
  writeFileSync(join(own, 'ssh'), script, { mode: 0o755 })
  return own
}

interface Script {
  user: string
  regress: string
  agent: string
  /** Comes first on PATH. */
  bin: string
  script: string
}

/** As Debian's run-tests does, which has no place for another agent. */
function runScript({ user, regress, agent, bin, script }: Script): Promise<Finished> {
  const variables = {
    '.OBJDIR': regress,
    '.CURDIR': regress,
    BUILDDIR: regress,
    OBJ: regress,
    SUDO: 'sudo',
    TEST_SHELL: 'sh',
    LTESTS: script,
  }
  const environment = {
    HOME: dirname(regress),
    USER: user,
    LOGNAME: user,
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    TEST_SSH_SSH: join(bin, 'ssh'),
    TEST_SSH_SSHAGENT: agent,
    TEST_SSH_UNSAFE_PERMISSIONS: '1',
  }
  const assign = (pairs: object) => Object.entries(pairs).map(([name, value]) => `${name}=${value}`)
  return run(
    'runuser',
    [
      '-u',
      user,
      '--',
      'env',
      '-i',
      ...assign(environment),
      'make',
      '-s',
      '-C',
      regress,
      ...assign(variables),
      't-exec',
    ],
    { timeoutMs: 240_000 },
  )
}

async function sweep(): Promise<void> {
  const users = readFileSync('/etc/passwd', 'utf8').matchAll(new RegExp(`^${userPrefix}(\\d+):`, 'gm'))
  for (const [, pid] of users) if (!isAlive(Number(pid))) await removeUser(`${userPrefix}${pid}`)
  const folders = readdirSync(scratch).filter((name) => name.startsWith(userPrefix))
  for (const name of folders) {
    const pid = Number(name.slice(userPrefix.length).split('-')[0])
    if (!isAlive(pid)) rmSync(join(scratch, name), { recursive: true, force: true })
  }
}

async function removeUser(user: string): Promise<void> {
  rmSync(join(sudoersFolder, user), { force: true })
  // A script that fails leaves its agent.
  await run('pkill', ['-KILL', '-u', user])
  await run('userdel', ['--force', user])
}
