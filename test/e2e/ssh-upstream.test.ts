import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const userName = userInfo().username
/** An edit of config.toml takes effect within a second. */
const patience = { timeout: 20_000, interval: 100 }

describeWithPeers('a stock ssh-agent behind ours', ['sshd', 'ssh', 'ssh-add', 'ssh-agent', 'ssh-keygen'], () => {
  let folder: string
  let dev: DevSession
  let sshd: Sshd
  let agent: ChildProcess
  let silent: Server
  const taken = new Set<Socket>()
  let config: string
  const at = (name: string) => join(folder, name)
  const behind = { SSH_AUTH_SOCK: '' }
  const list = async () => (await dev.run('ssh-add', ['-l'])).stdout

  beforeAll(async () => {
    folder = makeFolder()
    mkdirSync(at('elsewhere'))
    dev = await startDevSession(at('dev'))
    config = readFileSync(dev.env.LATCHKEY_CONFIG!, 'utf8')
    behind.SSH_AUTH_SOCK = at('stock.sock')
    agent = spawn('ssh-agent', ['-D', '-a', behind.SSH_AUTH_SOCK], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(agent.stdout!, 'data')
    silent = createServer((socket) => void taken.add(socket)).listen(at('silent.sock'))
    await once(silent, 'listening')
    for (const name of ['ca', 'plain', 'limited'])
      await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)])
    for (const name of ['plain', 'limited'])
      await runOk('ssh-keygen', ['-q', '-s', at('ca'), '-I', name, '-n', userName, '-V', '+1h', at(`${name}.pub`)])
    sshd = await startSshd(folder, at('ca.pub'))
    await runOk('ssh-add', ['-q', at('plain')], { env: behind })
    const hostKey = readFileSync(`${sshd.hostKeyFile}.pub`, 'utf8')
    writeFileSync(at('constrained-hosts'), `here ${hostKey}`)
    await runOk('ssh-add', ['-q', '-H', at('constrained-hosts'), '-h', 'here', at('limited')], { env: behind })
  })

  afterAll(async () => {
    await sshd?.stop()
    await dev?.stop()
    agent?.kill()
    silent?.close()
    for (const socket of taken) socket.destroy()
    removeFolder(folder)
  })

  const configure = async (sections: string, isDone: () => Promise<void>) => {
    writeFileSync(dev.env.LATCHKEY_CONFIG!, `${config}\n${sections}`)
    await vi.waitFor(isDone, patience)
  }
  const stock = () => `[ssh.upstream.stock]\nsocket = "${behind.SSH_AUTH_SOCK}"\n`

  it('has its keys listed behind ours, and signs with them', async () => {
    await configure(stock(), async () => expect(await list()).toMatch(/dev: dev@dev[\s\S]*plain[\s\S]*limited/))
    await dev.runOk('ssh-add', ['-T', at('plain.pub')])
    // As with ssh-agent itself: the client has not said where it goes.
    expect((await dev.run('ssh-add', ['-T', at('limited.pub')])).status).toBe(1)
    // It stays theirs.
    await dev.runOk('ssh-add', ['-D'])
    expect(await list()).toContain('plain')
  })

  it('is told where each connection leads, so that its own constraints hold', async () => {
    const login = (server: Sshd, name: string) => {
      const file = `IdentityFile=${at(name)}-cert.pub`
      const options = server.clientOptions.map((option) => (option === 'IdentityFile=none' ? file : option))
      return dev.run('ssh', [...options, '-o', 'IdentitiesOnly=yes', `${userName}@127.0.0.1`, 'echo in'])
    }
    expect(await login(sshd, 'plain')).toMatchObject({ stdout: 'in\n' })
    expect(await login(sshd, 'limited')).toMatchObject({ stdout: 'in\n' })
    const elsewhere = await startSshd(at('elsewhere'), at('ca.pub'))
    try {
      expect(await login(elsewhere, 'plain')).toMatchObject({ stdout: 'in\n' })
      expect((await login(elsewhere, 'limited')).stderr).toContain('Permission denied')
    } finally {
      await elsewhere.stop()
    }
  })

  it('sinks no list where it is silent, away or ourselves', async () => {
    const sections = [
      `[ssh.upstream.silent]\nsocket = "${at('silent.sock')}"\n`,
      `[ssh.upstream.away]\nsocket = "${at('nothing.sock')}"\n`,
      `[ssh.upstream.self]\nsocket = "${dev.env.SSH_AUTH_SOCK}"\n`,
      stock(),
    ]
    await configure(sections.join(''), async () => expect(taken.size).toBeGreaterThan((await list()) === '' ? -1 : 0))
    expect(await list()).toMatch(/dev: dev@dev[\s\S]*plain/)
    const log = readFileSync(join(dev.folder, 'daemon.log'), 'utf8')
    expect(log).toContain('the agent silent has not answered within 1 s')
    expect(log).toMatch(/the agent away cannot be reached/)
    expect(log).toMatch(/the agent self cannot be reached: .* is the socket of this agent itself/)
    await dev.runOk('ssh-add', ['-T', at('plain.pub')])
  })

  it('is hidden while ours is locked, and goes with its section', async () => {
    await configure(stock(), async () => expect(await list()).toContain('plain'))
    await dev.runOk('latchkey', ['lock'], { input: 'p\n' })
    expect(await list()).toBe('The agent has no identities.\n')
    expect((await dev.run('ssh-add', ['-T', at('plain.pub')])).status).toBe(1)
    await dev.runOk('latchkey', ['unlock'], { input: 'p\n' })
    await configure('', async () => expect(await list()).not.toContain('plain'))
  })
})
