import { spawn } from 'node:child_process'
import { PromptError } from '../core/prompt.ts'
import { Secret } from '../core/secret.ts'
import type { PromptProgram } from './prompts.ts'

/** An answer is a code, a password or a token; more than this is not an answer. */
const maxAnswerBytes = 4096
/** A dialog that nobody looks at is closed after so long, in ms. */
const patienceMs = 5 * 60_000

/**
 * Runs an askpass program the way ssh does (ssh(1), SSH_ASKPASS): the question is its argument, the first line that it
 * prints is the answer, any other exit status than 0 means that the person said no.
 * @param env the child's whole environment
 */
export function createPromptProgram(path: string, env: Readonly<Record<string, string | undefined>>): PromptProgram {
  return (question) =>
    new Promise((resolve, reject) => {
      const text = question.notice === undefined ? `${question.text}: ` : `${question.notice}\n${question.text}: `
      const child = spawn(path, [text], { stdio: ['ignore', 'pipe', 'ignore'], env, timeout: patienceMs })
      const chunks: Buffer[] = []
      let sizeBytes = 0
      child.stdout.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes > maxAnswerBytes) child.kill()
        else chunks.push(chunk)
      })
      child.on('error', (cause) =>
        reject(
          new PromptError('PROMPT_UNAVAILABLE', `cannot run the prompt program ${path}`, {
            cause,
            hint: 'check prompt.program in the configuration',
          }),
        ),
      )
      child.on('close', (status) => {
        const [line = ''] = Buffer.concat(chunks).toString('utf8').split('\n', 1)
        resolve(status === 0 && line.trim() !== '' ? new Secret(line.trim()) : undefined)
      })
    })
}
