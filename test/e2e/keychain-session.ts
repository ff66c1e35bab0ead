/**
 * Runs inside a D-Bus session of its own (test/e2e/keychain.test.ts) and goes through the life of a real keyring,
 * printing one line of JSON a step: what the OS keychain answered, or the code of its error.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { uptime } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { CodedError } from '../../src/core/errors.ts'
import { silentLogger } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import { createSystemClock } from '../../src/core/time/clock.ts'
import { openKeychain } from '../../src/keychain/choose.ts'
import type { Keychain } from '../../src/keychain/keychain.ts'
import { loadKeyring } from '../../src/keychain/keyring-module.ts'
import { createOsKeychain } from '../../src/keychain/os-store.ts'

const stateFolder = process.argv[2]!
const clock = createSystemClock(uptime)

async function step(name: string, run: () => Promise<unknown>): Promise<void> {
  const startedMs = performance.now()
  const result = await run().then(
    (value) => ({ value: value instanceof Secret ? (value as Secret<string>).expose() : value }),
    (error: unknown) => {
      if (!(error instanceof CodedError)) throw error
      return { code: error.code, message: error.message, hint: error.hint }
    },
  )
  process.stdout.write(`${JSON.stringify({ name, ...result, ms: Math.round(performance.now() - startedMs) })}\n`)
}

const dbusSend = (...args: string[]) =>
  execFileSync('dbus-send', ['--session', '--print-reply', ...args], { encoding: 'utf8' })

/** With a password the login keyring is made or unlocked, as pam_gnome_keyring does at login. */
async function startKeyring(password?: string): Promise<ChildProcess> {
  const unlock = password === undefined ? [] : ['--unlock']
  const keyring = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...unlock], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  keyring.stdin.on('error', () => {}).end(password)
  while (
    !dbusSend('--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.ListNames').includes('freedesktop.secrets')
  ) {
    if (keyring.exitCode !== null) throw new Error('gnome-keyring-daemon has ended')
    await setTimeout(20)
  }
  return keyring
}

async function stopKeyring(keyring: ChildProcess): Promise<void> {
  const ended = once(keyring, 'exit')
  keyring.kill('SIGCONT')
  keyring.kill()
  await ended
}

function lockLoginKeyring(): void {
  const folder = '/org/freedesktop/secrets'
  const lock = ['org.freedesktop.Secret.Service.Lock', `array:objpath:${folder}/collection/login`]
  dbusSend('--dest=org.freedesktop.secrets', folder, ...lock)
}

const openOs = () => createOsKeychain({ load: loadKeyring, clock, platform: process.platform })
const openAuto = (name: string) =>
  openKeychain(
    { store: 'auto' },
    { stateFolder: `${stateFolder}/${name}`, environment: {}, clock, log: silentLogger, cost: { n: 16, r: 1, p: 1 } },
  )

const os = openOs()
const item = 'aws/key/master'

async function withoutProvider(): Promise<void> {
  await step('no provider: get', () => os.get(item))
  await step('no provider: list', () => os.list())
  await step('no provider: auto', async () => {
    const keychain = await openAuto('no-provider')
    await keychain.set(item, new Secret('in the file'))
    return keychain.description
  })
}

async function withoutKeyring(): Promise<void> {
  const keyring = await startKeyring()
  await step('no keyring: get', () => os.get(item))
  await step('no keyring: set', () => os.set(item, new Secret('1')))
  await step('no keyring: auto', async () => {
    const keychain = await openAuto('no-keyring')
    await keychain.set(item, new Secret('in the file'))
    return [keychain.description, (await keychain.get(item))?.expose()]
  })
  await stopKeyring(keyring)
}

async function unlocked(auto: Keychain): Promise<void> {
  await step('unlocked: get nothing', () => os.get(item))
  await step('unlocked: set', () => os.set(item, new Secret('first')))
  await step('unlocked: get', () => os.get(item))
  await step('unlocked: replace', () => os.set(item, new Secret('sécond\u0000 "x"')))
  await step('unlocked: get replaced', () => os.get(item))
  await step('unlocked: set another', () => os.set('vault/corp/token', new Secret('')))
  await step('unlocked: get another', () => os.get('vault/corp/token'))
  await step('unlocked: list', () => os.list())
  await step('unlocked: delete', () => os.delete('vault/corp/token'))
  await step('unlocked: delete again', () => os.delete('vault/corp/token'))
  await step('unlocked: list after', () => os.list())
  await step('unlocked: many at once', () =>
    Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await os.set(`many/${index}`, new Secret('x'))
        return await os.delete(`many/${index}`)
      }),
    ),
  )
  await step('unlocked: auto', async () => {
    await auto.set('auto', new Secret('kept'))
    await auto.delete('auto')
    return auto.description
  })
}

async function locked(): Promise<void> {
  await step('locked: get', () => os.get(item))
  await step('locked: set', () => os.set(item, new Secret('third')))
  await step('locked: set another', () => os.set('another', new Secret('third')))
  await step('locked: delete', () => os.delete(item))
  await step('locked: list', () => os.list())
  await step('locked: auto', async () => (await openAuto('locked')).description)
}

async function main(): Promise<void> {
  await withoutProvider()
  await withoutKeyring()

  let keyring = await startKeyring('password')
  await unlocked(await openAuto('unlocked'))
  await stopKeyring(keyring)

  keyring = await startKeyring('password')
  await step('restarted: get', () => os.get(item))
  await step('restarted: set', () => os.set(item, new Secret('after the restart')))
  await step('restarted: list', () => os.list())
  lockLoginKeyring()
  await locked()
  await stopKeyring(keyring)

  await step('gone: get', () => os.get(item))
  await step('gone: auto stays', async () => (await openAuto('unlocked')).description)

  keyring = await startKeyring()
  await step('never unlocked: get', () => os.get(item))
  keyring.kill('SIGSTOP')
  const hung = openOs()
  await step('hung: get', () => hung.get(item))
  await step('hung: get again', () => hung.get(item))
  await stopKeyring(keyring)

  keyring = await startKeyring('password')
  await step('back: get', () => os.get(item))
  await stopKeyring(keyring)
}

void main()
