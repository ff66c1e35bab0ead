import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { run } from './show.mjs'

/** How long sshd may take to listen, or to log a login that has happened, in ms. */
const patienceMs = 20_000

/**
 * Starts an sshd on a free loopback port that accepts certificates of one CA and nothing else, and whose host key is certified.
 * @param program the path of sshd
 * @param caFile the value of TrustedUserCAKeys
 * @param folder the folder for its files
 */
export async function startSshd({ program, caFile, folder }) {
  const hostKey = join(folder, 'host_key')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'latchkey tour', '-f', hostKey])
  await certify(hostKey)
  // As root, sshd needs this empty folder, which Debian makes only when it starts the system's own sshd.
  if (process.getuid?.() === 0 && process.platform === 'linux') mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  let problem
  // Another program may take the port between our check and sshd's start.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const port = await freePort()
    const config = join(folder, 'sshd_config')
    writeFileSync(config, sshdConfig({ port, hostKey, caFile }))
    try {
      const server = await listen(program, config)
      return { ...server, port }
    } catch (error) {
      problem = error
    }
  }
  throw problem
}

/** Has Vault's other CA say whose key that is, as an operator does for a machine. */
async function certify(hostKey) {
  const args = ['ssh', 'host-sign', '--json', '--principals', 'localhost,127.0.0.1', `${hostKey}.pub`]
  const { certificates } = JSON.parse((await run('latchkey', args)).stdout)
  writeFileSync(`${hostKey}-cert.pub`, `${certificates[0].certificate}\n`)
}

function sshdConfig({ port, hostKey, caFile }) {
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${hostKey}
HostCertificate ${hostKey}-cert.pub
TrustedUserCAKeys ${caFile}
AuthenticationMethods publickey
AuthorizedKeysFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
LogLevel VERBOSE
`
}

function listen(program, config) {
  const child = spawn(program, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const watchers = new Set()
  let log = ''
  const notify = () => {
    for (const watcher of watchers) watcher()
  }
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text
    notify()
  })
  let ended
  child.on('error', (error) => {
    ended = error.message
    notify()
  })
  child.on('exit', (status) => {
    ended = `sshd ended with status ${status}`
    notify()
  })

  /** The first matching line of the log, as soon as it appears. */
  const line = (pattern) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => finish(reject, new Error(`sshd did not say ${pattern}:\n${log.trim()}`)),
        patienceMs,
      )
      const finish = (settle, value) => {
        clearTimeout(timer)
        watchers.delete(look)
        settle(value)
      }
      const look = () => {
        const found = log.split(/\r?\n/).find((text) => pattern.test(text))
        if (found !== undefined) finish(resolve, found)
        else if (ended !== undefined) finish(reject, new Error(`${ended}\n${log.trim()}`))
      }
      watchers.add(look)
      look()
    })
  const server = { kill: () => child.kill(), acceptedLine: () => line(/Accepted publickey/), log: () => log.trim() }
  return line(/Server listening/).then(
    () => server,
    (error) => {
      server.kill()
      throw error
    },
  )
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
