import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installService, uninstallService } from '../../../../src/helper/service/install.ts'
import { createLaunchd } from '../../../../src/helper/service/launchd.ts'
import type { CommandResult, ServiceManager } from '../../../../src/helper/service/service-manager.ts'
import { createSystemd } from '../../../../src/helper/service/systemd.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const packaging = join(import.meta.dirname, '../../../../packaging')
const ok: CommandResult = { status: 0, stdout: '', stderr: '' }

/** A manager of a home folder of its own, with the commands that were run and what was printed. */
function world(
  options: {
    home?: string
    latchkey?: string
    results?: Readonly<Record<string, CommandResult>>
    environment?: Readonly<Record<string, string>>
  } = {},
) {
  const home = options.home ?? temporaryFolder()
  const values = { node: '/usr/bin/node', latchkey: options.latchkey ?? '/opt/latchkey.cjs' }
  const read = (kind: string) => (name: string) => readFileSync(join(packaging, kind, name), 'utf8')
  const environment = options.environment ?? { XDG_RUNTIME_DIR: '/run/user/1000' }
  const manager: ServiceManager = createSystemd({ environment, home, values, readTemplate: read('systemd') })
  const launchd = createLaunchd({ home, uid: 501, values, readTemplate: read('launchd') })
  const commands: string[] = []
  const output: string[] = []
  const deps = {
    manager,
    run: async (command: string, args: readonly string[]) => {
      const line = [command, ...args].join(' ')
      commands.push(line)
      return options.results?.[line] ?? ok
    },
    print: (text: string) => output.push(text),
  }
  const unit = join(home, '.config/systemd/user/latchkey.service')
  return { home, deps, launchd, commands, unit, printed: () => output.join('') }
}

const install = { isDryRun: false, isForced: false }

describe('installing the service', () => {
  it('writes the units, shows them, and starts the sockets', async () => {
    const { deps, commands, unit, printed } = world()
    await installService(deps, install)
    expect(readFileSync(unit, 'utf8')).toContain('--optimize-for-size /opt/latchkey.cjs daemon\n')
    expect(statSync(unit).mode & 0o777).toBe(0o644)
    for (const { path, content } of deps.manager.files) {
      expect(readFileSync(path, 'utf8')).toBe(content)
      expect(printed()).toContain(`writing ${path}:\n`)
    }
    expect(printed()).toContain('  FileDescriptorName=agent\n')
    expect(commands).toEqual([
      'systemctl --user show --property=Version',
      'systemctl --user daemon-reload',
      'systemctl --user reset-failed latchkey*',
      'systemctl --user enable --now latchkey-agent.socket latchkey-api.socket',
    ])
    expect(printed()).toContain('running: systemctl --user daemon-reload\n')
  })

  it('only shows it all in a dry run', async () => {
    const { deps, commands, unit, printed } = world()
    await installService(deps, { isDryRun: true, isForced: false })
    expect(existsSync(unit)).toBe(false)
    expect(commands).toEqual([])
    expect(printed()).toContain(`would write ${unit}:\n`)
    expect(printed()).toContain('would run: systemctl --user daemon-reload\n')
  })

  it('a second time changes nothing', async () => {
    const { deps, unit, printed } = world()
    await installService(deps, install)
    await installService(deps, install)
    expect(printed()).toContain(`unchanged: ${unit}\n`)
    expect(printed()).not.toContain('still the former one')
  })

  it('replaces what an earlier version wrote, shows the change, and says how to restart', async () => {
    const first = world()
    await installService(first.deps, install)
    const { deps, unit, printed } = world({ home: first.home, latchkey: '/new/latchkey.cjs' })
    await installService(deps, install)
    expect(readFileSync(unit, 'utf8')).toContain('/new/latchkey.cjs')
    expect(printed()).toMatch(/^- ExecStart=.*\/opt\/latchkey.cjs daemon$/m)
    expect(printed()).toMatch(/^\+ ExecStart=.*\/new\/latchkey.cjs daemon$/m)
    expect(printed()).toContain('still the old one: systemctl --user restart latchkey.service\n')
  })

  it('leaves an edited file alone, and all the others as well', async () => {
    const { deps, commands, unit, printed, home } = world()
    mkdirSync(dirname(unit), { recursive: true })
    writeFileSync(unit, '[Service]\nExecStart=/bin/mine\n')
    await expect(installService(deps, install)).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      message: expect.stringContaining(unit),
      hint: expect.stringContaining('--force'),
    })
    expect(readFileSync(unit, 'utf8')).toContain('/bin/mine')
    expect(existsSync(join(home, '.config/systemd/user/latchkey-api.socket'))).toBe(false)
    expect(commands).toHaveLength(1)
    expect(printed()).toContain('- ExecStart=/bin/mine\n')
  })

  it('neither reads nor writes units in a folder that others can change', async () => {
    const { deps, commands, unit } = world()
    mkdirSync(dirname(unit), { recursive: true })
    chmodSync(dirname(unit), 0o757)
    const error = {
      message: expect.stringContaining(`${dirname(unit)} can be changed`),
      hint: `chmod o-w ${dirname(unit)}`,
    }
    await expect(installService(deps, install)).rejects.toMatchObject(error)
    expect(existsSync(unit)).toBe(false)
    writeFileSync(unit, 'edited\n')
    await expect(installService(deps, install)).rejects.toMatchObject(error)
    expect(commands).toEqual(['systemctl --user show --property=Version', 'systemctl --user show --property=Version'])
  })

  it('replaces an edited file when told to', async () => {
    const { deps, unit } = world()
    mkdirSync(dirname(unit), { recursive: true })
    writeFileSync(unit, 'edited\n')
    await installService(deps, { isDryRun: false, isForced: true })
    expect(readFileSync(unit, 'utf8')).toContain('Type=notify')
  })

  it('says what else to do where there is no systemd for the user', async () => {
    const missing = { status: 1, stdout: '', stderr: 'Failed to connect to bus: No medium found\n' }
    const { deps, unit } = world({ results: { 'systemctl --user show --property=Version': missing } })
    await expect(installService(deps, install)).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      message: expect.stringContaining('No medium found'),
      hint: expect.stringContaining('latchkey daemon'),
    })
    expect(existsSync(unit)).toBe(false)
  })

  it('installs nothing from a shell that would look for the sockets elsewhere than the units', async () => {
    const { deps, unit } = world({ environment: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' } })
    await expect(installService(deps, install)).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      hint: expect.stringContaining('export XDG_RUNTIME_DIR='),
    })
    expect(existsSync(unit)).toBe(false)
  })

  it('stops at a command that fails, unless it may', async () => {
    const failed = { status: 1, stdout: '', stderr: 'no such unit\n' }
    const tolerant = world({ results: { 'systemctl --user reset-failed latchkey*': failed } })
    await installService(tolerant.deps, install)
    expect(tolerant.printed()).toContain('  no such unit\n')
    const strict = world({ results: { 'systemctl --user daemon-reload': failed } })
    await expect(installService(strict.deps, install)).rejects.toThrow(
      'systemctl --user daemon-reload failed: no such unit',
    )
  })

  it('has one property list and an agent on macOS', async () => {
    const { deps, home, launchd, commands } = world()
    await installService({ ...deps, manager: launchd }, install)
    const plist = join(home, 'Library/LaunchAgents/local.latchkey.plist')
    expect(readFileSync(plist, 'utf8')).toMatch(/^<\?xml .*\n<!DOCTYPE .*\n<!-- (?!.*--.*-->).* -->\n<plist/)
    expect(commands).toEqual([
      'launchctl print gui/501',
      'launchctl bootout gui/501/local.latchkey',
      `launchctl bootstrap gui/501 ${plist}`,
    ])
  })
})

