import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { sharedDevSession } from '../support/dev-session.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { liveTerminal } from '../support/live-terminal.ts'
import { describeWithPeers } from '../support/peers.ts'
import { isAlive } from '../support/processes.ts'
import { runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describeWithPeers('latchkey lock and unlock', ['ssh-add', 'ssh-keygen', 'script', 'setsid'], () => {
  const shared = sharedDevSession()
  const isLocked = async () => JSON.parse(await shared.dev.runOk('latchkey', ['status', '--json'])).ssh.locked
  const list = async () => (await shared.dev.run('ssh-add', ['-l'])).stdout

  it('hide every key with a passphrase of their own, which ssh-add -X takes too', async () => {
    const { dev, folder } = shared
    const key = join(folder, 'key')
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', key])
    await dev.runOk('ssh-add', ['-q', key])
    expect(await list()).toMatch(/dev: dev@dev[\s\S]*mine/)
    const terminal = liveTerminal(`${latchkeyPath} lock`, dev.env)
    await terminal.shows('passphrase to unlock it with (empty: none): ')
    terminal.type('one two\n')
    await terminal.shows('the same again: ')
    terminal.type('one two\n')
    await terminal.shows('the SSH agent is locked until latchkey unlock or ssh-add -X; AWS credentials and Vaults')
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen()).not.toContain('one two')
    expect(await list()).toBe('The agent has no identities.\n')
    expect(await dev.runOk('latchkey', ['status'])).toContain(
      'the agent is locked: latchkey unlock or ssh-add -X unlocks it',
    )
    // AWS goes on.
    expect(JSON.parse(await dev.runOk('latchkey', ['aws', 'credentials', 'dev']))).toMatchObject({ Version: 1 })

    expect(await dev.run('latchkey', ['unlock'], { input: 'wrong\n' })).toMatchObject({
      status: 1,
      stderr: 'latchkey: the SSH agent is still locked: the passphrase is wrong\nhint: latchkey unlock\n',
    })
    expect(await dev.runOk('latchkey', ['unlock'], { input: 'one two\n' })).toBe('the SSH agent is unlocked\n')
    expect(await list()).toMatch(/mine/)
  })

  it('without a passphrase are a person’s at a terminal', async () => {
    const { dev } = shared
    await dev.runOk('latchkey', ['lock', '--no-passphrase'])
    expect(await isLocked()).toBe(true)
    // The state of a development environment is its own.
    expect(existsSync(join(dev.folder, 'latchkey/ssh-lock.json'))).toBe(true)
    expect(await list()).toBe('The agent has no identities.\n')
    expect(await dev.run('setsid', ['-w', 'latchkey', 'unlock'], { input: 'guess\n' })).toMatchObject({
      status: 1,
      stderr:
        'latchkey: the SSH agent was locked without a passphrase: that takes a terminal\nhint: in a terminal: latchkey unlock\n',
    })
    expect(await dev.run('latchkey', ['lock'], { input: '' })).toMatchObject({
      status: 1,
      stderr: 'latchkey: the SSH agent is locked already\nhint: latchkey unlock\n',
    })
    const terminal = liveTerminal(`${latchkeyPath} unlock`, dev.env)
    await terminal.shows('the SSH agent is unlocked')
    expect(await isLocked()).toBe(false)
    expect(await dev.run('latchkey', ['unlock'], { input: '' })).toMatchObject({
      status: 1,
      stderr: 'latchkey: the SSH agent is not locked\nhint: latchkey status\n',
    })
  })

  it('take no passphrase that another one would pass for, as what is not UTF-8', async () => {
    const { dev, folder } = shared
    const refused = (hint: string) => ({
      status: 1,
      stderr: `latchkey: the passphrase is not in UTF-8\nhint: ${hint} takes a passphrase of any bytes\n`,
    })
    const piped = (command: string) => dev.run('sh', ['-c', `printf 'h\\366rse\\n' | latchkey ${command}`])
    expect(await piped('lock')).toMatchObject(refused('ssh-add -x'))
    const terminal = liveTerminal(`${latchkeyPath} lock`, dev.env)
    await terminal.shows('(empty: none): ')
    terminal.type(Buffer.from('h\xf6rse\n', 'latin1'))
    await terminal.shows('the passphrase is not in UTF-8')
    expect(await isLocked()).toBe(false)

    const askpass = join(folder, 'latin1')
    writeFileSync(askpass, "#!/bin/sh\nprintf 'h\\366rse\\n'\n", { mode: 0o700 })
    const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' }
    expect((await dev.run('ssh-add', ['-x'], { env })).status).toBe(0)
    expect(await piped('unlock')).toMatchObject(refused('ssh-add -X'))
    expect(await isLocked()).toBe(true)
    expect((await dev.run('ssh-add', ['-X'], { env })).status).toBe(0)
  })

  it('lock nothing where the passphrases differ', async () => {
    const terminal = liveTerminal(`${latchkeyPath} lock`, shared.dev.env)
    await terminal.shows('(empty: none): ')
    terminal.type('one\n')
    await terminal.shows('again: ')
    terminal.type('two\n')
    await terminal.shows('the passphrases differ: nothing is locked')
    expect(await isLocked()).toBe(false)
  })
})

