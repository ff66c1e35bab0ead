import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { liveTerminal } from '../support/live-terminal.ts'
import { describeWithPeers } from '../support/peers.ts'
import { isAlive } from '../support/processes.ts'
import { runOk } from '../support/run.ts'
import { type Screen, startScreen } from '../support/screen.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const gnomeAskpass = '/usr/lib/openssh/gnome-ssh-askpass'
const userName = userInfo().username
/** An edit of config.toml takes effect within a second. */
const patience = { timeout: 20_000, interval: 100 }

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = makeFolder()
  await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', at('key')])
})
afterAll(() => removeFolder(folder))

async function inSession(env: Readonly<Record<string, string>>, work: (dev: DevSession) => Promise<void>) {
  // What LATCHKEY_DEV_MFA=auto has answered by a program is not what a person is asked.
  const dev = await startDevSession(join(temporaryFolder(), 'dev'), { LATCHKEY_DEV_MFA: '', ...env })
  try {
    await work(dev)
  } finally {
    await dev.stop()
  }
}

describeWithPeers('a dialog', ['Xvfb', 'xdotool', 'zenity', 'ssh-add', 'ssh-keygen'], () => {
  let screen: Screen
  beforeAll(async () => {
    screen = await startScreen()
  })
  afterAll(() => screen.close())

  const dialogs = [
    { program: 'zenity', path: '/usr/bin/zenity', title: '^latchkey', yes: ['Tab', 'Return'], no: ['Return'] },
    { program: gnomeAskpass, path: gnomeAskpass, title: '^OpenSSH', yes: ['Return'], no: ['Escape'] },
  ].filter(({ program }) => !program.startsWith('/') || existsSync(program))

  it.each(dialogs)('of $program lets a key sign that was added with -c, each time anew', async (dialog) => {
    await inSession(screen.env, async (dev) => {
      const config = dev.env.LATCHKEY_CONFIG!
      writeFileSync(config, readFileSync(config, 'utf8').replace('[prompt]', `[prompt]\nprogram = "${dialog.program}"`))
      const isInEffect = async () => expect(await dev.runOk('latchkey', ['status'])).toMatch(`by ${dialog.path}`)
      await vi.waitFor(isInEffect, patience)
      await dev.runOk('ssh-add', ['-q', '-c', at('key')])
      expect(await dev.runOk('latchkey', ['status'])).toContain('each use is confirmed')
      const use = () => dev.run('ssh-add', ['-T', `${at('key')}.pub`])
      for (const [keys, status] of [
        [dialog.yes, 0],
        [dialog.no, 1],
        [dialog.yes, 0],
      ] as const) {
        const used = use()
        await screen.pressIn(dialog.title, ...keys)
        expect((await used).status).toBe(status)
      }
      expect(await dev.runOk('latchkey', ['status'])).toContain('a person did not allow a use of keys of ssh-add')
    })
  })
})

describeWithPeers('a terminal that waits for questions', ['sshd', 'ssh', 'ssh-add', 'ssh-keygen', 'script'], () => {
  let dev: DevSession
  let sshd: Sshd
  let former = ''

  beforeAll(async () => {
    dev = await startDevSession(at('dev'), { LATCHKEY_DEV_MFA: '' })
    sshd = await startSshd(folder, join(dev.folder, 'ca.pub'))
    former = await dev.runOk('ssh-add', ['-L'])
  })
  afterAll(async () => {
    await sshd?.stop()
    await dev?.stop()
  })
  const configure = async (setting: string) => {
    const file = dev.env.LATCHKEY_CONFIG!
    const text = readFileSync(file, 'utf8').replace(/^(confirm|forward) = .*\n/gm, '')
    writeFileSync(file, text.replace('[ssh.identity.dev]\n', `[ssh.identity.dev]\n${setting}\n`))
    // An edited identity is another one: it is there when it has a certificate of its own.
    await vi.waitFor(async () => {
      const { status, stdout } = await dev.run('ssh-add', ['-L'])
      expect(status).toBe(0)
      expect(stdout).not.toBe(former)
      former = stdout
    }, patience)
  }
  const login = (...args: string[]) =>
    dev.run('ssh', [...args, ...sshd.clientOptions, `${userName}@127.0.0.1`, 'ssh-add -l; echo in'])
  const fingerprint = async (file: string) => (await runOk('ssh-keygen', ['-l', '-f', file])).split(' ')[1]!

  it('is told who wants what, and lets a login go on or not', async () => {
    await configure('confirm = "always"')
    const terminal = liveTerminal(`${latchkeyPath} ssh approve`, dev.env)
    await terminal.shows('waiting for keys that are to be confirmed')
    const allowed = login()
    await terminal.shows('key: dev: dev@dev until ')
    await terminal.shows(`for: a login as ${userName}`)
    await terminal.shows(`host: the host with the key ${await fingerprint(`${sshd.hostKeyFile}.pub`)}`)
    await terminal.shows('it claims to be 127.0.0.1')
    await terminal.shows('process: ssh ')
    await terminal.shows('? (yes/no): ')
    terminal.type('yes\n')
    expect((await allowed).stdout).toMatch(/in\n$/)
    const refused = login()
    await terminal.shows('? (yes/no): ')
    terminal.type('no\n')
    expect((await refused).stderr).toContain('Permission denied')
  })

  it('is asked about forwarded uses alone where the setting says so', async () => {
    await configure('forward = "confirm"')
    expect((await login()).stdout).toMatch(/in\n$/)
    const terminal = liveTerminal(`${latchkeyPath} ssh approve`, dev.env)
    await terminal.shows('waiting for keys that are to be confirmed')
    const further = `ssh ${sshd.clientOptions.join(' ')} ${userName}@127.0.0.1 echo further`
    const there = dev.run('ssh', ['-A', ...sshd.clientOptions, `${userName}@127.0.0.1`, further])
    await terminal.shows('forwarded: asked from another machine, by way of ')
    await terminal.shows('(yes/no): ')
    terminal.type('yes\n')
    expect((await there).stdout).toBe('further\n')
  })

  it('that nobody sits at is no yes, and the log and the status name the command', async () => {
    await configure('confirm = "always"')
    expect((await login()).stderr).toContain('Permission denied')
    expect(await dev.runOk('latchkey', ['status'])).toMatch(
      /nobody to ask: allow this use of dev: .*: in a terminal: latchkey ssh approve/,
    )
  })
})

