import { spawn } from 'node:child_process'
import type { Environment } from '../core/places/environment.ts'
import { Secret } from '../core/secret.ts'
import type { Clock } from '../core/time/clock.ts'
import { findPathFault } from '../core/trust/path-trust.ts'
import type { PromptProgram } from './dialogs.ts'
import type { AskpassMode } from './kinds/kind.ts'
import { kindOf, type Question, questionText } from './kinds.ts'
import { PromptError } from './prompt.ts'
import { unanswered } from './prompt-failures.ts'

/** The variable that gives the program its mode; the daemon may have been started with it. */
const modeVariable = 'SSH_ASKPASS_PROMPT'
/** The daemon may have been started with these; a dialog needs none of them. */
const secretVariables = ['BAO_TOKEN', 'VAULT_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
/** An answer is a code, a password or a choice; anything longer is not an answer. */
const maxAnswerBytes = 4096

/** A dialog that nobody answers is closed after this time. */
const dialogMs = 5 * 60_000

/** What a prompt program runs with. */
export interface PromptProgramOptions {
  clock: Clock
  /** The daemon's environment. The program gets it without the secrets: it needs the display and the locale. */
  environment: Environment
  /** Closes the open dialog: nobody waits for its answer any more. */
  stopping?: AbortSignal
}

/**
 * Runs an askpass program the way ssh does (ssh(1), SSH_ASKPASS): the question is its argument. The kind of the question
 * decides the mode, and so what the program's first line and exit status mean.
 */
export function createPromptProgram(path: string, options: PromptProgramOptions): PromptProgram {
  const { clock, environment, stopping = new AbortController().signal } = options
  const isKept = (name: string) => name !== modeVariable && !secretVariables.includes(name)
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => isKept(name)))
  return (question, withdrawn) =>
    new Promise((resolve, reject) => {
      // Checked before each run: anybody who can change the program would learn the answer.
      const fault = findPathFault(path)
      if (fault !== undefined) return reject(new PromptError('PROMPT_UNAVAILABLE', fault.message, { hint: fault.hint }))
      const { askpass } = kindOf(question)
      const child = spawn(path, [questionText(question, askpass === 'text')], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: askpass === 'text' ? env : { ...env, [modeVariable]: askpass },
      })
      const chunks: Buffer[] = []
      let sizeBytes = 0
      let isDone = false
      const answer = (isSuccess: boolean) => {
        child.stdout.destroy()
        const line = Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1)[0]!
        const typed = typedBy(askpass, isSuccess, line)
        resolve(typed === undefined ? undefined : new Secret(typed))
      }
      // `close` alone is not enough: what the program has started may outlive it and hold its output open.
      const answerIfWhole = () => {
        if (isDone && chunks.some((chunk) => chunk.includes('\n'))) answer(true)
      }
      child.stdout.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes <= maxAnswerBytes) chunks.push(chunk)
        else child.kill()
        answerIfWhole()
      })
      child.on('error', (cause) =>
        reject(
          new PromptError('PROMPT_UNAVAILABLE', `cannot run the prompt program ${path}`, {
            cause,
            hint: 'check prompt.program in the configuration',
          }),
        ),
      )
      child.on('exit', (status, signal) => {
        isDone = status === 0
        if (isDone) return answerIfWhole()
        if (signal === null) return answer(false)
        child.stdout.destroy()
        reject(endedBySignal(path, question, sizeBytes))
      })
      const closeDialog = () => {
        child.kill()
        child.stdout.destroy()
        reject(unanswered(question))
      }
      const ends = [stopping, withdrawn]
      for (const end of ends) end.addEventListener('abort', closeDialog)
      const stopTimer = clock.after(dialogMs, closeDialog)
      child.on('close', () => {
        stopTimer()
        for (const end of ends) end.removeEventListener('abort', closeDialog)
        answer(isDone)
      })
    })
}

/** What a person would have typed to say the same; undefined if the person declined to be asked (OpenSSH's readpass.c). */
function typedBy(mode: AskpassMode, isSuccess: boolean, line: string): string | undefined {
  switch (mode) {
    case 'text':
      return isSuccess && line !== '' ? line : undefined
    case 'confirm':
      return isSuccess && ['', 'yes'].includes(line.toLowerCase()) ? 'yes' : 'no'
    case 'none':
      return ''
  }
}

function endedBySignal(path: string, question: Question, sizeBytes: number): PromptError {
  if (sizeBytes > maxAnswerBytes) {
    return new PromptError('PROMPT_UNAVAILABLE', `the prompt program ${path} printed too much to be an answer`, {
      hint: 'check prompt.program in the configuration',
    })
  }
  return unanswered(question)
}
