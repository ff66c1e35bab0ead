import { join } from 'node:path'
import { type Environment, isSet } from '../../core/places/environment.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { HelperError } from '../fast/failure.ts'
import { markContent } from './service-file.ts'
import { notInstalled, type RunCommand, type ServiceManager, type ServicePart } from './service-manager.ts'
import { fillUnit, type TemplateValues } from './template.ts'

const sockets = ['latchkey-agent.socket', 'latchkey-api.socket'] as const
const service = 'latchkey.service'
const units = [service, ...sockets] as const

/** What a person runs to replace the running daemon with the installed one. */
export const systemdRestart = `systemctl --user restart ${service}`

/** Whose service it is, and what its units are made from. */
export interface SystemdOptions {
  environment: Environment
  home: string
  values: TemplateValues
  /** A file of packaging/systemd. */
  readTemplate: (name: string) => string
}

/** systemd's manager of the user's own services: two sockets, and a service that the first connection starts. */
export function createSystemd({ environment, home, values, readTemplate }: SystemdOptions): ServiceManager {
  const folder = join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'systemd', 'user')
  return {
    name: 'systemd',
    files: units.map((unit) => ({
      path: join(folder, unit),
      content: markContent(fillUnit(readTemplate(unit), values), (text) => `# ${text}`),
    })),
    installCommands: [
      { line: ['systemctl', '--user', 'daemon-reload'] },
      // After too many failed starts systemd refuses another.
      { line: ['systemctl', '--user', 'reset-failed', 'latchkey*'], mayFail: true },
      { line: ['systemctl', '--user', 'enable', '--now', ...sockets] },
    ],
    // The sockets first: a connection would start the service again. Where no manager answers there is nothing to stop,
    // and the files still go.
    uninstallCommands: [
      { line: ['systemctl', '--user', 'disable', '--now', ...sockets], mayFail: true },
      { line: ['systemctl', '--user', 'stop', service], mayFail: true },
    ],
    cleanUpCommands: [{ line: ['systemctl', '--user', 'daemon-reload'], mayFail: true }],
    restartHint: systemdRestart,
    logHint: 'journalctl --user -u latchkey -n 20',
    check: (run) => check(run, environment),
    parts,
  }
}

async function check(run: RunCommand, { XDG_RUNTIME_DIR }: Environment): Promise<void> {
  const hint = 'latchkey daemon, started by whatever starts programs at login here'
  // As after su(1): then neither systemctl nor we know where the user's sockets are, which is %t in the units.
  if (!isSet(XDG_RUNTIME_DIR)) {
    throw new HelperError('SERVICE_FAILED', 'XDG_RUNTIME_DIR, which leads to the systemd of this user, is not set', {
      hint: `export XDG_RUNTIME_DIR=/run/user/$(id -u); if there is no such folder: ${hint}`,
    })
  }
  const { status, stderr } = await run('systemctl', ['--user', 'show', '--property=Version'])
  if (status === 0) return
  throw new HelperError('SERVICE_FAILED', `systemd does not manage services for this user: ${reason(stderr)}`, { hint })
}

const reason = (stderr: string) => displayLine(stderr) || 'systemctl cannot be run'

async function parts(run: RunCommand): Promise<readonly ServicePart[]> {
  const properties = 'Id,LoadState,ActiveState,SubState,UnitFileState,Result'
  const { stdout } = await run('systemctl', ['--user', 'show', `--property=${properties}`, ...units])
  return stdout.split('\n\n').flatMap((block) => {
    const property = new Map(block.split('\n').map((line) => splitOnce(line)))
    const name = property.get('Id')
    if (name === undefined) return []
    if (property.get('LoadState') === 'not-found') return [{ name, state: notInstalled }]
    const state = `${property.get('ActiveState')} (${property.get('SubState')}), ${property.get('UnitFileState')}`
    const result = property.get('Result') ?? 'success'
    return [{ name, state, ...(result === 'success' ? {} : { failure: result }) }]
  })
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
