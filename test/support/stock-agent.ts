import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOk } from './run.ts'

/** A program that other programs reach by a socket. */
export interface StockAgent {
  socket: string
  /** Runs ssh-add with it. */
  add(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
}

/** Starts OpenSSH's ssh-agent. @param socket free so far */
export async function startStockAgent(socket: string, env: Readonly<Record<string, string>> = {}): Promise<StockAgent> {
  const agent = spawn('ssh-agent', ['-D', '-a', socket], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const closed = once(agent, 'close')
  // It prints the variables for a shell once it listens.
  await once(agent.stdout, 'data')
  return {
    socket,
    add: (...args) => runOk('ssh-add', args, { env: { SSH_AUTH_SOCK: socket } }),
    async stop() {
      agent.kill('SIGTERM')
      await closed
    },
  }
}

/** OpenSSH's security key in software (Debian's openssh-tests), which finds that it is touched. */
export const skProvider = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so'
/** SoftHSM's PKCS #11 library. */
export const tokenProvider = '/usr/lib/softhsm/libsofthsm2.so'

/** A PKCS #11 token in software that holds one ECDSA key. */
export interface SoftToken {
  /** For whoever loads the library. */
  env: Readonly<Record<string, string>>
  /** For ssh-add, so that it gets the PIN. */
  pinEnv: Readonly<Record<string, string>>
}

/** Makes one. @param folder empty */
export async function makeSoftToken(folder: string): Promise<SoftToken> {
  const at = (name: string) => join(folder, name)
  const env = { SOFTHSM2_CONF: at('softhsm2.conf') }
  const [pin, key] = ['4711', at('key.pem')]
  writeFileSync(env.SOFTHSM2_CONF, `directories.tokendir = ${folder}\n`)
  writeFileSync(at('askpass'), `#!/bin/sh\necho ${pin}\n`, { mode: 0o700 })
  const token = ['--token', 'test', '--pin', pin]
  await runOk('softhsm2-util', ['--init-token', '--free', '--label', 'test', '--pin', pin, '--so-pin', '0815'], { env })
  await runOk('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key])
  await runOk('softhsm2-util', ['--import', key, ...token, '--label', 'token', '--id', '01'], { env })
  return { env, pinEnv: { SSH_ASKPASS: at('askpass'), SSH_ASKPASS_REQUIRE: 'force' } }
}
