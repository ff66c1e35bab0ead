import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from './peers.ts'
import type { Finished } from './run.ts'

/** An ordinary user who exists for one test file, with a systemd of their own. */
export interface UserWithSystemd {
  name: string
  uid: number
  home: string
  /** XDG_RUNTIME_DIR */
  runtimeFolder: string
  /** Runs a program as this user, with no variable of ours. */
  run(
    command: string,
    args?: readonly string[],
    options?: { input?: string; env?: Record<string, string> },
  ): Promise<Finished>
  /** Gives everything in the home folder to the user. */
  own(): void
  /** Ends all of the user's processes and removes the user. */
  close(): Promise<void>
}

/** Why there can be none here; undefined where there can. */
export function whyNoUserSystemd(): string | undefined {
  if (process.platform !== 'linux') return 'systemd is Linux only'
  if (process.getuid?.() !== 0) return 'only root can make a user to test with'
  return undefined
}

const bootedMark = '/run/systemd/system'
const startPatienceMs = 60_000

/**
 * Makes a user and starts `systemd --user` as that user, also on a machine that was not booted with systemd: it needs
 * the mark of a booted system, a runtime folder, and a cgroup of its own to be in before it starts.
 */
export async function startUserWithSystemd(): Promise<UserWithSystemd> {
  const name = `lk-test-${process.pid}`
  const undo: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    execFileSync('useradd', ['--create-home', '--shell', '/bin/sh', name])
    undo.push(() => void execFileSync('userdel', ['--remove', name], { stdio: 'ignore' }))
    const [, , uidText, gidText, , home] = execFileSync('getent', ['passwd', name], { encoding: 'utf8' })
      .trim()
      .split(':')
    const [uid, gid] = [Number(uidText), Number(gidText)]
    const runtimeFolder = `/run/user/${uid}`
    const cgroup = join(existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup', name)
    if (!existsSync(bootedMark)) {
      mkdirSync(bootedMark, { recursive: true })
      undo.push(() => rmdirSync(bootedMark))
    }
    mkdirSync(runtimeFolder, { recursive: true, mode: 0o700 })
    undo.push(() => rmSync(runtimeFolder, { recursive: true, force: true }))
    mkdirSync(cgroup)
    undo.push(() => removeCgroup(cgroup))
    execFileSync('chown', ['-R', `${uid}:${gid}`, runtimeFolder, cgroup])

    const environment = {
      HOME: home!,
      USER: name,
      LOGNAME: name,
      PATH: `${home}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      XDG_RUNTIME_DIR: runtimeFolder,
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtimeFolder}/bus`,
    }
    const run: UserWithSystemd['run'] = async (command, args = [], { input = '', env = {} } = {}) => {
      const child = spawn(command, args, { uid, gid, cwd: home!, env: { ...environment, ...env } })
      child.stdin.on('error', () => {}).end(input)
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number | null]>,
      ])
      return { status: status ?? undefined, stdout, stderr }
    }
    undo.push(await startManager({ uid, gid, cgroup, environment }))
    await untilRunning(run)
    return {
      name,
      uid,
      home: home!,
      runtimeFolder,
      run,
      own: () => void execFileSync('chown', ['-R', `${uid}:${gid}`, home!]),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** @returns stops it */
async function startManager(options: {
  uid: number
  gid: number
  cgroup: string
  environment: Readonly<Record<string, string>>
}): Promise<() => Promise<void>> {
  const { uid, gid, cgroup, environment } = options
  // As root into the cgroup, then on as the user, in the same process.
  const script = 'echo $$ > "$1/cgroup.procs" && exec setpriv "--reuid=$2" "--regid=$3" --clear-groups "$4" --user'
  const args = ['-c', script, 'sh', cgroup, String(uid), String(gid), findProgram('systemd')!]
  const manager = spawn('/bin/sh', args, { env: environment, stdio: 'ignore' })
  await once(manager, 'spawn')
  return async () => {
    if (manager.exitCode !== null || manager.signalCode !== null) return
    const ended = once(manager, 'close')
    manager.kill('SIGTERM')
    await ended
  }
}

async function untilRunning(run: UserWithSystemd['run']): Promise<void> {
  const endMs = performance.now() + startPatienceMs
  for (;;) {
    // Fails at once until the manager has its socket; then waits until it has started.
    const { status, stdout, stderr } = await run('systemctl', ['--user', 'is-system-running', '--wait'])
    if (status === 0) return
    if (performance.now() > endMs) throw new Error(`systemd --user does not come up: ${stdout}${stderr}`)
    await delay(20)
  }
}

/** Kills what is left in a cgroup, and removes it with all below it. */
async function removeCgroup(cgroup: string): Promise<void> {
  const folders = [cgroup, ...foldersBelow(cgroup)]
  for (const folder of folders) {
    for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
      process.kill(Number(pid), 'SIGKILL')
    }
  }
  // The kernel takes a moment to take the dead out.
  for (const folder of folders.reverse()) {
    for (let attempts = 0; existsSync(folder); attempts++) {
      try {
        rmdirSync(folder)
      } catch (error) {
        if (attempts === 500) throw error
        await delay(10)
      }
    }
  }
}

function foldersBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [join(folder, name), ...foldersBelow(join(folder, name))])
}
