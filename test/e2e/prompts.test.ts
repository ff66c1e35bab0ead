import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLock } from '../../src/agent/lock/lock.ts'
import type { AwsCredentials } from '../../src/aws/aws-credentials.ts'
import { AwsError } from '../../src/aws/aws-error.ts'
import type { IssuedCredentials } from '../../src/aws/credentials.ts'
import { Secret } from '../../src/core/secret.ts'
import { toApiError } from '../../src/daemon/api/api-errors.ts'
import { createApiRoutes } from '../../src/daemon/api/api-routes.ts'
import { createLentPrompts } from '../../src/daemon/api/lent-prompts.ts'
import type { RunningStaticKeys } from '../../src/daemon/static-keys/running-static-keys.ts'
import { createPrompts } from '../../src/prompts/broker.ts'
import type { Question } from '../../src/prompts/kinds.ts'
import { askpass } from '../../src/prompts/programs/askpass.ts'
import type { PromptQuestion } from '../../src/prompts/prompt.ts'
import { createPromptProgram } from '../../src/prompts/prompt-program.ts'
import { createSharedLogin } from '../../src/prompts/shared-login.ts'
import { nobody } from '../support/agent-stubs.ts'
import { startApiServer } from '../support/api-server.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { noHostCas } from '../support/host-cas.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { isAlive } from '../support/processes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const topic = 'test'
const line =
  '{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-01-02T04:04:05Z"}\n'
const questions = {
  code: { kind: 'code', text: 'MFA code for jo' },
  password: { kind: 'password', text: 'password of jo' },
  confirm: { kind: 'confirm', text: 'sign with ops for git@github.com' },
  visit: { kind: 'visit', text: 'log in to corp', url: 'https://sso.example.com/device', userCode: 'WDJB-MJHT' },
  choice: { kind: 'choice', text: 'how to log in to corp', options: ['userpass', 'oidc'] },
  note: { kind: 'note', text: 'touch your key' },
} as const satisfies Readonly<Record<string, Question>>
type Kind = keyof typeof questions

interface World {
  /** For the command: where the socket is. */
  env: Readonly<Record<string, string>>
  /** The answers, in words. */
  answers: string[]
  asked: string[]
  prompts: ReturnType<typeof createPrompts>
}

/** The daemon's own routes, in front of something that needs the answer to one question for its credentials. */
async function world(
  kind: Kind,
  { program, onAsked }: { program?: string; onAsked?: () => void } = {},
): Promise<World> {
  const clock = fakeClock()
  const [answers, asked]: [string[], string[]] = [[], []]
  const environment = { PATH: process.env.PATH }
  const prompts = createPrompts({
    clock,
    newId: () => 'q1',
    ...(program === undefined
      ? {}
      : { program: createPromptProgram([{ program: askpass, path: program }], { clock, environment }) }),
    onAsked({ by }) {
      asked.push(by)
      onAsked?.()
    },
  })
  const shared = createSharedLogin<void>({ prompts, topic, clock, keepsSuccess: true })
  const issued: IssuedCredentials = {
    accessKeyId: 'ASIA1',
    secretAccessKey: new Secret('s'),
    sessionToken: new Secret('t'),
    expiresAtMs: clock.now() + 3_600_000,
  }
  const aws: Pick<AwsCredentials, 'credentials'> = {
    async credentials(_profile, caller) {
      if (!caller.mayPrompt) throw new AwsError('AWS_MFA_NEEDED', 'an answer is needed')
      await shared.run(caller, async () => {
        const question: PromptQuestion = { topic, ...questions[kind] }
        const answer = await prompts.ask(question)
        answers.push(answer instanceof Secret ? answer.expose() : String(answer))
      })
      return issued
    },
  }
  const routes = createApiRoutes({
    aws: aws as AwsCredentials,
    vaults: () => [],
    vaultsOff: () => new Map(),
    whyUnread: () => undefined,
    hostCas: noHostCas,
    organizations: async () => expect.unreachable(),
    ec2: async () => expect.unreachable(),
    awsFiles: { config: '/aws/config', credentials: '/aws/credentials' },
    iam: async () => expect.unreachable(),
    explainSsh: async () => expect.unreachable(),
    readiness: { ensure: async () => expect.unreachable(), warningsOf: () => [] },
    lentPrompts: createLentPrompts({ terminal: true }),
    staticKeys: {} as RunningStaticKeys,
    confirmations: { ask: nobody, attend: async () => expect.unreachable() },
    lock: createLock({ clock: fakeClock() }),
    lockError: () => undefined,
    status: async () => expect.unreachable(),
    config: () => expect.unreachable(),
    catchUp: async () => {},
  })
  const { path } = await startApiServer({ routes, toError: toApiError })
  return { env: { LATCHKEY_RUNTIME_DIR: dirname(path) }, answers, asked, prompts }
}

const command = `exec ${latchkeyPath} aws credentials dev >"$out" 2>"$err"`

