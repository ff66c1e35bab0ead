/**
 * Runs inside a D-Bus session of its own, inside `latchkey dev` (test/e2e/keychain-daemon.test.ts): a daemon that keeps
 * its items in a real keyring, and what its user sees while that is locked. Prints one line of JSON a step.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

const [password, accessKeyId, secretAccessKey] = process.argv.slice(2)

const dbusSend = (...args) => execFileSync('dbus-send', ['--session', '--print-reply', ...args], { encoding: 'utf8' })

/** Makes or opens the login keyring, with a new program in place of the present one. It goes on in the background. */
async function unlock() {
  const keyring = spawn('gnome-keyring-daemon', ['--components=secrets', '--replace', '--unlock'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  keyring.stdin.end(password)
  keyring.stdout.resume()
  await once(keyring, 'exit')
}

async function startDaemon() {
  const daemon = spawn('latchkey', ['daemon'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, LATCHKEY_PARENT_FD: '3' },
  })
  await once(daemon.stdio[3], 'data')
  return async () => {
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
  }
}

function step(name, command, args, input) {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' })
  process.stdout.write(`${JSON.stringify({ name, status, stdout, stderr })}\n`)
}
const credentials = ['latchkey', ['aws', 'credentials', 'dev']]

await unlock()
let stop = await startDaemon()
step('key stored', 'latchkey', ['aws', 'keys', 'add', 'dev-user'], `${accessKeyId}\n${secretAccessKey}\n`)
step('first', ...credentials)
await stop()

stop = await startDaemon()
step('after a restart', ...credentials)
await stop()

dbusSend(
  '--dest=org.freedesktop.secrets',
  '/org/freedesktop/secrets',
  'org.freedesktop.Secret.Service.Lock',
  'array:objpath:/org/freedesktop/secrets/collection/login',
)
stop = await startDaemon()
step('locked', ...credentials)
step('locked: ssh', 'ssh-add', ['-L'])
step('locked: status', 'latchkey', ['status', '--json'])
await unlock()
step('unlocked again', ...credentials)
await stop()
