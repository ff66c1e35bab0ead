import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { isExecutable } from '../../src/core/trust/program-trust.ts'
import { runOk } from './run.ts'
import { canMountTmpfs } from './small-disk.ts'

/** Where a program of another project is, or undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/sbin',
    '/usr/lib/systemd',
    '/lib/systemd',
  ]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** Debian's own Python, which has Debian's python3-* packages; another one in PATH would not. */
export const debianPython = '/usr/bin/python3'

/** Debian's own Ruby, for the same reason. */
export const debianRuby = '/usr/bin/ruby'

/** A peer that is a module of Debian's Python. */
export function hasPythonModule(name: string): boolean {
  return succeeds(debianPython, '-c', `import ${name}`)
}

const succeeds = (command: string, ...args: string[]) => spawnSync(command, args).status === 0

const goClient = fileURLToPath(new URL('../peers/go', import.meta.url))
/** Go keeps what it has downloaded and built in the home of the user, whose variables the tests do not have. */
const goEnvironment = { ...process.env, HOME: userInfo().homedir }

/** How long the modules may take to come, in ms. */
const goDownloadMs = 120_000

/** The modules of test/peers/go are there, or can be got. */
function hasGoModules(): boolean {
  if (findProgram('go') === undefined) return false
  const options = { cwd: goClient, env: goEnvironment, timeout: goDownloadMs }
  return spawnSync('go', ['mod', 'download'], options).status === 0
}

/** Builds the program that uses the AWS SDK for Go; the first time takes minutes. */
export async function buildGoClient(path: string): Promise<void> {
  await runOk('go', ['build', '-buildvcs=false', '-o', path, '.'], {
    cwd: goClient,
    env: goEnvironment,
    timeoutMs: 900_000,
  })
}

/** What scripts/unpack-cloud-init.sh has unpacked: cloud-init as a module of Debian's Python, and those that it needs. */
export const cloudInitModules = fileURLToPath(
  new URL('../../node_modules/.cache/cloud-init/usr/lib/python3/dist-packages', import.meta.url),
)

const notInstallable: readonly string[] = ['go:modules', 'mount:tmpfs', 'mount:namespace', 'sshd:terminal']

/** sshd gives up where a new terminal is not of the group tty, and it may not change that (pty_setowner of sshpty.c). */
const getsTerminal = `import grp, os
assert os.getuid() == 0 or os.fstat(os.openpty()[1]).st_gid == grp.getgrnam("tty").gr_gid`

function hasPeer(peer: string): boolean {
  if (peer === 'go:modules') return hasGoModules()
  if (peer === 'mount:tmpfs') return canMountTmpfs()
  if (peer === 'cloud-init') return existsSync(cloudInitModules) && succeeds(debianPython, '--version')
  if (peer === 'mount:namespace') return succeeds('unshare', '-m', 'mount', '--bind', '/etc/ssh', '/etc/ssh')
  if (peer === 'sshd:terminal') return succeeds(debianPython, '-c', getsTerminal)
  const [kind, name] = peer.split(':')
  if (name === undefined) return findProgram(peer) !== undefined
  if (kind === 'ruby') return succeeds(debianRuby, '-e', `require '${name}'`)
  return kind === 'library'
    ? succeeds(debianPython, '-c', `import ctypes; ctypes.CDLL('${name}')`)
    : hasPythonModule(name)
}

/**
 * A `describe` for tests that need programs of others: `sshd`, or `python:boto3` for a Python module, `ruby:net/ssh` for one
 * of Ruby, `library:libssh.so.4` for a library that Python calls, `go:modules` for Go with what test/peers/go needs,
 * `cloud-init` for that which is unpacked for the tests, `mount:tmpfs` for the right to mount a small disk,
 * `mount:namespace` for that to have mounts that nobody else sees, or `sshd:terminal` for an sshd of ours that gives terminals.
 * Where one is missing the tests are skipped with a line that names it; where `CI` is `true` they fail, unless it is one
 * that scripts/install-peers.sh cannot install: Debian's Go is older than what the SDK takes, root in a container may mount
 * nothing, and its terminals may be of no group tty.
 */
export function describeWithPeers(title: string, peers: readonly string[], tests: () => void): void {
  const missing = peers.filter((peer) => !hasPeer(peer))
  if (missing.length === 0) {
    describe(title, tests)
    return
  }
  const reason = `${title}: not installed: ${missing.join(', ')} (as root on Debian: scripts/install-peers.sh)`
  const isInstallable = missing.some((peer) => !notInstallable.includes(peer))
  if (process.env.CI === 'true' && isInstallable) {
    describe(title, () => {
      it('finds the programs of others that it needs', () => {
        throw new Error(reason)
      })
    })
    return
  }
  process.stderr.write(`SKIPPED ${reason}\n`)
  describe.skip(title, tests)
}
