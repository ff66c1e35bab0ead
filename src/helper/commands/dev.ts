import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { callerEnvironment, type Environment } from '../../core/places/environment.ts'
import { displayLine, displayLines } from '../../core/text/display-text.ts'
import { shellWord } from '../../core/text/shell-word.ts'
import { currentCode } from '../../dev/current-code.ts'
import { DevError, readIfPresent } from '../../dev/dev-folder.ts'
import { type DevEnvironment, startDevEnvironment } from '../../dev/environment.ts'
import { runCommand, shellStatus, signalStatus } from '../exec/run-command.ts'
import { HelperError } from '../fast/failure.ts'
import { knownUser } from '../known-user.ts'

/** How long a person waits without a word, in ms. */
const slowMs = 1_000
const usage = 'latchkey dev [--dir D] [-- CMD…], or latchkey dev code [--dir D] [--device SERIAL]'

interface DevArguments {
  type: 'run' | 'code'
  folder: string | undefined
  /** Whose code; absent: that of the first user. */
  device?: string | undefined
  /** Empty: stay up. */
  command: readonly string[]
}

/**
 * `latchkey dev`: an embedded Vault, an embedded AWS and a daemon for one command, or until it is stopped.
 * @returns the command's exit status; 128 plus the signal's number where a signal ended it, as in a shell
 */
export async function runDev(args: readonly string[]): Promise<number> {
  const { type, folder, device, command } = parseDevArguments(args)
  if (type === 'code') return printCode(folder, device)
  const caller = callerEnvironment(process.env)
  const scratch = folder === undefined ? mkdtempSync(join(tmpdir(), 'latchkey-dev-')) : undefined
  try {
    // Watched before anything is started: a signal during the start must leave nothing running.
    const interrupted = interruption()
    if (process.stderr.isTTY) process.stderr.write('starting a Vault, an AWS and a daemon\n')
    const environment = await startDevEnvironment({
      folder: resolve(folder ?? scratch!),
      userName: knownUser().username,
      pid: process.pid,
      environment: caller,
      latchkey: join(__dirname, 'latchkey.cjs'),
      node: process.execPath,
      now: Date.now,
    })
    try {
      process.stderr.write(`${displayLine(environment.notice)}\n`)
      return command.length === 0
        ? await stayUp(environment, caller, interrupted)
        : await runInside(command, environment, interrupted)
    } finally {
      await environment.close()
    }
  } finally {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  }
}

/** @throws {HelperError} USAGE */
export function parseDevArguments(args: readonly string[]): DevArguments {
  const separator = args.indexOf('--')
  const own = separator < 0 ? [...args] : args.slice(0, separator)
  const command = separator < 0 ? [] : args.slice(separator + 1)
  const type = own[0] === 'code' ? 'code' : 'run'
  if (type === 'code') own.shift()
  const options: { dir?: string; device?: string } = {}
  while (own.length > 0) {
    const [, name, inline] = /^--(dir|device)(?:=(.+))?$/.exec(own[0]!) ?? []
    if (name === undefined || (name === 'device' && type !== 'code')) throw unusable(`unknown argument ${own[0]}`)
    const value = inline ?? own[1]
    if (value === undefined || value === '') throw unusable(`--${name} needs a ${name === 'dir' ? 'folder' : 'device'}`)
    options[name as keyof typeof options] = value
    own.splice(0, inline === undefined ? 2 : 1)
  }
  if (separator >= 0 && command.length === 0) throw unusable('there is no command after --')
  if (type === 'code' && command.length > 0) throw unusable('latchkey dev code takes no command')
  return { type, folder: options.dir, device: options.device, command }
}

const unusable = (reason: string) => new HelperError('USAGE', reason, { hint: usage })

function interruption(): Promise<NodeJS.Signals> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, done)
  })
}

async function stayUp(
  { environment, daemon }: DevEnvironment,
  caller: Environment,
  interrupted: Promise<NodeJS.Signals>,
): Promise<number> {
  process.stdout.write(displayLines(whatToTry(environment, caller)))
  const outcome = await Promise.race([interrupted.then(() => 'stopped' as const), daemon.ended])
  if (outcome === 'stopped') return 0
  throw new DevError('DEV_DAEMON_FAILED', 'the daemon has ended', {
    hint: `read ${environment.LATCHKEY_DEV_DIR}/daemon.log`,
  })
}

/** Commands that work in another terminal as they stand. */
function whatToTry(environment: Environment, caller: Environment): string {
  const names = Object.keys(environment).filter(
    (name) => environment[name] !== caller[name] && !/^(PATH|VAULT_TOKEN|LATCHKEY_DEV_TOTP_SECRET)$/.test(name),
  )
  const exports = names.map((name) => `export ${name}=${shellWord(environment[name] ?? '')}\n`).join('')
  return `In another terminal:

${exports}export PATH=${shellWord(`${environment.LATCHKEY_DEV_DIR}/bin`)}:"$PATH"

ssh-add -L                            # a certificate, signed a moment ago
latchkey dev code                     # the MFA code that the next command asks for
latchkey aws credentials dev          # asks once
latchkey status

Ctrl-C ends it.
`
}

async function runInside(
  command: readonly string[],
  { environment }: DevEnvironment,
  interrupted: Promise<NodeJS.Signals>,
): Promise<number> {
  // Where it was interrupted while starting, the command was not meant to run.
  const signal = await Promise.race([interrupted, Promise.resolve(undefined)])
  if (signal !== undefined) return signalStatus(signal)
  return shellStatus(await runCommand(command, environment))
}

/** Prints the code that is valid now; where it has been used, waits for the next one. */
async function printCode(folder: string | undefined, device: string | undefined): Promise<number> {
  const path = folder ?? process.env.LATCHKEY_DEV_DIR
  if (path === undefined) throw unusable('name the folder with --dir, or run it inside latchkey dev')
  const { code, waitMs } = currentCode(readIfPresent(join(path, 'aws-state.json')), Date.now(), device)
  if (waitMs > slowMs && process.stderr.isTTY)
    process.stderr.write(`the present code has been used: the next one comes in ${Math.ceil(waitMs / 1000)} s\n`)
  if (waitMs > 0) await delay(waitMs)
  process.stdout.write(`${code}\n`)
  return 0
}
