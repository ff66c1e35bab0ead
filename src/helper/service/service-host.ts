import { execFile } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from '../../core/errors.ts'
import { readTextFile } from '../../core/files/read-file.ts'
import type { Environment } from '../../core/places/environment.ts'
import { homeFolder } from '../../core/places/home.ts'
import { trustedProgram } from '../../core/trust/program-trust.ts'
import { agentSocketPath, apiSocketPath } from '../fast/api-socket.ts'
import { createLaunchd, launchdRestart } from './launchd.ts'
import type { RunCommand, ServiceManager } from './service-manager.ts'
import { createSystemd, systemdRestart } from './systemd.ts'

/** The service manager of this machine, and where the service's sockets are. */
export interface ServiceHost {
  manager: ServiceManager
  run: RunCommand
  sockets: { agent: string; api: string }
  /** What the service would run. */
  programs: readonly string[]
}

/** The service of the latchkey that runs now: this node, this latchkey.cjs, the templates beside it. */
export async function serviceHost(environment: Environment): Promise<ServiceHost> {
  const home = homeFolder(environment)
  const latchkey = realpathSync(process.argv[1]!)
  const values = { node: process.execPath, latchkey }
  const isMacos = process.platform === 'darwin'
  const templates = await readTemplates(join(dirname(latchkey), '..', 'packaging', isMacos ? 'launchd' : 'systemd'))
  const readTemplate = (name: string) => templates.get(name)!
  const manager = isMacos
    ? createLaunchd({ home, uid: process.getuid!(), values, readTemplate })
    : createSystemd({ environment, home, values, readTemplate })
  const programs = [process.execPath, latchkey, join(dirname(latchkey), 'daemon.cjs')]
  return { manager, run: runCommand, sockets: serviceSockets(environment), programs }
}

const templateBytes = 64 * 1024

async function readTemplates(folder: string): Promise<ReadonlyMap<string, string>> {
  const read = (name: string) => readTextFile(join(folder, name), { maxBytes: templateBytes, isTrusted: false })
  const names = await readdir(folder)
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)))
}

/** What restarts the service of this user, whether or not it is installed. */
export function serviceRestart(): string {
  return process.platform === 'darwin' ? launchdRestart(process.getuid!()) : systemdRestart
}

/** Where the service listens: it knows nothing of this shell's LATCHKEY_RUNTIME_DIR. */
function serviceSockets(environment: Environment): { agent: string; api: string } {
  const own = { ...environment, LATCHKEY_RUNTIME_DIR: undefined }
  return { agent: agentSocketPath(own), api: apiSocketPath(own) }
}

/** systemctl(1) waits for what it has started, whose own limit is shorter (DefaultTimeoutStartSec=, 90 s). */
const programMs = 100_000

const runCommand: RunCommand = async (command, args) => {
  const program = trustedProgram(command, process.env.PATH)
  return await new Promise((resolve) => {
    execFile(program, [...args], { timeout: programMs }, (error, stdout, stderr) => {
      if (error === null) return resolve({ status: 0, stdout, stderr })
      if (error.killed === true) {
        return resolve({ status: 124, stdout, stderr: `${command}: no answer within ${programMs / 1000} s` })
      }
      const isMissing = errorCode(error) === 'ENOENT'
      const status = typeof error.code === 'number' ? error.code : 127
      resolve({ status, stdout, stderr: isMissing ? `${command}: no such program` : stderr })
    })
  })
}