describeWithPeers('a program that asks', ['ssh-add', 'ssh-keygen'], () => {
  it('is ended when the agent is locked, and the client is answered', async () => {
    const own = temporaryFolder()
    const program = join(own, 'ask')
    writeFileSync(program, `#!/bin/sh\necho $$ >${own}/pid.new\nmv ${own}/pid.new ${own}/pid\nexec sleep 1000\n`, {
      mode: 0o700,
    })
    const daemon = await startBuiltDaemon(own, `[prompt]\nprogram = "${program}"\n`)
    onTestFinished(async () => void (await daemon.end('SIGTERM')))
    await daemon.run('ssh-add', ['-q', '-c', at('key')])
    const use = daemon.run('ssh-add', ['-T', `${at('key')}.pub`])
    await vi.waitFor(() => expect(existsSync(join(own, 'pid'))).toBe(true), patience)
    const pid = Number(readFileSync(join(own, 'pid'), 'utf8'))
    expect(isAlive(pid)).toBe(true)
    expect((await daemon.run(latchkeyPath, ['lock', '--no-passphrase'])).status).toBe(0)
    expect(await use).toMatchObject({ status: 1 })
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), patience)
  })

  it('is ended when the client goes, and the next one is asked about', async () => {
    await inSession({}, async (dev) => {
      const [program, questions] = [join(dev.folder, 'ask'), join(dev.folder, 'questions')]
      const first = `[ -e ${questions} ] || { echo first >${questions}; exec sleep 1000; }`
      writeFileSync(program, `#!/bin/sh\n${first}\necho yes\n`, { mode: 0o700 })
      const config = dev.env.LATCHKEY_CONFIG!
      writeFileSync(config, readFileSync(config, 'utf8').replace('[prompt]', `[prompt]\nprogram = "${program}"`))
      await vi.waitFor(async () => expect(await dev.runOk('latchkey', ['status'])).toMatch(`by ${program}`), patience)
      await dev.runOk('ssh-add', ['-q', '-c', at('key')])
      const gone = spawn('ssh-add', ['-T', `${at('key')}.pub`], { env: dev.env, stdio: 'ignore' })
      await vi.waitFor(() => expect(existsSync(questions)).toBe(true), patience)
      gone.kill('SIGKILL')
      expect(await dev.run('ssh-add', ['-T', `${at('key')}.pub`])).toMatchObject({ status: 0 })
    })
  })
})

describe('latchkey ssh approve', () => {
  it('takes a terminal', async () => {
    await inSession({}, async (dev) => {
      expect(await dev.run('latchkey', ['ssh', 'approve'])).toMatchObject({
        status: 2,
        stderr: 'latchkey: approving the use of keys takes a terminal\nhint: run it in a terminal\n',
      })
    })
  })
})

describeWithPeers('a key that ssh itself adds', ['sshd', 'ssh', 'ssh-add', 'ssh-keygen'], () => {
  it.each([
    ['confirm', 1],
    ['yes', 0],
  ])('with AddKeysToAgent %s is confirmed as that says', async (value, status) => {
    const home = temporaryFolder()
    const sshd = await startSshd(home, 'none', { settings: [`AuthorizedKeysFile ${at('key.pub')}`] })
    onTestFinished(() => sshd.stop())
    const daemon = await startBuiltDaemon(home, '')
    onTestFinished(async () => void (await daemon.end('SIGTERM')))
    const options = sshd.clientOptions.map((option) =>
      option === 'IdentityFile=none' ? `IdentityFile=${at('key')}` : option,
    )
    const add = ['-o', `AddKeysToAgent=${value}`]
    const { stdout } = await daemon.run('ssh', [...add, ...options, `${userName}@127.0.0.1`, 'echo in'])
    expect(stdout).toBe('in\n')
    expect((await daemon.run('ssh-add', ['-L'])).stdout).toContain('mine')
    // Nobody can be asked here.
    expect((await daemon.run('ssh-add', ['-T', `${at('key')}.pub`])).status).toBe(status)
  })
})
