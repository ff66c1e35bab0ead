import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError, errorCode } from '../core/errors.ts'
import { isProcessAlive } from '../core/files/process-file.ts'
import { maxSocketPathBytes } from '../core/places/socket-path.ts'
import { findPathFault } from '../core/trust/path-trust.ts'

/** What can be wrong with a development environment. */
export class DevError extends CodedError<
  'DEV_FOLDER_IN_USE' | 'DEV_FOLDER_UNSAFE' | 'DEV_DAEMON_FAILED' | 'DEV_SETUP_FAILED'
> {}

/** Where everything of one development environment is. It is all in one folder, so that a second run can continue. */
export interface DevFolder {
  path: string
  config: string
  awsConfig: string
  awsCredentials: string
  keychain: string
  caPublicKey: string
  secretId: string
  /** What is on the console of the embedded EC2's machine; whoever has a machine to show writes it. */
  console: string
  /** The access key of the user without a device: id and secret, on two lines. */
  newUserKey: string
  promptProgram: string
  bin: string
  sockets: string
  logs: { vault: string; aws: string; prompts: string; daemon: string }
  state: { vault: string; aws: string }
  /** Gives the folder back to the next run. */
  unlock(): void
}

const longestSocketFolder = maxSocketPathBytes - '/agent.sock'.length

/**
 * Lays out the folder and takes it for this process.
 * @param shortFolder makes a folder for the sockets where `path` is too long for them
 * @throws {DevError} DEV_FOLDER_IN_USE; DEV_FOLDER_UNSAFE: others could change what is in it, such as its programs, which
 * come first on PATH
 */
export function openDevFolder(path: string, pid: number, shortFolder: () => string): DevFolder {
  const bin = join(path, 'bin')
  // Checked before as well: no folder is made where somebody else leads us.
  refuseUnsafe(bin)
  mkdirSync(bin, { recursive: true, mode: 0o700 })
  refuseUnsafe(bin)
  const lock = join(path, 'dev.pid')
  takeLock(lock, pid, path)
  const own = join(path, 'run')
  const sockets = Buffer.byteLength(own) <= longestSocketFolder ? own : shortFolder()
  return {
    path,
    config: join(path, 'config.toml'),
    awsConfig: join(path, 'aws-config'),
    awsCredentials: join(path, 'aws-credentials'),
    keychain: join(path, 'keychain'),
    caPublicKey: join(path, 'ca.pub'),
    secretId: join(path, 'vault-secret-id'),
    console: join(path, 'ec2-console.txt'),
    newUserKey: join(path, 'new-user.key'),
    promptProgram: join(path, 'answer-prompt'),
    bin,
    sockets,
    logs: {
      vault: join(path, 'vault-calls.jsonl'),
      aws: join(path, 'aws-calls.jsonl'),
      prompts: join(path, 'prompts.jsonl'),
      daemon: join(path, 'daemon.log'),
    },
    state: { vault: join(path, 'vault-state.json'), aws: join(path, 'aws-state.json') },
    unlock() {
      rmSync(lock, { force: true })
      if (sockets !== own) rmSync(sockets, { recursive: true, force: true })
    },
  }
}

function refuseUnsafe(path: string): void {
  const fault = findPathFault(path)
  if (fault === undefined) return
  throw new DevError('DEV_FOLDER_UNSAFE', fault.message, { hint: `${fault.hint}; or use another folder with --dir` })
}

function takeLock(lock: string, pid: number, path: string): void {
  try {
    writeFileSync(lock, `${pid}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    const holder = Number(readFileSync(lock, 'utf8'))
    if (isProcessAlive(holder)) {
      throw new DevError('DEV_FOLDER_IN_USE', `another latchkey dev (pid ${holder}) uses ${path}`, {
        hint: 'stop it, or use another folder with --dir',
      })
    }
    // Left behind by a run that was killed.
    rmSync(lock, { force: true })
    takeLock(lock, pid, path)
  }
}

/** Appends one JSON object as a line, for those who want to count. */
export function appendJsonLine(path: string, line: object): void {
  appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 })
}

/** The text of a file, or undefined where there is none. */
export function readIfPresent(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** Writes a file that only its owner reads. */
export function writePrivate(path: string, content: string, mode: 0o600 | 0o700 = 0o600): void {
  writeFileSync(path, content, { mode })
  // The mode above is for a new file only.
  chmodSync(path, mode)
}
