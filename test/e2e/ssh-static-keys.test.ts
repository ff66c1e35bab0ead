import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type BuiltDaemon, startBuiltDaemon } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { liveTerminal } from '../support/live-terminal.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

const userName = userInfo().username
const phrase = 'correct horse'
const keychain = '[keychain]\nstore = "file"\n'

let folder: string
let sshd: Sshd
let home: string
let daemon: BuiltDaemon
let homes = 0
const at = (name: string) => join(folder, name)
const authorized = () => at('authorized')

beforeAll(async () => {
  folder = makeFolder()
  writeFileSync(at('ca.pub'), '')
  writeFileSync(authorized(), '')
  sshd = await startSshd(folder, 'none', { settings: [`AuthorizedKeysFile ${authorized()}`] })
})
afterAll(async () => {
  await sshd?.stop()
  removeFolder(folder)
})
beforeEach(async () => {
  homes += 1
  home = at(`home-${homes}`)
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  daemon = await startBuiltDaemon(home, keychain)
})
afterEach(async () => void (await daemon.end('SIGTERM')))

const stateFile = (name: string) => join(home, '.local/state/latchkey', name)
async function restart(meanwhile = async () => {}): Promise<void> {
  await daemon.end('SIGTERM')
  await meanwhile()
  daemon = await startBuiltDaemon(home, keychain)
}
/** Makes a key that the server takes. */
async function keygen(name: string, type = 'ed25519', secret = '', more: string[] = []): Promise<string> {
  const file = join(home, name)
  await runOk('ssh-keygen', ['-q', '-t', type, ...more, '-N', secret, '-C', `${name}@pc`, '-f', file])
  writeFileSync(authorized(), readFileSync(`${file}.pub`), { flag: 'a' })
  return file
}
const latchkey = async (...args: string[]) => {
  const { status, stdout, stderr } = await daemon.run(latchkeyPath, args)
  expect(`${status} ${stderr}`).toMatch(/^0 /)
  return stdout + stderr
}
const fails = async (...args: string[]) => {
  const { status, stderr } = await daemon.run(latchkeyPath, args)
  expect(status).toBe(1)
  return stderr
}
const listed = async () => (await daemon.run('ssh-add', ['-L'])).stdout
const login = async (...more: string[]) =>
  (await daemon.run('ssh', [...more, ...sshd.clientOptions, `${userName}@127.0.0.1`, 'echo in'])).stdout
const signs = async (file: string) => (await daemon.run('ssh-add', ['-T', `${file}.pub`])).status === 0

