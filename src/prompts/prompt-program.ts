import { spawn } from 'node:child_process'
import type { Clock } from '../core/clock.ts'
import { displayLine } from '../core/display-text.ts'
import type { Environment } from '../core/environment.ts'
import { findPathFault } from '../core/path-trust.ts'
import { Secret } from '../core/secret.ts'
import type { PromptProgram } from './broker.ts'
import { PromptError, type PromptQuestion } from './prompt.ts'

/** The daemon may have been started with these; a dialog needs none of them. */
const secretVariables = ['BAO_TOKEN', 'VAULT_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
/** An answer is a code, a password or a token; more than this is not an answer. */
const maxAnswerBytes = 4096

/** A dialog that nobody looks at is closed after so long. */
const patienceMs = 5 * 60_000

export interface PromptProgramOptions {
  clock: Clock
  /** The daemon's, which the program gets without the secrets in it: it needs the display and the locale. */
  environment: Environment
  /** Closes the dialog that is open: nobody waits for its answer any more. */
  stopping?: AbortSignal
}

/**
 * Runs an askpass program the way ssh does (ssh(1), SSH_ASKPASS): the question is its argument, the first line that it
 * prints is the answer, any other exit status than 0 means that the person said no.
 */
export function createPromptProgram(path: string, options: PromptProgramOptions): PromptProgram {
  const { clock, environment, stopping = new AbortController().signal } = options
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !secretVariables.includes(name)))
  return (question, withdrawn) =>
    new Promise((resolve, reject) => {
      // Before each run: who can change it would be told the answer.
      const fault = findPathFault(path)
      if (fault !== undefined) return reject(new PromptError('PROMPT_UNAVAILABLE', fault.message, { hint: fault.hint }))
      const notice = question.notice === undefined ? '' : `${displayLine(question.notice)}\n`
      const text = `${notice}${displayLine(question.text)}: `
      const child = spawn(path, [text], { stdio: ['ignore', 'pipe', 'ignore'], env })
      const chunks: Buffer[] = []
      let sizeBytes = 0
      let isDone = false
      const answer = () => {
        child.stdout.destroy()
        const line = Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1)[0]!
        // A password may begin or end with a blank; a code or a token that does was pasted with one.
        const text = question.kind === 'password' ? line : line.trim()
        resolve(text === '' ? undefined : new Secret(text))
      }
      // Not only `close`: what the program has started may outlive it and hold its output open.
      const answerIfWhole = () => {
        if (isDone && chunks.some((chunk) => chunk.includes('\n'))) answer()
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
        child.stdout.destroy()
        if (signal !== null) reject(endedBySignal(path, question, sizeBytes))
        else resolve(undefined)
      })
      const closeDialog = () => {
        child.kill()
        child.stdout.destroy()
        reject(unanswered(question))
      }
      const ends = [stopping, withdrawn]
      for (const end of ends) end.addEventListener('abort', closeDialog)
      const stopTimer = clock.after(patienceMs, closeDialog)
      child.on('close', () => {
        stopTimer()
        for (const end of ends) end.removeEventListener('abort', closeDialog)
        answer()
      })
    })
}

function endedBySignal(path: string, question: PromptQuestion, sizeBytes: number): PromptError {
  if (sizeBytes > maxAnswerBytes) {
    return new PromptError('PROMPT_UNAVAILABLE', `the prompt program ${path} printed more than an answer`, {
      hint: 'check prompt.program in the configuration',
    })
  }
  return unanswered(question)
}

function unanswered(question: PromptQuestion): PromptError {
  return new PromptError('PROMPT_TIMEOUT', `nobody answered: ${question.text}`, {
    hint: 'run the command again to be asked again',
  })
}
