// Records what OpenSSH's clients send to an agent and what ssh-agent answers: node make.mjs
// Each message lands here without its length field, as NAME.request.bin and NAME.response.bin. The keys in them are made
// for this run, are accepted nowhere but by the sshd that it starts on loopback, and their files are thrown away.
// Needs ssh-agent, ssh-add, ssh-keygen, ssh and sshd; made with OpenSSH 9.2p1.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const out = dirname(fileURLToPath(import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lk-'))
const at = (name) => join(folder, name)
const exec = promisify(execFile)
const environment = { ...process.env, SSH_AUTH_SOCK: at('proxy.sock'), SSH_ASKPASS_REQUIRE: 'force', TZ: 'UTC' }
const run = (program, ...args) => exec(program, args, { cwd: folder, env: environment })

let recorded = []
const names = new Set()

/** Names the messages since the last call, in their order; a name that is undefined is not kept. */
function keep(...messageNames) {
  for (const [index, name] of messageNames.entries()) {
    if (name === undefined) continue
    if (names.has(name) || recorded[index] === undefined) throw new Error(`no message for ${name}`)
    names.add(name)
    writeFileSync(join(out, `${name}.request.bin`), recorded[index].request)
    writeFileSync(join(out, `${name}.response.bin`), recorded[index].response)
  }
  recorded = []
}

const agent = spawn('ssh-agent', ['-D', '-a', at('agent.sock')], { stdio: 'ignore' })
const proxy = createServer((client) => {
  const upstream = connect(at('agent.sock'))
  const started = []
  onMessages(client, (request) => {
    started.push(request)
    upstream.write(framed(request))
  })
  onMessages(upstream, (response) => {
    recorded.push({ request: started.shift(), response })
    client.write(framed(response))
  })
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ]) {
    socket.on('error', () => {})
    socket.on('close', () => other.destroy())
  }
}).listen(at('proxy.sock'))
await once(proxy, 'listening')

function onMessages(socket, take) {
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      const end = 4 + pending.readUInt32BE(0)
      take(pending.subarray(4, end))
      pending = pending.subarray(end)
    }
  })
}

function framed(message) {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function makeKeys() {
  const types = { ed25519: ['ed25519'], ecdsa256: ['ecdsa', '256'], ecdsa384: ['ecdsa', '384'], ecdsa521: ['ecdsa', '521'], rsa: ['rsa', '2048'] }
  await run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', 'ca')
  for (const [name, [type, bits]] of Object.entries(types)) {
    for (const key of [name, `host-${name}`]) {
      await run('ssh-keygen', '-q', '-t', type, ...(bits === undefined ? [] : ['-b', bits]), '-N', '', '-C', `${key}@example.com`, '-f', key)
    }
    await run('ssh-keygen', '-q', '-s', 'ca', '-I', name, '-n', userInfo().username, '-V', 'always:forever', `${name}.pub`)
  }
  await run('ssh-keygen', '-q', '-s', 'ca', '-h', '-I', 'host', '-n', 'localhost', '-V', 'always:forever', 'host-ed25519.pub')
  return Object.keys(types)
}

async function login(port, hostKeyType) {
  await run(
    'ssh', '-F', 'none', '-p', String(port), '-o', 'UserKnownHostsFile=/dev/null', '-o', 'StrictHostKeyChecking=no', '-o', 'BatchMode=yes',
    '-o', `HostKeyAlgorithms=${hostKeyType}`, '-o', 'LogLevel=ERROR', 'localhost', 'true',
  )
}

const types = await makeKeys()
for (const type of types) {
  await run('ssh-add', '-q', type)
  keep(`add-${type}`, `add-${type}-cert`)
}
await run('ssh-add', '-L')
keep('list')
for (const type of types) {
  await run('ssh-add', '-T', `${type}.pub`)
  keep(`sign-${type}`)
}
await run('ssh-add', '-q', '-d', 'ecdsa384')
keep('remove', 'remove-cert')
await run('ssh-add', '-q', '-t', '3600', 'ecdsa384')
keep('add-lifetime', 'add-lifetime-cert')
await run('ssh-add', '-q', '-c', 'ecdsa384')
keep('add-confirm')
writeFileSync(at('known_hosts'), `example.com ${readFileSync(at('host-ed25519.pub'), 'utf8')}`)
await run('ssh-add', '-q', '-H', 'known_hosts', '-h', 'example.com', 'ecdsa384')
keep('add-destination')
await run('ssh-add', '-s', '/usr/lib/none.so').catch(() => {})
keep('add-smartcard')
writeFileSync(at('file'), 'signed\n')
await run('ssh-keygen', '-q', '-Y', 'sign', '-n', 'file', '-f', 'ed25519.pub', 'file')
keep(undefined, 'sign-sshsig')

if (process.getuid() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
for (const [name, hostKey, algorithm, certificate] of [
  ['ed25519', 'host-ed25519', 'ssh-ed25519'],
  ['ecdsa256', 'host-ecdsa256', 'ecdsa-sha2-nistp256'],
  ['ecdsa521', 'host-ecdsa521', 'ecdsa-sha2-nistp521'],
  ['rsa-sha256', 'host-rsa', 'rsa-sha2-256'],
  ['rsa-sha512', 'host-rsa', 'rsa-sha2-512'],
  ['cert', 'host-ed25519', 'ssh-ed25519-cert-v01@openssh.com', 'host-ed25519-cert.pub'],
]) {
  const port = await freePort()
  const lines = [
    `HostKey ${at(hostKey)}`, `ListenAddress 127.0.0.1:${port}`, `TrustedUserCAKeys ${at('ca.pub')}`, 'AuthorizedKeysFile none', 'PermitRootLogin yes',
    'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'StrictModes no', 'UsePAM no', 'MaxAuthTries 20', `PidFile ${at('sshd.pid')}`,
  ]
  if (certificate !== undefined) lines.push(`HostCertificate ${at(certificate)}`)
  writeFileSync(at('sshd_config'), `${lines.join('\n')}\n`)
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  for await (const chunk of sshd.stderr) {
    log += chunk
    if (log.includes('listening')) break
  }
  await login(port, algorithm)
  if (name === 'ed25519') keep('bind-ed25519', undefined, 'sign-login')
  else keep(`bind-${name}`)
  sshd.kill('SIGTERM')
  await once(sshd, 'close')
}

const password = at('password.sh')
writeFileSync(password, '#!/bin/sh\necho passphrase\n', { mode: 0o700 })
environment.SSH_ASKPASS = password
environment.DISPLAY = 'none'
await run('ssh-add', '-x')
keep('lock')
await run('ssh-add', '-X')
keep('unlock')
await run('ssh-add', '-q', '-D')
keep('remove-all', 'remove-all-ssh1')

agent.kill('SIGTERM')
proxy.close()
rmSync(folder, { recursive: true })
process.exit(0)
