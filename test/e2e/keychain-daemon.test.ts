import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { describeWithPeers } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

interface Step {
  name: string
  status: number
  stdout: string
  stderr: string
}

describeWithPeers('a daemon with gnome-keyring', ['dbus-run-session', 'dbus-send', 'gnome-keyring-daemon'], () => {
  let folder: string
  let dev: DevSession
  let steps: Map<string, Step>

  beforeAll(async () => {
    folder = makeFolder()
    dev = await startDevSession(join(folder, 'dev'))
    const [home, runtime, config] = [join(folder, 'home'), join(folder, 'run'), join(folder, 'config.toml')]
    mkdirSync(home)
    mkdirSync(runtime, { mode: 0o700 })
    const toml = readFileSync(dev.env.LATCHKEY_CONFIG!, 'utf8')
    writeFileSync(config, toml.replace(/\[keychain\]\n.*\n.*\n/, '[keychain]\nstore = "os"\n'))
    const state = JSON.parse(readFileSync(join(dev.folder, 'aws-state.json'), 'utf8'))
    const [{ id, secret }] = state.users[0].accessKeys
    const session = join(import.meta.dirname, 'keychain-daemon-session.mjs')
    const output = await dev.runOk('dbus-run-session', ['--', process.execPath, session, 'open', id, secret], {
      env: {
        HOME: home,
        XDG_RUNTIME_DIR: runtime,
        LATCHKEY_CONFIG: config,
        LATCHKEY_RUNTIME_DIR: join(runtime, 'latchkey'),
        SSH_AUTH_SOCK: join(runtime, 'latchkey', 'agent.sock'),
      },
      timeoutMs: 150_000,
    })
    const parsed = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Step)
    steps = new Map(parsed.map((step) => [step.name, step]))
  })

  afterAll(async () => {
    await dev?.stop()
    removeFolder(folder)
  })

  const step = (name: string) => steps.get(name)!
  const keyIdOf = ({ stdout }: Step) => JSON.parse(stdout).AccessKeyId

  it('keeps the key and the MFA session over a restart', () => {
    expect(step('key stored')).toMatchObject({ status: 0, stderr: '' })
    expect(step('first')).toMatchObject({ status: 0, stderr: '' })
    expect(step('after a restart')).toMatchObject({ status: 0, stderr: '' })
    expect(keyIdOf(step('after a restart'))).not.toBe(keyIdOf(step('first')))
  })

  it('says that the keychain is locked, asks for no new code, and goes on once it is open', () => {
    const { status, stdout, stderr } = step('locked')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^latchkey: the Secret Service is locked; hint: .*\n$/)
    expect(step('unlocked again')).toMatchObject({ status: 0, stderr: '' })
    expect(dev.log('prompts')).toHaveLength(1)
  })

  it('serves ssh while the keychain is locked, and says so in its status', () => {
    expect(step('locked: ssh').stdout).toMatch(/^ssh-ed25519-cert-v01@openssh\.com /)
    const { keychain, ssh } = JSON.parse(step('locked: status').stdout)
    expect(keychain).toMatchObject({ description: 'Secret Service', error: { code: 'KEYCHAIN_LOCKED' } })
    expect(ssh.identities).toMatchObject([{ name: 'dev', state: 'fresh' }])
  })
})
