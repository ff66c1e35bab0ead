import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sharedDevSession } from '../support/dev-session.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { liveTerminal } from '../support/live-terminal.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'

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
