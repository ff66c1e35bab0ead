import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Question } from '../../../src/prompts/kinds.ts'
import { askpass } from '../../../src/prompts/programs/askpass.ts'
import { createPromptProgram, type PromptProgramOptions } from '../../../src/prompts/prompt-program.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { isAlive } from '../../support/processes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const mfa: Question = { kind: 'code', text: 'MFA code for jo' }
const clock = fakeClock()
const environment = { PATH: '/usr/bin:/bin' }
const kept = new AbortController().signal

function script(body: string): string {
  const path = join(temporaryFolder(), 'askpass')
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
  return path
}

const programAt = (path: string, options: PromptProgramOptions) =>
  createPromptProgram([{ program: askpass, path }], options)

describe('a prompt program', () => {
  it('gets the question as its one argument and answers with its first line', async () => {
    const path = script('printf "%s" "$*" >"$0.argument"; echo 123456; echo "and more"')
    const answer = await programAt(path, { clock, environment })(mfa, kept)
    expect(answer?.expose()).toBe('123456')
    expect(readFileSync(`${path}.argument`, 'utf8')).toBe('MFA code for jo: ')
  })

  it('is not run if others could have changed it in the meantime', async () => {
    const path = script('printf x >"$0.ran"; echo 123456')
    const ask = programAt(path, { clock, environment })
    expect((await ask(mfa, kept))?.expose()).toBe('123456')
    rmSync(`${path}.ran`)
    chmodSync(path, 0o757)
    await expect(ask(mfa, kept)).rejects.toMatchObject({
      code: 'PROMPT_UNAVAILABLE',
      message: `the prompt program ${path} could not ask: ${path} can be changed by other users (mode 757)`,
      hint: `chmod o-w ${path}`,
    })
    expect(existsSync(`${path}.ran`)).toBe(false)
  })

  it('is first told why the question is asked again', async () => {
    const path = script('printf "%s" "$1" >"$0.argument"; echo 123456')
    await programAt(path, { clock, environment })({ ...mfa, notice: 'that code was wrong' }, kept)
    expect(readFileSync(`${path}.argument`, 'utf8')).toBe('that code was wrong\nMFA code for jo: ')
  })

  it('has the environment that it is given, but for the mode of another question', async () => {
    const path = script('echo "[$DISPLAY $SSH_ASKPASS_PROMPT]"')
    const seen = { ...environment, DISPLAY: ':7', SSH_ASKPASS_PROMPT: 'confirm' }
    expect((await programAt(path, { clock, environment: seen })(mfa, kept))?.expose()).toBe('[:7 ]')
  })

  it.each([
    ['exits with another status than 0', 'echo 123456; exit 1'],
    ['prints nothing', 'exit 0'],
    ['prints an empty line', 'echo'],
  ])('says no when it %s', async (_, body) => {
    expect(await programAt(script(body), { clock, environment })(mfa, kept)).toBeUndefined()
  })

  it('has its line taken unchanged', async () => {
    const path = script("printf ' 12 34 \\r\\n'")
    expect((await programAt(path, { clock, environment })(mfa, kept))?.expose()).toBe(' 12 34 ')
  })

  const confirm: Question = { kind: 'confirm', text: 'sign with ops' }
  const visit: Question = { kind: 'visit', text: 'log in', url: 'https://sso.example.com/', userCode: 'WDJB-MJHT' }

  it.each([
    [confirm, 'confirm', 'sign with ops?'],
    [visit, 'none', 'log in:\nhttps://sso.example.com/\ncode: WDJB-MJHT'],
  ])('is told by SSH_ASKPASS_PROMPT that there is nothing to type: %j', async (question, mode, shown) => {
    const path = script('printf "%s|%s" "$SSH_ASKPASS_PROMPT" "$1" >"$0.argument"')
    await programAt(path, { clock, environment })(question, kept)
    expect(readFileSync(`${path}.argument`, 'utf8')).toBe(`${mode}|${shown}`)
  })

  // As OpenSSH's ask_permission has it.
  it.each([
    ['exit 0', 'yes'],
    ['echo', 'yes'],
    ['echo Yes', 'yes'],
    ['echo no', 'no'],
    ['exit 1', 'no'],
    ['echo yes; exit 1', 'no'],
    ['exit 255', 'no'],
  ])('confirms by its exit status: %s', async (body, typed) => {
    expect((await programAt(script(body), { clock, environment })(confirm, kept))?.expose()).toBe(typed)
  })

  it('that is killed while it confirms has said nothing', async () => {
    const answer = programAt(script('kill -9 $$'), { clock, environment })(confirm, kept)
    await expect(answer).rejects.toMatchObject({ code: 'PROMPT_TIMEOUT' })
  })

  it.each(['exit 0', 'exit 1', 'echo text'])('only says that a page was seen, however it exits: %s', async (body) => {
    expect((await programAt(script(body), { clock, environment })(visit, kept))?.expose()).toBe('')
  })

  it('that cannot be run is reported with its path', async () => {
    const answer = programAt('/nowhere/askpass', { clock, environment })(mfa, kept)
    await expect(answer).rejects.toMatchObject({
      code: 'PROMPT_UNAVAILABLE',
      message: 'the prompt program /nowhere/askpass could not ask: it cannot be run (ENOENT)',
      hint: 'check prompt.program in the configuration',
    })
  })

  it('that prints endlessly is stopped', async () => {
    const answer = programAt(script('exec yes'), { clock, environment })(mfa, kept)
    await expect(answer).rejects.toMatchObject({ code: 'PROMPT_UNAVAILABLE' })
  })

  it('that nobody answers is closed, even if something that it started holds its output open', async () => {
    const path = script('sleep 60 & echo $! >"$0.child"; echo >"$0.started"; wait')
    const answer = programAt(path, { clock, environment })(mfa, kept)
    const refused = expect(answer).rejects.toMatchObject({
      code: 'PROMPT_TIMEOUT',
      message: 'nobody answered: MFA code for jo',
    })
    await vi.waitUntil(() => existsSync(`${path}.started`), { timeout: 30_000 })
    clock.advance(5 * 60_000)
    await refused
    process.kill(Number(readFileSync(`${path}.child`, 'utf8')))
  })

  it('has answered once it has exited, even if something that it started holds its output open', async () => {
    for (const print of ['echo 123456', 'printf 123456']) {
      const path = script(`sleep 60 & echo $! >"$0.child"; ${print}`)
      const own = fakeClock()
      const answer = programAt(path, { clock: own, environment })(mfa, kept)
      await vi.waitUntil(() => own.pendingTimers() === 2, { timeout: 30_000 })
      own.advance(500)
      expect((await answer)?.expose()).toBe('123456')
      const child = Number(readFileSync(`${path}.child`, 'utf8'))
      expect(isAlive(child)).toBe(true)
      process.kill(child)
    }
  })

  it('that crashes is passed over for the next one', async () => {
    const crashing = script('kill -SEGV $$')
    const programs = [crashing, script('echo 123456')].map((path) => ({ program: askpass, path }))
    expect((await createPromptProgram(programs, { clock, environment })(mfa, kept))?.expose()).toBe('123456')
    await expect(createPromptProgram(programs.slice(0, 1), { clock, environment })(mfa, kept)).rejects.toMatchObject({
      code: 'PROMPT_UNAVAILABLE',
      message: `the prompt program ${crashing} could not ask: it was ended by SIGSEGV`,
    })
  })

  it('is not followed by another one when the person says no', async () => {
    const second = script('printf x >"$0.ran"; echo 123456')
    const programs = [script('exit 1'), second].map((path) => ({ program: askpass, path }))
    expect(await createPromptProgram(programs, { clock, environment })(mfa, kept)).toBeUndefined()
    expect(existsSync(`${second}.ran`)).toBe(false)
  })

  it('is named with its reason, where none could ask', async () => {
    const [one, other] = [script('exec yes'), '/nowhere/askpass']
    const programs = [one, other].map((path) => ({ program: askpass, path }))
    await expect(createPromptProgram(programs, { clock, environment })(mfa, kept)).rejects.toMatchObject({
      code: 'PROMPT_UNAVAILABLE',
      message: `no prompt program could ask: ${one}: it printed too much to be an answer; ${other}: it cannot be run (ENOENT)`,
      hint: 'check prompt.program in the configuration',
    })
  })

  it('gets nothing that controls a terminal or a dialog', async () => {
    const path = script('printf "%s" "$*" >"$0.argument"; echo 123456')
    const hostile = { ...mfa, text: 'code\u0000 for \u009b2J\u202ejo\nx', notice: 'wrong\u001b[2J' }
    await programAt(path, { clock, environment })(hostile, kept)
    expect(readFileSync(`${path}.argument`, 'utf8')).toBe('wrong [2J\ncode for 2J jo x: ')
  })

  it.each(['the daemon stops', 'nobody waits for its answer any more'])('is closed when %s', async (when) => {
    const path = script('echo $$ >"$0.pid"; echo >"$0.started"; exec sleep 60')
    const stopping = new AbortController()
    const isStop = when === 'the daemon stops'
    const options = { clock, environment, ...(isStop ? { stopping: stopping.signal } : {}) }
    const answer = programAt(path, options)(mfa, isStop ? kept : stopping.signal)
    const refused = expect(answer).rejects.toMatchObject({ code: 'PROMPT_TIMEOUT' })
    await vi.waitUntil(() => existsSync(`${path}.started`), { timeout: 30_000 })
    stopping.abort()
    await refused
    const pid = Number(readFileSync(`${path}.pid`, 'utf8'))
    await vi.waitUntil(() => !isAlive(pid), { timeout: 30_000 })
  })
})
