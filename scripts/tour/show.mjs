import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

/** A program that hangs fails its step instead of holding up the tour. */
const stepTimeoutMs = 60_000
/** If a person does not type within this time, the tour answers for them. */
const typingTimeoutMs = 45_000

export function say(line) {
  process.stdout.write(`${line}\n`)
}

/** Shows a command as a person would type it, and what came out. */
export function showCommand(command, output) {
  say(`$ ${command}`)
  for (const line of output.trimEnd().split('\n')) say(line === '' ? '' : `  ${line}`)
}

/** The path of a program; sshd is often outside a user's PATH. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Runs a program to its end.
 * @param isInteractive whether it gets the terminal for its input and its errors
 * @throws if it does not exit with 0; the error includes its stderr
 */
export function run(command, args, { input, isInteractive = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = isInteractive
      ? ['inherit', 'pipe', 'inherit']
      : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']
    const timeout = isInteractive ? typingTimeoutMs : stepTimeoutMs
    const child = spawn(command, args, { stdio, timeout, env: { ...process.env, AWS_PAGER: '' } })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) {
      child[name]?.setEncoding('utf8').on('data', (text) => {
        output[name] += text
      })
    }
    child.stdin?.end(input)
    child.on('error', reject)
    child.on('close', (status, signal) => {
      if (status === 0) return resolve(output)
      const why = signal === null ? `exit status ${status}` : 'it took too long'
      reject(new Error([`${command}: ${why}`, output.stderr.trim()].filter((text) => text !== '').join('\n')))
    })
  })
}

/** Gives the terminal to a shell without the person's start-up files, which may overwrite SSH_AUTH_SOCK and PATH. */
export function openShell() {
  const shell = process.env.SHELL ?? '/bin/sh'
  const plain = { bash: ['--noprofile', '--norc', '-i'], zsh: ['-f', '-i'], fish: ['--no-config'] }[basename(shell)]
  const env = { ...process.env, PS1: 'latchkey dev $ ' }
  return new Promise((resolve) => {
    const child = spawn(plain === undefined ? '/bin/sh' : shell, plain ?? ['-i'], { stdio: 'inherit', env })
    // Ctrl-C is for the shell; this process must survive it until the shell ends.
    const ignore = () => {}
    process.on('SIGINT', ignore)
    const done = () => {
      process.off('SIGINT', ignore)
      resolve()
    }
    child.on('error', done)
    child.on('exit', done)
  })
}
