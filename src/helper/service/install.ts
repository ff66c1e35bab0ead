import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileAtomically } from '../../core/files/atomic-file.ts'
import { readTextIfPresent } from '../../core/files/read-file.ts'
import { displayLine } from '../../core/text/display-text.ts'
import { findPathFault } from '../../core/trust/path-trust.ts'
import { HelperError } from '../fast/failure.ts'
import { diffLines } from './line-diff.ts'
import { type FileState, fileState, isUntouched, type ServiceFile } from './service-file.ts'
import type { ManagerCommand, RunCommand, ServiceManager } from './service-manager.ts'

/** What installing works with. */
export interface InstallDeps {
  manager: ServiceManager
  run: RunCommand
  print: (text: string) => void
}

/**
 * Puts the service in place and starts it, showing each file and command. What somebody has edited is left alone.
 * @param options.isDryRun only shows
 * @param options.isForced replaces edited files too
 * @throws {HelperError} SERVICE_FAILED; nothing is changed when a file has been edited
 */
export async function installService(
  deps: InstallDeps,
  options: { isDryRun: boolean; isForced: boolean },
): Promise<void> {
  const { manager, run, print } = deps
  if (!options.isDryRun) await manager.check(run)
  const planned = await Promise.all(manager.files.map(planFile))
  const foreign = planned.filter(({ state }) => state.type === 'foreign')
  for (const { file, state } of planned) print(showFile(file, state, options.isDryRun))
  if (foreign.length > 0 && !options.isForced) {
    throw new HelperError(
      'SERVICE_FAILED',
      `not written by latchkey, or edited since: ${foreign.map(({ file }) => file.path).join(', ')}`,
      {
        hint: 'move your changes to a drop-in (systemctl --user edit), or latchkey service install --force',
      },
    )
  }
  if (!options.isDryRun) {
    for (const { file, state } of planned) if (state.type !== 'same') await writeServiceFile(file)
  }
  await runAll(manager.installCommands, deps, options.isDryRun)
  if (planned.some(({ state }) => state.type === 'ours' || state.type === 'foreign')) {
    print(`a daemon that is already running is still the old one: ${manager.restartHint}\n`)
  }
}

/**
 * Stops the service and removes its files.
 * @throws {HelperError} SERVICE_FAILED; nothing is changed when a file has been edited
 */
export async function uninstallService(deps: InstallDeps, options: { isForced: boolean }): Promise<void> {
  const { manager, print } = deps
  const present = await Promise.all(
    manager.files.map(async ({ path }) => ({ path, content: await readIfPresent(path) })),
  )
  const edited = present.filter(({ content }) => content !== undefined && !isUntouched(content))
  if (edited.length > 0 && !options.isForced) {
    throw new HelperError(
      'SERVICE_FAILED',
      `not written by latchkey, or edited since: ${edited.map(({ path }) => path).join(', ')}`,
      {
        hint: 'latchkey service uninstall --force removes them',
      },
    )
  }
  if (present.every(({ content }) => content === undefined)) {
    print('the service is not installed\n')
    return
  }
  await runAll(manager.uninstallCommands, deps)
  for (const { path, content } of present) {
    if (content === undefined) continue
    await rm(path)
    print(`removed ${displayLine(path)}\n`)
  }
  await runAll(manager.cleanUpCommands, deps)
}

async function planFile(file: ServiceFile): Promise<{ file: ServiceFile; state: FileState }> {
  return { file, state: fileState(await readIfPresent(file.path), file.content) }
}

function showFile({ path, content }: ServiceFile, state: FileState, isDryRun: boolean): string {
  const verb = isDryRun ? 'would write' : 'writing'
  switch (state.type) {
    case 'same':
      return `unchanged: ${path}\n`
    case 'missing':
      return `${verb} ${path}:\n${content.trimEnd().replace(/^(?=.)/gm, '  ')}\n\n`
    case 'ours':
      return `${verb} ${path}, changing:\n${diffLines(state.present, content)}\n`
    case 'foreign':
      return `${path} is not as latchkey wrote it; it would change:\n${diffLines(state.present, content)}\n`
  }
}

async function writeServiceFile({ path, content }: ServiceFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const fault = findPathFault(path)
  if (fault !== undefined) throw new HelperError('SERVICE_FAILED', fault.message, { hint: fault.hint })
  await writeFileAtomically(path, content, 0o644)
}

async function runAll(
  commands: readonly ManagerCommand[],
  { run, print }: InstallDeps,
  isDryRun = false,
): Promise<void> {
  for (const { line, mayFail } of commands) {
    print(`${isDryRun ? 'would run' : 'running'}: ${displayLine(line.join(' '))}\n`)
    if (isDryRun) continue
    const [command, ...args] = line
    const { status, stderr } = await run(command, args)
    if (status === 0) continue
    if (mayFail) print(`  ${displayLine(stderr)}\n`)
    else
      throw new HelperError('SERVICE_FAILED', `${line.join(' ')} failed: ${displayLine(stderr)}`, {
        hint: 'latchkey service status',
      })
  }
}

const unitBytes = 64 * 1024

const readIfPresent = (path: string) => readTextIfPresent(path, { maxBytes: unitBytes, isTrusted: true })
