import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkey, latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { isAlive, maySeeDaemon } from '../support/processes.ts'
import { run, runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const patience = { timeout: 20_000, interval: 50 }

/** Something that a socket leads to, and how often somebody came. */
async function startWitness(path: string) {
  let visits = 0
  const server = createServer((socket) => {
    visits += 1
    socket.on('error', () => {}).destroy()
  }).listen(path)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { visits: () => visits }
}
type Witness = Awaited<ReturnType<typeof startWitness>>

/** The sockets that a process has: the paths at which it listens, and how many are of a network. */
function socketsOf(pid: number) {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
      } catch {
        return []
      }
    }),
  )
  const rowsOf = (table: string) => {
    const rows = readFileSync(`/proc/${pid}/net/${table}`, 'latin1').trimEnd().split('\n').slice(1)
    return rows.map((row) => row.trim().split(/\s+/))
  }
  const network = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) => rowsOf(table).filter((row) => inodes.has(row[9]!)))
  // The flag is __SO_ACCEPTCON.
  const listening = rowsOf('unix').filter((row) => inodes.has(row[6]!) && row[3] === '00010000')
  return { listening: listening.map((row) => row[7]), network: network.length }
}

describeWithPeers('an agent that takes the place of ssh-agent', ['ssh-add', 'ssh-keygen'], () => {
  let home: string
  let toml: string
  let env: Readonly<Record<string, string>>
  let keychain: Witness
  let behind: Witness
  let vault: Witness
  const at = (name: string) => join(home, name)

  beforeEach(async () => {
    home = temporaryFolder()
    for (const name of ['tmp', 'xdg', 'state']) mkdirSync(at(name), { mode: 0o700 })
    // The keychain of a desktop is reached by D-Bus.
    keychain = await startWitness(at('bus'))
    behind = await startWitness(at('behind'))
    vault = await startWitness(at('vault'))
    env = {
      HOME: home,
      TMPDIR: at('tmp'),
      XDG_RUNTIME_DIR: at('xdg'),
      XDG_STATE_HOME: at('state'),
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${at('bus')}`,
      LATCHKEY_CONFIG: at('config.toml'),
      LATCHKEY_RUNTIME_DIR: at('run'),
      SSH_AUTH_SOCK: at('behind'),
    }
    toml = `[keychain]\nstore = "os"\n[ssh.upstream.behind]\nsocket = "${at('behind')}"
[vault.main]\naddress = "unix://${at('vault')}"\nauth = { method = "token", token_file = "${at('token')}" }
[ssh.identity.mine]\nvault = "main"\nrole = "dev"\nprincipals = ["jo"]\n`
    writeFileSync(at('token'), 't', { mode: 0o600 })
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', at('key')])
  })

  const visits = () => ({ keychain: keychain.visits() > 0, behind: behind.visits() > 0, vault: vault.visits() > 0 })

  it.runIf(process.platform === 'linux')(
    'reads no configuration, opens no keychain and no API, and leaves no file, where a daemon does all that',
    async () => {
      writeFileSync(at('config.toml'), toml)
      const before = readdirSync(home, { recursive: true })
      const { stdout, stderr } = await latchkey(['agent-compat', '-s'], { env })
      expect(stderr).toBe('')
      const [, socket, pid] = /SSH_AUTH_SOCK=([^;]+);.*SSH_AGENT_PID=(\d+);/s.exec(stdout)!
      onTestFinished(() => void (isAlive(Number(pid)) && process.kill(Number(pid), 'SIGKILL')))
      const agent = { env: { SSH_AUTH_SOCK: socket! } }
      expect((await run('ssh-add', ['-L'], agent)).stdout).toBe('The agent has no identities.\n')
      await runOk('ssh-add', ['-q', at('key')], agent)
      await runOk('ssh-add', ['-T', at('key.pub')], agent)
      expect((await run('ssh-add', ['-L'], agent)).stdout).toBe(readFileSync(at('key.pub'), 'utf8'))
      if (maySeeDaemon) expect(socketsOf(Number(pid))).toEqual({ listening: [socket], network: 0 })
      process.kill(Number(pid), 'SIGTERM')
      await vi.waitFor(() => expect(isAlive(Number(pid))).toBe(false), patience)
      expect(readdirSync(home, { recursive: true })).toEqual(before)
      expect(visits()).toEqual({ keychain: false, behind: false, vault: false })

      const daemon = await startBuiltDaemon(home, toml, { env })
      onTestFinished(async () => void (await daemon.end('SIGTERM')))
      await daemon.run('ssh-add', ['-L'])
      // It fails: nobody there is a keychain.
      await daemon.run(latchkeyPath, ['ssh', 'keys', 'add', at('key')])
      if (maySeeDaemon) expect(socketsOf(daemon.pid).listening).toHaveLength(2)
      await vi.waitFor(() => expect(visits()).toEqual({ keychain: true, behind: true, vault: true }), patience)
    },
  )

  it.each([
    ['a pipe that nobody writes into', () => execFileSync('mkfifo', [at('config.toml')])],
    ['a folder', () => mkdirSync(at('config.toml'))],
    ['garbage', () => writeFileSync(at('config.toml'), '[[[')],
    [
      'a file that others may change',
      () => {
        writeFileSync(at('config.toml'), toml)
        chmodSync(at('config.toml'), 0o666)
      },
    ],
  ])('starts without a word where the configuration is %s', async (_, make) => {
    make()
    const { status, stdout, stderr } = await latchkey(['agent-compat', 'ssh-add', '-L'], { env })
    expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: 'The agent has no identities.\n', stderr: '' })
    expect(visits()).toEqual({ keychain: false, behind: false, vault: false })
  })
})