describeWithPeers('a lock and a restart of the daemon', ['ssh-add', 'script', 'setsid'], () => {
  let home: string
  let daemon: BuiltDaemon
  const lockFile = () => join(home, '.local/state/latchkey/ssh-lock.json')
  beforeEach(() => {
    home = temporaryFolder()
  })
  const start = async () => {
    daemon = await startBuiltDaemon(home, '')
    const { pid } = daemon
    onTestFinished(async () => void (isAlive(pid) && (await daemon.end('SIGKILL'))))
  }
  const restart = async (signal: NodeJS.Signals) => {
    await daemon.end(signal)
    await start()
  }
  const latchkey = async (args: readonly string[], input = '') => {
    const { status, stdout, stderr } = await daemon.run(latchkeyPath, args, { input })
    return { status, text: stdout + stderr }
  }
  const isLocked = async () => JSON.parse((await latchkey(['status', '--json'])).text).ssh.locked

  it('is locked as before, by the same passphrase, however the daemon has ended', async () => {
    await start()
    expect((await latchkey(['lock'], 'one two\n')).status).toBe(0)
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await restart(signal)
      expect(await isLocked()).toBe(true)
      expect(await latchkey(['unlock'], 'wrong\n')).toMatchObject({ status: 1 })
    }
    expect(readFileSync(lockFile(), 'utf8')).not.toMatch(/one|two/)
    const askpass = join(home, 'askpass')
    writeFileSync(askpass, '#!/bin/sh\necho one two\n', { mode: 0o700 })
    const unlocked = await daemon.run('ssh-add', ['-X'], {
      env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
    })
    expect(unlocked.status).toBe(0)
    expect(existsSync(lockFile())).toBe(false)
    await restart('SIGKILL')
    expect(await isLocked()).toBe(false)
  })

  it('is a person’s as before where there is no passphrase, and where its file is damaged', async () => {
    await start()
    const unlockInTerminal = async () => {
      const terminal = liveTerminal(`${latchkeyPath} unlock`, { ...process.env, ...daemon.env })
      await terminal.shows('the SSH agent is unlocked')
      expect(await isLocked()).toBe(false)
    }
    const unlockElsewhere = () => daemon.run('setsid', ['-w', latchkeyPath, 'unlock'], { input: 'guess\n' })
    await latchkey(['lock', '--no-passphrase'])
    await restart('SIGKILL')
    expect((await unlockElsewhere()).stderr).toContain('that takes a terminal')
    await unlockInTerminal()
    await latchkey(['lock'], 'one\n')
    writeFileSync(lockFile(), readFileSync(lockFile(), 'utf8').slice(0, 40))
    await restart('SIGTERM')
    expect((await latchkey(['status'])).text).toMatch(
      /it cannot be told whether it was: .*ssh-lock.json is damaged.*\n *hint: in a terminal: latchkey unlock/,
    )
    expect((await unlockElsewhere()).stderr).toContain('that takes a terminal')
    await unlockInTerminal()
    expect(existsSync(lockFile())).toBe(false)
  })

  it('is locked all the same where that cannot be kept, and says so', async () => {
    mkdirSync(dirname(dirname(lockFile())), { recursive: true })
    writeFileSync(dirname(lockFile()), 'in the way')
    await start()
    const { status, text } = await latchkey(['lock'], 'one\n')
    expect(status).toBe(0)
    expect(text).toMatch(/a restart of the daemon unlocks the SSH agent: .*\n *hint: ls -ld /)
    expect(await isLocked()).toBe(true)
  })
})