describeWithPeers('a question on a terminal', ['python:pty'], () => {
  it.each<[Kind, { expect: string; type?: string }[], string]>([
    ['note', [{ expect: 'touch your key\r\n' }], 'seen'],
    ['code', [{ expect: 'MFA code for jo: ', type: '123 456\n' }], '123456'],
    ['password', [{ expect: 'password of jo: ', type: ' hunter 2 \r' }], ' hunter 2 '],
    ['confirm', [{ expect: 'sign with ops for git@github.com? (yes/no): ', type: 'y\n' }], 'true'],
    [
      'confirm',
      [
        { expect: '(yes/no): ', type: '\n' },
        { expect: 'answer yes or no\r\nsign with ops for git@github.com? (yes/no): ', type: 'no\n' },
      ],
      'false',
    ],
    [
      'visit',
      [
        {
          expect:
            'log in to corp:\r\nhttps://sso.example.com/device\r\ncode: WDJB-MJHT\r\npress Enter when you are done: ',
          type: '\n',
        },
      ],
      'done',
    ],
    [
      'choice',
      [
        { expect: 'how to log in to corp:\r\n1) userpass\r\n2) oidc\r\nnumber: ', type: '3\n' },
        { expect: 'choose from 1 to 2', type: '2\n' },
      ],
      'oidc',
    ],
  ])('%s is asked and answered: %j', async (kind, steps, answer) => {
    const { env, answers, asked } = await world(kind)
    expect(await runOnTerminal(command, steps, env)).toMatchObject({
      status: 0,
      stdout: line,
      stderr: '',
      stepsLeft: 0,
    })
    expect({ answers, asked }).toEqual({ answers: [answer], asked: ['terminal'] })
  })

  const typedKinds = (Object.keys(questions) as Kind[]).filter((kind) => kind !== 'note')
  it.each(typedKinds)('%s is cancelled with Ctrl-C', async (kind) => {
    const { env, answers, prompts } = await world(kind)
    const { text } = questions[kind]
    const result = await runOnTerminal(command, [{ expect: text, type: '\u0003' }], env)
    expect(result).toMatchObject({
      status: 130,
      stdout: '',
      stderr: `latchkey: cancelled: ${text}\n`,
      echoesAtEnd: true,
    })
    expect([answers, prompts.open()]).toEqual([[], []])
  })

  it('that is answered from elsewhere meanwhile is over, whatever is typed', async () => {
    const answer = () => setImmediate(() => prompts.answer('q1', new Secret('654321')))
    const { env, answers, prompts } = await world('code', { onAsked: answer })
    const result = await runOnTerminal(command, [{ expect: 'MFA code for jo: ', type: '123456\n' }], env)
    expect(result).toMatchObject({ status: 0, stdout: line, stderr: '' })
    expect(answers).toEqual(['654321'])
  })
})

describe('a question without a terminal', () => {
  const script = (body: string): string => {
    const path = join(temporaryFolder(), 'askpass')
    writeFileSync(path, `#!/bin/sh\nprintf '%s|%s\\n' "\${SSH_ASKPASS_PROMPT-unset}" "$1" >>"$0.asked"\n${body}\n`)
    chmodSync(path, 0o755)
    return path
  }

  it.each<[Kind, string, string, string]>([
    ['code', 'echo "123 456"', 'unset|MFA code for jo: \n', '123456'],
    ['password', 'echo " hunter 2 "', 'unset|password of jo: \n', ' hunter 2 '],
    ['confirm', 'exit 0', 'confirm|sign with ops for git@github.com?\n', 'true'],
    ['confirm', 'exit 1', 'confirm|sign with ops for git@github.com?\n', 'false'],
    ['visit', 'exit 1', 'none|log in to corp:\nhttps://sso.example.com/device\ncode: WDJB-MJHT\n', 'done'],
    ['note', 'exit 1', 'none|touch your key\n', 'seen'],
    ['choice', 'echo oidc', 'unset|how to log in to corp:\n1) userpass\n2) oidc\nnumber: \n', 'oidc'],
    [
      'code',
      'case "$1" in "a code is"*) echo 123456 ;; *) echo 12345 ;; esac',
      'unset|MFA code for jo: \nunset|a code is 6 digits\nMFA code for jo: \n',
      '123456',
    ],
  ])('%s is put by an askpass program: %s', async (kind, body, shown, answer) => {
    const program = script(body)
    const { env, answers, asked } = await world(kind, { program })
    expect(await latchkey(['aws', 'credentials', 'dev'], { env })).toEqual({ status: 0, stdout: line, stderr: '' })
    expect(readFileSync(`${program}.asked`, 'utf8')).toBe(shown)
    expect({ answers, asked }).toEqual({ answers: [answer], asked: ['program'] })
  })

  it('that is answered from elsewhere closes the dialog', async () => {
    const program = script('echo $$ >"$0.pid"; exec sleep 60')
    const { env, answers, prompts } = await world('confirm', { program })
    const call = latchkey(['aws', 'credentials', 'dev'], { env })
    await expect.poll(() => existsSync(`${program}.pid`), { timeout: 30_000 }).toBe(true)
    expect(prompts.open()).toMatchObject([{ id: 'q1', place: 'program' }])
    prompts.answer('q1', new Secret('no'))
    expect(await call).toMatchObject({ status: 0, stdout: line })
    expect(answers).toEqual(['false'])
    const pid = Number(readFileSync(`${program}.pid`, 'utf8'))
    await expect.poll(() => isAlive(pid), { timeout: 30_000 }).toBe(false)
  })
})