describe('uninstalling the service', () => {
  it('stops it and removes the files', async () => {
    const { deps, commands, unit, printed } = world()
    await installService(deps, install)
    commands.length = 0
    await uninstallService(deps, { isForced: false })
    expect(existsSync(unit)).toBe(false)
    expect(printed()).toContain(`removed ${unit}\n`)
    expect(commands).toEqual([
      'systemctl --user disable --now latchkey-agent.socket latchkey-api.socket',
      'systemctl --user stop latchkey.service',
      'systemctl --user daemon-reload',
    ])
  })

  it('leaves edited files alone unless told otherwise', async () => {
    const { deps, commands, unit } = world()
    await installService(deps, install)
    writeFileSync(unit, 'edited\n')
    commands.length = 0
    await expect(uninstallService(deps, { isForced: false })).rejects.toMatchObject({ code: 'SERVICE_FAILED' })
    expect(commands).toEqual([])
    await uninstallService(deps, { isForced: true })
    expect(existsSync(unit)).toBe(false)
  })

  it('does nothing where nothing is installed', async () => {
    const { deps, commands, printed } = world()
    await uninstallService(deps, { isForced: false })
    expect(commands).toEqual([])
    expect(printed()).toBe('the service is not installed\n')
  })
})

describe('the parts of the service', () => {
  it('are read from systemctl', async () => {
    const properties = 'Id,LoadState,ActiveState,SubState,UnitFileState,Result'
    const units = 'latchkey.service latchkey-agent.socket latchkey-api.socket'
    const stdout = [
      'Result=exit-code\nId=latchkey.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\nUnitFileState=indirect',
      'Result=success\nId=latchkey-agent.socket\nLoadState=loaded\nActiveState=active\nSubState=listening\nUnitFileState=enabled',
      'Id=latchkey-api.socket\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n',
    ].join('\n\n')
    const { deps } = world({
      results: { [`systemctl --user show --property=${properties} ${units}`]: { ...ok, stdout } },
    })
    expect(await deps.manager.parts(deps.run)).toEqual([
      { name: 'latchkey.service', state: 'failed (failed), indirect', failure: 'exit-code' },
      { name: 'latchkey-agent.socket', state: 'active (listening), enabled' },
      { name: 'latchkey-api.socket', state: 'not installed' },
    ])
  })

  it('are read from launchctl', async () => {
    const line = 'launchctl print gui/501/local.latchkey'
    const running = world({ results: { [line]: { ...ok, stdout: 'x = {\n\tstate = running\n' } } })
    expect(await running.launchd.parts(running.deps.run)).toEqual([{ name: 'local.latchkey', state: 'running' }])
    const absent = world({ results: { [line]: { ...ok, status: 113 } } })
    expect(await absent.launchd.parts(absent.deps.run)).toEqual([{ name: 'local.latchkey', state: 'not installed' }])
  })
})