describeWithPeers('a static key', ['sshd', 'ssh', 'ssh-add', 'ssh-keygen', 'script'], () => {
  it.each([
    ['ed25519', []],
    ['ecdsa', []],
    ['rsa', ['-m', 'PEM']],
  ] as const)('of type %s logs in, from the keychain alone, after a restart too', async (type, more) => {
    const file = await keygen(`mm-${type}`, type, '', [...more])
    expect(await latchkey('ssh', 'keys', 'add', file, '--delete-file')).toMatch(
      /^stored SHA256:\S+ as mm-\w+ in the keychain \(file .*\)\nthe stored key has signed, and \S+ was deleted;/,
    )
    expect(existsSync(file)).toBe(false)
    await restart()
    expect(await listed()).toBe(
      readFileSync(`${file}.pub`, 'utf8').replace(`mm-${type}@pc`, type === 'rsa' ? 'mm-rsa' : `mm-${type}@pc`),
    )
    expect(await latchkey('ssh', 'keys', 'list')).toMatch(/mm-\w+ +SHA256:\S+ +in the keychain +every host/)
    expect(await login()).toBe('in\n')
    expect(await latchkey('status')).toMatch(/mm-\w+ +SHA256:\S+ +in memory +every host/)
  })

  it('is not removed by ssh-add -D, is hidden by a lock, and removed by its own command', async () => {
    const file = await keygen('mm-admin')
    await latchkey('ssh', 'keys', 'add', file)
    await daemon.run('ssh-add', ['-D'])
    await daemon.run('ssh-add', ['-d', `${file}.pub`])
    expect(await login()).toBe('in\n')
    const terminal = liveTerminal('ssh-add -x', daemon.env)
    await terminal.shows('Enter lock password: ')
    terminal.type('secret\n')
    await terminal.shows('Again: ')
    terminal.type('secret\n')
    await terminal.shows('Agent locked.')
    expect(await listed()).not.toContain('ssh-ed25519')
    expect(await signs(file)).toBe(false)
    const unlocking = liveTerminal('ssh-add -X', daemon.env)
    await unlocking.shows('Enter lock password: ')
    unlocking.type('secret\n')
    await unlocking.shows('Agent unlocked.')
    expect(await login()).toBe('in\n')
    expect(await latchkey('ssh', 'keys', 'remove', 'mm-admin')).toBe(
      'removed the static key mm-admin from the keychain\n',
    )
    expect(await login()).toBe('')
    expect(await fails('ssh', 'keys', 'remove', 'mm-admin')).toMatch(
      /there is no static key mm-admin\nhint: latchkey ssh keys list/,
    )
    await restart()
    expect(await listed()).not.toContain('ssh-ed25519')
  })

  it('is listed while the keychain is locked; the signature fails, and the status says why', async () => {
    const file = await keygen('mm-ci')
    await latchkey('ssh', 'keys', 'add', file)
    const keyFile = stateFile('keychain.key')
    const secret = readFileSync(keyFile)
    await daemon.end('SIGTERM')
    writeFileSync(keyFile, 'a'.repeat(secret.length))
    daemon = await startBuiltDaemon(home, keychain)
    expect(await listed()).toContain('mm-ci@pc')
    expect(await login()).toBe('')
    expect(await latchkey('status')).toMatch(/mm-ci: .*has another passphrase[\s\S]*hint: restore /)
    writeFileSync(keyFile, secret)
    expect(await login()).toBe('in\n')
    expect(await latchkey('ssh', 'keys', 'list')).not.toContain('another passphrase')
  })

  it('that ssh-add has added as well wants the confirmation of both, and signs while the keychain is locked', async () => {
    const file = await keygen('mm-both')
    await latchkey('ssh', 'keys', 'add', file)
    expect(await login()).toBe('in\n')
    await daemon.run('ssh-add', ['-q', '-c', file])
    // Nobody can be asked here.
    expect(await login()).toBe('')
    await daemon.run('ssh-add', ['-q', '-d', `${file}.pub`])
    expect(await login()).toBe('in\n')
    await restart(async () => writeFileSync(stateFile('keychain.key'), 'another'.repeat(9)))
    expect(await login()).toBe('')
    await daemon.run('ssh-add', ['-q', file])
    expect(await login()).toBe('in\n')
  })

  it('is not there for a connection from another machine', async () => {
    const file = await keygen('mm-dev')
    await latchkey('ssh', 'keys', 'add', file)
    const there = await daemon.run('ssh', ['-A', ...sshd.clientOptions, `${userName}@127.0.0.1`, 'ssh-add -L; true'])
    expect(there.stdout).toBe('The agent has no identities.\n')
    expect(await listed()).toContain('mm-dev@pc')
  })

  it('with a passphrase has it asked for at the terminal, three times at most', async () => {
    const file = await keygen('mm-secret', 'ed25519', phrase)
    const terminal = liveTerminal(`${latchkeyPath} ssh keys add ${file}`, daemon.env)
    await terminal.shows(`passphrase of ${file}: `)
    terminal.type('wrong\n')
    await terminal.shows('the passphrase is wrong')
    await terminal.shows(`passphrase of ${file}: `)
    terminal.type(`${phrase}\n`)
    await terminal.shows('stored SHA256:')
    expect(await login()).toBe('in\n')
    expect(daemon.log()).not.toContain(phrase)
    const other = await keygen('other', 'ed25519', phrase)
    const again = liveTerminal(`${latchkeyPath} ssh keys add ${other}`, daemon.env)
    for (const wrong of ['a', 'b', 'c']) {
      await again.shows(`passphrase of ${other}: `)
      again.type(`${wrong}\n`)
    }
    expect(await again.ended).toBe(1)
    expect(await latchkey('ssh', 'keys', 'list')).not.toContain('other')
  })

  it('with the same key in plaintext in ~/.ssh is warned of', async () => {
    const file = await keygen('.ssh/id_ed25519')
    await keygen('.ssh/id_secret', 'ed25519', phrase)
    const warning = `WARNING: ${file} has the same key without a passphrase`
    expect(await latchkey('ssh', 'keys', 'add', file, '--name', 'mine')).toContain(warning)
    expect(await latchkey('ssh', 'keys', 'list')).toContain(warning)
    expect(await latchkey('ssh', 'keys', 'add', file, '--name', 'mine', '--delete-file')).not.toContain('WARNING')
    expect(existsSync(file)).toBe(false)
  })

  it('for some hosts is listed for them, and one that comes on standard input needs a name', async () => {
    const file = await keygen('mm-hosts')
    const key = readFileSync(file, 'utf8')
    const unnamed = await daemon.run(latchkeyPath, ['ssh', 'keys', 'add', '-'], { input: key })
    expect(unnamed.status).toBe(2)
    const add = [
      'ssh',
      'keys',
      'add',
      '-',
      '--name',
      'old',
      '--hosts',
      '*.example.com',
      '--lifetime',
      '8h',
      '--confirm',
    ]
    expect((await daemon.run(latchkeyPath, add, { input: key })).status).toBe(0)
    expect(await latchkey('status')).toMatch(
      /old +SHA256:\S+ +in the keychain +\*\.example\.com +each use is confirmed; stays in memory for 8h/,
    )
    expect(await fails('ssh', 'keys', 'add', file, '--name', 'old', '--hosts', 'a b!')).toContain('hosts: not a host')
    expect(JSON.parse(await latchkey('ssh', 'keys', 'list', '--json'))).toMatchObject({
      keys: [{ name: 'old', hosts: ['*.example.com'], mustConfirm: true, lifetimeSeconds: 28_800, isLoaded: false }],
    })
    await latchkey('ssh', 'keys', 'add', file, '--name', 'old', '--hosts', '!127.0.0.1,*')
    await runOk('ssh-keygen', ['-lf', `${file}.pub`])
    expect(await fails('ssh', 'keys', 'add', file, '--name', 'new')).toContain('the key is stored already, as old')
    expect(await fails('ssh', 'keys', 'add', await keygen('another'), '--name', 'old')).toContain(
      'another static key is called old',
    )
  })

  it('in a bad file is refused, and nothing is stored', async () => {
    const file = await keygen('whole')
    writeFileSync(join(home, 'cut'), readFileSync(file).subarray(0, 200))
    writeFileSync(join(home, 'large'), '')
    truncateSync(join(home, 'large'), 100 * 1024 * 1024)
    await runOk('mkfifo', [join(home, 'pipe')])
    symlinkSync('/dev/zero', join(home, 'device'))
    for (const [name, message] of [
      ['cut', 'the key is damaged, or cut short'],
      ['large', 'is larger than 64 KiB'],
      ['pipe', 'is a pipe, not a regular file'],
      ['device', 'is a device, not a regular file'],
      ['whole.pub', 'this is a public key'],
      ['none', 'ENOENT'],
    ] as const) {
      const error = await fails('ssh', 'keys', 'add', join(home, name))
      expect(error).toContain(message)
    }
    chmodSync(home, 0o700)
    expect(await latchkey('ssh', 'keys', 'list')).toMatch(/^there is no static key/)
    expect(existsSync(stateFile('ssh-keys.json'))).toBe(false)
    expect(existsSync(stateFile('keychain'))).toBe(false)
  })

  it('has its public half in a file of its own, and its private half nowhere in the clear', async () => {
    const file = await keygen('mm-files')
    await latchkey('ssh', 'keys', 'add', file)
    const index = stateFile('ssh-keys.json')
    expect(statSync(index).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(index, 'utf8'))).toEqual({
      version: 1,
      keys: [{ name: 'mm-files', key: readFileSync(`${file}.pub`, 'utf8').trim() }],
    })
    // Whoever edits the file cannot take a limit away, or put another key in the place of this one.
    writeFileSync(
      index,
      readFileSync(index, 'utf8').replace('"name": "mm-files"', '"name": "mm-files", "lifetimeSeconds": 5'),
    )
    await restart()
    expect(await signs(file)).toBe(false)
    expect(await latchkey('status')).toContain('is not what is listed of it')
    writeFileSync(index, '{')
    await restart()
    expect(await latchkey('status')).toContain('is not a list of static keys')
    expect(await fails('ssh', 'keys', 'add', file)).toContain('is not a list of static keys')
    expect(readFileSync(index, 'utf8')).toBe('{')
  })
})
