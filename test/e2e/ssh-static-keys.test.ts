import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
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
const killedInRemoval = join(import.meta.dirname, '../support/killed-in-removal.cjs')
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
/** Makes a key that the server takes, and stores it. */
async function storedKey(name: string): Promise<string> {
  const file = await keygen(name)
  await latchkey('ssh', 'keys', 'add', file)
  return file
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

  it('of RSA with 16384 bits, the largest that OpenSSH takes, logs in from each form of a file', async () => {
    const file = join(home, 'large')
    copyFileSync(join(import.meta.dirname, '../vectors/keys/rsa-16384.pem'), file)
    chmodSync(file, 0o600)
    for (const form of [[], ['-m', 'PEM'], ['-m', 'PKCS8']]) {
      await runOk('ssh-keygen', ['-q', '-p', ...form, '-N', '', '-f', file])
      writeFileSync(`${file}.pub`, await runOk('ssh-keygen', ['-yf', file]))
      writeFileSync(authorized(), readFileSync(`${file}.pub`))
      await latchkey('ssh', 'keys', 'add', file)
      expect(await login()).toBe('in\n')
      await latchkey('ssh', 'keys', 'remove', 'large')
      expect(await login()).toBe('')
    }
  })

  it('is not removed by ssh-add -D, is hidden by a lock, and removed by its own command', async () => {
    const file = await storedKey('mm-admin')
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
    await storedKey('mm-ci')
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
    const file = await storedKey('mm-both')
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
    await storedKey('mm-dev')
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

  it('whose file was to be deleted by a command that was killed is told of until that is done, wherever the file lay', async () => {
    mkdirSync(join(home, 'elsewhere'))
    const file = await keygen('elsewhere/mm')
    const killed = [killedInRemoval, latchkeyPath, 'ssh', 'keys', 'add', '--name', 'mine', '--delete-file', file]
    expect((await daemon.run(process.execPath, killed)).status).not.toBe(0)
    const [aside] = readdirSync(join(home, 'elsewhere')).filter((each) => each.startsWith('mm.deleted-'))
    const warning = `WARNING: ${file} was not deleted to the end: it is ${join(home, 'elsewhere', aside!)} now, with the key`
    expect(await latchkey('ssh', 'keys', 'list')).toContain(warning)
    await restart()
    const told = await latchkey('ssh', 'keys', 'add', await keygen('another'))
    expect(told).toContain(warning)
    const [, hint] = /^hint: latchkey (.*)$/m.exec(told)!
    expect(await latchkey(...hint!.split(' '))).toMatch(/the stored key has signed, and \S+ was deleted/)
    expect(readdirSync(join(home, 'elsewhere'))).toEqual(['mm.pub'])
    expect(await latchkey('ssh', 'keys', 'list')).not.toContain('WARNING')
    expect(readdirSync(stateFile('')).filter((each) => each.startsWith('ssh-key-file'))).toEqual([])
  })

  it('keeps its name and its settings where the hint of that warning is followed, and where it is added again', async () => {
    const file = await keygen('.ssh/id_ed25519')
    const settings = ['--hosts', '*.example.com', '--confirm', '--lifetime', '8h']
    const told = await latchkey('ssh', 'keys', 'add', file, '--name', 'mine', ...settings)
    const [, hint] = /^hint: latchkey (.*)$/m.exec(told)!
    const shown = /mine +SHA256:\S+ +in the keychain +\*\.example\.com +each use is confirmed; stays in memory for 8h/
    expect(await latchkey('ssh', 'keys', 'add', file)).toContain(' as mine ')
    expect(await latchkey('ssh', 'keys', 'list')).toMatch(shown)
    expect(await latchkey(...hint!.split(' '))).toContain('was deleted')
    expect(existsSync(file)).toBe(false)
    expect(await latchkey('ssh', 'keys', 'list')).toMatch(shown)
  })

  it('takes a setting away only where it is told to', async () => {
    const file = await keygen('mm-less')
    await latchkey('ssh', 'keys', 'add', file, '--hosts', 'a', '--confirm', '--lifetime', '8h')
    await latchkey('ssh', 'keys', 'add', file, '--no-confirm', '--no-hosts')
    expect(await latchkey('ssh', 'keys', 'list')).toMatch(/mm-less .* every host +stays in memory for 8h\n/)
    expect(await login()).toBe('in\n')
  })

  it('survives the loss, the damage and a change of the list: it is made anew of the keychain', async () => {
    const file = await keygen('mm-only')
    const index = stateFile('ssh-keys.json')
    await latchkey('ssh', 'keys', 'add', file, '--lifetime', '8h', '--delete-file')
    const before = readFileSync(index, 'utf8')
    for (const [change, sign] of [
      [() => rmSync(index), 'not listed, and so not in use: mm-only\nhint: latchkey ssh keys restore'],
      [() => writeFileSync(index, '{'), 'is not a list of static keys\n    hint: latchkey ssh keys restore'],
      [() => writeFileSync(index, before.replace('28800', '5')), ''],
    ] as const) {
      await restart(async () => change())
      const shown = await latchkey('ssh', 'keys', 'list')
      expect(shown).toContain(sign)
      expect(shown).not.toContain('keys remove')
      expect(await login()).toBe('')
      // Another key does not take its place in the keychain.
      writeFileSync(`${file}.pub`, '')
      const other = await keygen('other-only')
      expect(await fails('ssh', 'keys', 'add', other, '--name', 'mm-only')).toMatch(
        /hint: latchkey ssh keys (restore|add --name OTHER)/,
      )
      rmSync(other)
      expect(await latchkey('ssh', 'keys', 'restore')).toMatch(/^listed the static key mm-only as the keychain \(file/)
      expect(readFileSync(index, 'utf8')).toBe(before)
      expect(await login()).toBe('in\n')
    }
    expect(readFileSync(`${index}.damaged`, 'utf8')).toBe('{')
  })

  it('is out of reach of its own commands while the agent is locked', async () => {
    const file = await storedKey('mm-locked')
    await latchkey('lock', '--no-passphrase')
    const secret = await keygen('secret', 'ed25519', phrase)
    for (const command of [['add', file], ['add', secret], ['list'], ['restore'], ['remove', 'mm-locked']])
      expect(await fails('ssh', 'keys', ...command)).toBe(
        'latchkey: the SSH agent is locked, and its static keys are out of reach\nhint: latchkey unlock\n',
      )
    expect(await login()).toBe('')
    const terminal = liveTerminal(`${latchkeyPath} unlock`, daemon.env)
    await terminal.shows('the SSH agent is unlocked')
    expect(await login()).toBe('in\n')
  })

  it('has its passphrase asked for only after all that needs no person, and again where it is empty', async () => {
    const file = await keygen('mm-asked', 'ed25519', phrase)
    await storedKey('taken')
    // Without a terminal the question itself would end with 3.
    for (const [options, message] of [
      [['--name', 'a/b'], 'the name of a key has'],
      [['--name', 'taken'], 'another static key is called taken'],
      [['--hosts', 'a b!'], 'hosts: not a host'],
      [['--hosts', '!a'], 'hosts: names no host'],
    ] as const)
      expect(await fails('ssh', 'keys', 'add', file, ...options)).toContain(message)
    appendFileSync(file, 'a note\n')
    expect(await fails('ssh', 'keys', 'add', file, '--delete-file')).toContain('there is more in it than the key')
    const terminal = liveTerminal(`${latchkeyPath} ssh keys add ${file}`, daemon.env)
    await terminal.shows(`passphrase of ${file}: `)
    terminal.type('\n')
    await terminal.shows('the passphrase is wrong')
    await terminal.shows(`passphrase of ${file}: `)
    terminal.type(`${phrase}\n`)
    await terminal.shows('stored SHA256:')
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
    // It can be opened, and not read.
    symlinkSync('/proc/self/mem', join(home, 'memory'))
    mkdirSync(join(home, 'folder'))
    for (const [name, message] of [
      ['cut', 'the key is damaged, or cut short'],
      ['large', 'is larger than 64 KiB'],
      ['pipe', 'is a pipe, not a regular file'],
      ['device', 'is a device, not a regular file'],
      ['whole.pub', 'this is a public key'],
      ['folder', 'is a folder, not a regular file'],
      ['run/api.sock', 'is a socket, not a regular file'],
      ['none', `${join(home, 'none')} cannot be read: ENOENT`],
      ['memory', `${join(home, 'memory')} cannot be read: EIO`],
    ] as const) {
      const error = await fails('ssh', 'keys', 'add', join(home, name))
      expect(error).toContain(message)
      expect(error).toMatch(/^latchkey: .*\nhint: .*\n$/)
    }
    chmodSync(home, 0o700)
    expect(await latchkey('ssh', 'keys', 'list')).toMatch(/^there is no static key/)
    expect(existsSync(stateFile('ssh-keys.json'))).toBe(false)
    expect(existsSync(stateFile('keychain'))).toBe(false)
  })

  it('has its public half in a file of its own, and its private half nowhere in the clear', async () => {
    const file = await storedKey('mm-files')
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

describeWithPeers("a static key in PuTTY's form", ['ssh-keygen', 'puttygen', 'script'], () => {
  const puttygen = async (file: string, version: number, secret: Buffer | string, to: string, comment = 'c') => {
    writeFileSync(join(home, 'new'), secret)
    writeFileSync(join(home, 'old'), '')
    const secrets = ['--old-passphrase', join(home, 'old'), '--new-passphrase', join(home, 'new')]
    const form = ['-O', 'private', '--ppk-param', `version=${version}`, '-o', join(home, to)]
    // printf(1) has the bytes that no argument of ours can have.
    const script = 'file="$1" comment="$(printf "$2")"; shift 2; exec puttygen "$file" -C "$comment" "$@"'
    await runOk('sh', ['-c', script, 'sh', file, comment, ...form, ...secrets])
  }
  /** A terminal in which a line is pasted, in the home of the user. */
  const pasted = (line: string, before = '') => {
    mkdirSync(join(home, 'bin'), { recursive: true })
    if (!existsSync(join(home, 'bin/latchkey'))) symlinkSync(latchkeyPath, join(home, 'bin/latchkey'))
    writeFileSync(join(home, 'line'), `cd "$HOME" && ${before}{ ${line}\n}\n`)
    const path = `${join(home, 'bin')}:${process.env.PATH}`
    return liveTerminal(`sh ${join(home, 'line')}`, { ...daemon.env, PATH: path })
  }
  const hintOf = (stderr: string) => /^hint: (.*)$/m.exec(stderr)![1]!

  it.each(['-O  x.ppk', "it's $(mine).ppk", '-'])(
    'that is encrypted in version 3, in the file %j, is stored by the line that it is refused with',
    async (name) => {
      await puttygen(await keygen('mm-putty'), 3, phrase, 'key.ppk')
      const isPiped = name === '-'
      if (!isPiped) renameSync(join(home, 'key.ppk'), join(home, name))
      const args = ['ssh', 'keys', 'add', '--name', 'mm', '--lifetime', '8h', '--', name]
      const input = readFileSync(join(home, isPiped ? 'key.ppk' : name), 'utf8')
      const { status, stderr } = await daemon.run(latchkeyPath, args, { cwd: home, ...(isPiped ? { input } : {}) })
      expect([status, stderr]).toEqual([1, expect.stringContaining('of this version are not read here')])
      const terminal = pasted(hintOf(stderr), isPiped ? 'cat key.ppk | ' : '')
      await terminal.shows('assphrase to load key')
      terminal.type(`${phrase}\n`)
      await terminal.shows('passphrase of ')
      terminal.type(`${phrase}\n`)
      await terminal.shows('stored SHA256:')
      expect(await terminal.ended).toBe(0)
      expect(await latchkey('ssh', 'keys', 'list')).toMatch(/mm +SHA256:\S+ .*stays in memory for 8h/)
      expect(readdirSync(home).filter((each) => each.includes('.openssh'))).toEqual([])
    },
  )

  it('in Latin-1, comment and passphrase, is read from the standard input as from a file', async () => {
    await puttygen(await keygen('mm-latin'), 2, Buffer.from('hörse', 'latin1'), 'key.ppk', 'Schl\\374ssel')
    for (const source of ['key.ppk', '- < key.ppk']) {
      const terminal = pasted(`latchkey ssh keys add --name mm ${source}`)
      await terminal.shows('passphrase of ')
      terminal.type('hörse\n')
      await terminal.shows('stored SHA256:')
      expect(await terminal.ended).toBe(0)
      expect(await listed()).toMatch(/ Schlüssel\n$/)
      await latchkey('ssh', 'keys', 'remove', 'mm')
    }
  })
})
