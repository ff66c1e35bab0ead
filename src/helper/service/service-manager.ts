import type { ServiceFile } from './service-file.ts'

/** What a command did. */
export interface CommandResult {
  status: number
  stdout: string
  stderr: string
}

/** Runs a program of the system to its end; one that cannot be started has status 127. */
export type RunCommand = (command: string, args: readonly string[]) => Promise<CommandResult>

/** A command line that changes the state of the service manager, shown before it is run. */
export interface ManagerCommand {
  line: readonly [string, ...string[]]
  /** The rest is done even when this one fails. */
  mayFail?: true
}

/** The state of a part that is not there. */
export const notInstalled = 'not installed'

/** A part of the service as its manager sees it. */
export interface ServicePart {
  name: string
  state: string
  /** What went wrong with it, in the manager's words. */
  failure?: string
}

/** What differs between systemd and launchd. */
export interface ServiceManager {
  name: string
  /** The files with what they should hold. */
  files: readonly ServiceFile[]
  /** Run in order after the files are written. */
  installCommands: readonly ManagerCommand[]
  /** Run in order before the files are removed. */
  uninstallCommands: readonly ManagerCommand[]
  /** Run after the files are removed. */
  cleanUpCommands: readonly ManagerCommand[]
  /** What a person runs to replace the running daemon with the installed one. */
  restartHint: string
  logHint: string
  /** @throws {HelperError} SERVICE_FAILED: there is no such manager for this user */
  check(run: RunCommand): Promise<void>
  parts(run: RunCommand): Promise<readonly ServicePart[]>
}
