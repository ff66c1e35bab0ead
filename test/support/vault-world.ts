import { setImmediate as turn } from 'node:timers/promises'
import { createLogger, silentLogger } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import type { LastingKeychain } from '../../src/keychain/keychain.ts'
import { createLastingKeychain } from '../../src/keychain/lasting-keychain.ts'
import type { PromptCaller, PromptQuestion, Prompts } from '../../src/prompts/prompt.ts'
import { createVaultClient, type VaultClient, type VaultClientOptions } from '../../src/vault/client.ts'
import type { Access } from '../../src/vault/inline-login.ts'
import type { IdentitySigner } from '../../src/vault/login/identity-signer.ts'
import type { InlineMethod, LoginContext, LoginMethod } from '../../src/vault/login/login-method.ts'
import type { TokenSource } from '../../src/vault/token/token-source.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

/** Waits for something that I/O brings about. The test's own timeout ends it. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn()
}

/** A fake clock on which waits below `patienceMs` are over at once, and those from there on never: the timeouts. */
export interface HastyClock extends FakeClock {
  /** The waits that were over at once, in ms. */
  waits: number[]
}

/** @param patienceMs waits of this length never end by themselves */
export function hastyClock(patienceMs: number, startMs?: number): HastyClock {
  const base = fakeClock(startMs)
  const waits: number[] = []
  return {
    ...base,
    waits,
    after(delayMs, run) {
      if (delayMs >= patienceMs) return base.after(delayMs, run)
      waits.push(delayMs)
      const immediate = setImmediate(() => {
        base.advance(delayMs)
        run()
      })
      return () => clearImmediate(immediate)
    },
  }
}

/** A logger and what was written to it. */
export function recordingLog() {
  const lines: string[] = []
  return { log: createLogger({ write: (line) => lines.push(line.trimEnd()), level: 'debug' }), lines }
}

/** The timeout of `testClient`, in ms. */
export const clientTimeoutMs = 10_000

/** A client of a scripted server whose retries do not wait. */
export function testClient(address: string, options: Partial<VaultClientOptions> = {}): VaultClient {
  return createVaultClient({
    name: 'corp',
    address,
    timeoutMs: clientTimeoutMs,
    clock: hastyClock(clientTimeoutMs),
    random: () => 0.5,
    log: recordingLog().log,
    ...options,
  })
}

/** A keychain in memory that can be told to fail. What is to be made good is made good with the next call that works. */
export function testKeychain(): LastingKeychain & { items: Map<string, string>; failure: Error | undefined } {
  const items = new Map<string, string>()
  const state = { items, failure: undefined as Error | undefined }
  const keychain = {
    description: 'test',
    async get(name: string) {
      if (state.failure !== undefined) throw state.failure
      const value = items.get(name)
      return value === undefined ? undefined : new Secret(value)
    },
    async set(name: string, value: Secret<string>) {
      if (state.failure !== undefined) throw state.failure
      items.set(name, value.expose())
    },
    async delete(name: string) {
      if (state.failure !== undefined) throw state.failure
      return items.delete(name)
    },
    list: async () => [...items.keys()].sort(),
  }
  const deps = { keychain, clock: fakeClock(), random: () => 0, log: silentLogger }
  return Object.assign(state, createLastingKeychain(deps))
}

/** Where no test logs in as a profile of AWS. */
export const noIdentitySigner: IdentitySigner = {
  prepare: () => Promise.reject(new Error('no profile')),
  sign: () => Promise.reject(new Error('no profile')),
}

/** What a login method is created with, where a test says nothing else; the files are those of `files`. */
export function loginContext(
  client: VaultClient,
  { files = new Map(), ...own }: Partial<LoginContext> & { files?: ReadonlyMap<string, string> } = {},
): LoginContext {
  return {
    client,
    address: 'https://vault.example.com:8200',
    prompts: scriptedPrompts().prompts,
    keychain: testKeychain(),
    clock: fakeClock(),
    random: () => 0,
    log: recordingLog().log,
    environment: {},
    home: '/home/jo',
    uid: process.getuid?.(),
    readText: async (path) => {
      const text = files.get(path)
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return text
    },
    runProgram: async () => '',
    clientCertificate: () => undefined,
    identitySigner: noIdentitySigner,
    ...own,
  }
}

/** Answers questions from a list, and remembers them and who attended. */
export function scriptedPrompts(...answers: readonly (string | Error)[]) {
  const questions: PromptQuestion[] = []
  const attending: string[] = []
  const left = [...answers]
  const prompts: Prompts = {
    async ask(question) {
      questions.push(question)
      const answer = left.shift() ?? new Error('nobody answers')
      if (answer instanceof Error) throw answer
      return new Secret(answer) as never
    },
    attend(topic) {
      attending.push(topic)
      return () => {
        attending.splice(attending.indexOf(topic), 1)
      }
    },
  }
  return { prompts, questions, attending }
}

/** The token that a source would use now. */
export function tokenOf(source: TokenSource): Promise<Secret<string>> {
  return source.withAccess(async (access) => tokenIn(access))
}

/** The token in an access that is by token. */
export function tokenIn(access: Access): Secret<string> {
  if ('token' in access) return access.token
  throw new Error('this access has no token')
}

/** A method that leads to tokens. */
export function forToken<M extends LoginMethod>(method: M): Exclude<M, InlineMethod> {
  if (method.type === 'inline') throw new Error('this method is inline')
  return method as Exclude<M, InlineMethod>
}

/** A caller who can be asked. */
export const person: PromptCaller = { mayPrompt: true }
/** A caller for whom nobody can be asked. */
export const nobody: PromptCaller = { mayPrompt: false }
