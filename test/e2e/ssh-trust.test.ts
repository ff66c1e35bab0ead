import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { sharedDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { describeWithPeers, findProgram } from '../support/peers.ts'
import { run, runOk } from '../support/run.ts'
import { type Sshd, startSshd } from '../support/sshd.ts'
import { makeFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'

const instance = 'i-0123456789abcdef0'

describeWithPeers('latchkey ssh trust', ['ssh', 'sshd', 'ssh-keygen'], () => {
  const shared = sharedDevSession()
  let folder: string
  let sshd: Sshd
  let key: string
  let home: string
  let knownHosts: string
  beforeAll(async () => {
    folder = makeFolder()
    sshd = await startSshd(folder, join(shared.dev.folder, 'ca.pub'))
    key = readFileSync(`${sshd.hostKeyFile}.pub`, 'utf8').trim()
  })
  afterAll(async () => {
    await (sshd as Sshd | undefined)?.stop()
    removeFolder(folder)
  })
  beforeEach(() => {
    home = temporaryFolder()
    knownHosts = join(home, '.ssh', 'known_hosts')
    onConsole(`[    9.1] systemd[1]: Started it\r\n${block(`${key} root@ip-10-0-0-1`)}`)
  })

  const block = (...keys: string[]) =>
    ['-----BEGIN SSH HOST KEY KEYS-----', ...keys, '-----END SSH HOST KEY KEYS-----', ''].join('\r\n')
  const onConsole = (text: string) => writeFileSync(join(shared.dev.folder, 'ec2-console.txt'), text)
  /** Debian hashes names unless it is told otherwise. ssh reads the settings of whom the user database has, not of HOME. */
  const environment = (hashes: 'yes' | 'no') => {
    const bin = temporaryFolder()
    const files = `-o 'UserKnownHostsFile=${knownHosts} ${knownHosts}2' -o GlobalKnownHostsFile=none`
    const ssh = `#!/bin/sh\nexec ${findProgram('ssh')} -o HashKnownHosts=${hashes} ${files} -F none "$@"\n`
    writeFileSync(join(bin, 'ssh'), ssh, { mode: 0o700 })
    return { HOME: home, PATH: `${bin}:${shared.dev.env.PATH}` }
  }
  const command = ['ssh', 'trust', instance, '--profile', 'dev']
  const trust = (...args: string[]) => shared.dev.run('latchkey', [...command, ...args], { env: environment('no') })
  const login = (host: string) => {
    const settings = [`UserKnownHostsFile=${knownHosts}`, 'StrictHostKeyChecking=yes', 'BatchMode=yes']
    const options = [...settings, 'GlobalKnownHostsFile=none', 'IdentityFile=none', 'LogLevel=ERROR']
    const args = [
      '-F',
      'none',
      '-p',
      String(sshd.port),
      ...options.flatMap((option) => ['-o', option]),
      host,
      'echo in',
    ]
    return shared.dev.run('ssh', args)
  }
  const before = (lines: string) => {
    mkdirSync(dirname(knownHosts), { recursive: true, mode: 0o700 })
    writeFileSync(knownHosts, lines)
  }

  it('lets ssh log in to a host that it has never seen, with strict checking', async () => {
    expect((await login('localhost')).stderr).toContain('Host key verification failed')
    const trusted = await trust('--yes', '--hosts', `[localhost]:${sshd.port}`)
    expect(trusted).toMatchObject({ status: 0 })
    const [, fingerprint] = (await runOk('ssh-keygen', ['-lf', `${sshd.hostKeyFile}.pub`])).split(' ')
    expect(trusted.stdout).toContain(`  ssh-ed25519 256 ${fingerprint}\n`)
    expect(statSync(knownHosts).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(knownHosts)).mode & 0o777).toBe(0o700)
    expect(await login('localhost')).toMatchObject({ status: 0, stdout: 'in\n' })
  })

  it('pins the key under the name and the address that EC2 has, once', async () => {
    before('# mine\nother ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHtOReNwl7HPAz5EUR/6mRdACoNs0000000000000000')
    const former = readFileSync(knownHosts, 'utf8')
    expect(await trust('--yes')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('for localhost, 127.0.0.1\n'),
    })
    const text = readFileSync(knownHosts, 'utf8')
    expect(text).toBe(`${former}\nlocalhost ${key}\n127.0.0.1 ${key}\n`)
    // Of a host at another port ssh looks for the plain name too.
    for (const host of ['localhost', '127.0.0.1']) expect(await login(host)).toMatchObject({ stdout: 'in\n' })
    expect(await trust()).toMatchObject({ status: 0, stdout: expect.stringContaining('has them all already\n') })
    expect(readFileSync(knownHosts, 'utf8')).toBe(text)
  })

  it('shows the keys and changes nothing where nobody can be asked', async () => {
    const { status, stdout, stderr } = await trust()
    expect(status).toBe(2)
    expect(stdout).toContain('shows the host keys\n  ssh-ed25519 256 SHA256:')
    expect(stderr).toContain(
      `nobody can be asked whether that is right\nhint: look at it, then: latchkey ${command.join(' ')} --region us-east-1 --yes\n`,
    )
    expect(existsSync(knownHosts)).toBe(false)
  })

  it('pins nothing where nobody can see what', async () => {
    for (const [redirection, said] of [
      ['>&-', 'nobody could see this: the output goes nowhere\nhint: let it go to a terminal or to a file\n'],
      ['>/dev/full', 'cannot write the output: ENOSPC'],
    ] as const) {
      const script = `exec "$0" "$@" --yes ${redirection}`
      const { status, stderr } = await shared.dev.run('sh', ['-c', script, 'latchkey', ...command], {
        env: environment('no'),
      })
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(said) })
    }
    expect(existsSync(knownHosts)).toBe(false)
  })

  describeWithPeers('at a terminal', ['python:pty'], () => {
    const question = `trust this key from now on, in `
    const ask = (typed: string, redirection = '') => {
      const script = `: >"$out" 2>"$err"; exec latchkey ${command.join(' ')} ${redirection}`
      const env = { ...process.env, ...shared.dev.env, ...environment('no') }
      return runOnTerminal(script, [{ expect: '(y/N): ', type: typed }], env)
    }

    it('shows the keys, and pins them after a yes', async () => {
      const { status, screen, stepsLeft } = await ask('y\n')
      expect({ status, stepsLeft }).toEqual({ status: 0, stepsLeft: 0 })
      expect(screen).toMatch(
        /shows the host keys\r\n {2}ssh-ed25519 256 SHA256:\S{43}\r\nfor localhost, 127\.0\.0\.1\r\n/,
      )
      expect(screen).toContain(`${question}${knownHosts}? (y/N): y\r\n${knownHosts} has 2 new lines\r\n`)
      expect(await login('localhost')).toMatchObject({ status: 0, stdout: 'in\n' })
    })

    it('shows them with the question where the output goes elsewhere', async () => {
      const { status, screen, stdout } = await ask('yes\n', '>"$out" 2>"$err"')
      expect(status).toBe(0)
      expect(screen).toMatch(/^the console of [\s\S]*ssh-ed25519 256 SHA256:[\s\S]*\? \(y\/N\): yes\r\n$/)
      expect(stdout).toMatch(/^the console of [\s\S]* has 2 new lines\n$/)
    })

    it.each([
      ['an empty line', '\n'],
      ['another word', 'ja\n'],
      ['Ctrl-C', '\u0003'],
      ['Ctrl-D', '\u0004'],
    ])('changes nothing after %s', async (_, typed) => {
      const { status, screen, echoesAtEnd } = await ask(typed)
      expect({ status, echoesAtEnd }).toEqual({ status: 130, echoesAtEnd: true })
      expect(screen).toMatch(/latchkey: (nothing was changed|cancelled: trust this key)/)
      expect(existsSync(knownHosts)).toBe(false)
    })
  })

  it('hashes names where ssh does', async () => {
    const hashed = await shared.dev.run('latchkey', [...command, '--yes'], { env: environment('yes') })
    expect(hashed).toMatchObject({ status: 0 })
    expect(readFileSync(knownHosts, 'utf8')).toMatch(/^(\|1\|\S{28}\|\S{28} ssh-ed25519 \S+\n){2}$/)
    const found = await run('ssh-keygen', ['-F', 'localhost', '-f', knownHosts])
    expect(found.stdout).toContain(key.split(' ')[1])
    expect(await login('127.0.0.1')).toMatchObject({ status: 0, stdout: 'in\n' })
  })

  it('refuses a name that has another key, says which line, and the command that it names helps', async () => {
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(home, 'other')])
    const other = readFileSync(join(home, 'other.pub'), 'utf8').trim()
    before(`# mine\nlocalhost ${other}\n`)
    const refused = await trust('--yes')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain(`${knownHosts}:2 has another key for localhost\n`)
    const [, remove] = /(ssh-keygen -R \S+ -f \S+);/.exec(refused.stderr) ?? []
    await runOk('sh', ['-c', remove!])
    expect(await trust('--yes')).toMatchObject({ status: 0 })
    expect(await login('localhost')).toMatchObject({ status: 0, stdout: 'in\n' })
  })

  it('refuses a name that has another key in any file of known hosts', async () => {
    await runOk('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(home, 'other')])
    before('')
    writeFileSync(`${knownHosts}2`, `127.0.0.1 ${readFileSync(join(home, 'other.pub'), 'utf8')}`)
    const refused = await trust('--yes')
    expect(refused.stderr).toContain(`latchkey: ${knownHosts}2:1 has another key for 127.0.0.1\n`)
    expect(refused.status).toBe(1)
    expect(readFileSync(knownHosts, 'utf8')).toBe('')
  })

  it('has an answer for whatever else is on the console, and prints none of it', async () => {
    const hostile = '\u001b]0;owned\u0007\u001b[2J'
    for (const [text, said] of [
      ['', `the console of ${instance} has no output yet`],
      [`${hostile}no keys here`, `the console of ${instance} shows no host keys`],
      [`AAAA root@x\r\n-----END SSH HOST KEY KEYS-----\r\n`, 'only the end is left'],
      [`-----BEGIN SSH HOST KEY KEYS-----\r\n${key}\r\n`, 'have no end'],
      [block(`ssh-ed25519 ${hostile}AAAA`), 'no key that can be read'],
    ] as const) {
      onConsole(text)
      const { status, stdout, stderr } = await trust('--yes')
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain(said)
      expect(stderr).toContain('\nhint: ')
      expect(stderr).not.toContain('owned')
    }
    expect(existsSync(knownHosts)).toBe(false)
  })

  it('knows no other machine, region or role', async () => {
    const other = 'i-0ffffffffffffffff'
    for (const [args, status, said] of [
      [[other, '--profile', 'dev'], 1, `The instance ID '${other}' does not exist`],
      [[instance, '--profile', 'dev', '--region', 'eu-central-1'], 1, 'does not exist'],
      [[instance, '--profile', 'prod'], 1, 'ec2:DescribeInstances'],
      [[instance, '--profile', 'dev', '--region', 'cn-north-1'], 1, 'partition'],
      [['web-1', '--profile', 'dev'], 2, 'that is no id of a machine'],
      [[instance, '--profile', 'dev', '--region', 'example.com/'], 2, 'that is no name of a region'],
      [[instance, '--profile', 'dev', '--hosts', '*.example.com'], 2, 'without wildcards'],
    ] as const) {
      const done = await shared.dev.run('latchkey', ['ssh', 'trust', ...args], { env: environment('no') })
      expect(done, done.stderr).toMatchObject({ status, stdout: '' })
      expect(done.stderr).toContain(said)
    }
  })
})
