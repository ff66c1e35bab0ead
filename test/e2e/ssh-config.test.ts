import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { daemonEnvironment } from '../support/built-daemon.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { run } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('latchkey ssh config', () => {
  let home: string
  let config: string
  let included: string
  let link: string
  beforeEach(() => {
    home = temporaryFolder()
    config = join(home, '.ssh', 'config')
    included = join(home, '.local/state/latchkey/ssh_config')
    link = join(home, 'latchkey')
    symlinkSync(latchkeyPath, link)
  })
  const command = (...args: string[]) =>
    run(link, ['ssh', 'config', ...args], { env: { ...daemonEnvironment(home), SSH_AUTH_SOCK: '' } })
  const install = (...args: string[]) => command('--install', '-F', config, ...args)
  const remove = () => command('--remove', '-F', config)
  const write = (text: string, mode = 0o600) => {
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
    writeFileSync(config, text, { mode })
  }
  const block = () =>
    `# latchkey: keep these lines last, so that what is above counts (latchkey ssh config --remove)\nMatch all\nInclude ${included}\n`

  it('prints what it would write, and writes nothing', async () => {
    const { status, stdout, stderr } = await command()
    expect(status).toBe(0)
    expect(stdout).toContain(
      `exec "${link} ssh ready --if-running --user '%r' --port %p --hostname '%h' '%k'"\n    IdentityAgent ${home}/`,
    )
    expect(stdout).toContain(` ${home}/run/known_hosts\n`)
    expect(stderr).toContain(`  Match all\n  Include ${included}\n`)
    expect([existsSync(config), existsSync(included)]).toEqual([false, false])
  })

  it('makes both files where they are missing, for the user alone, and writes what it prints', async () => {
    const { status, stdout } = await install()
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `written: ${included}\n${config} includes it, as its last lines\n`,
    })
    const modes = [config, included, join(home, '.ssh')].map((path) => statSync(path).mode & 0o777)
    expect(modes).toEqual([0o600, 0o600, 0o700])
    expect(readFileSync(config, 'utf8')).toBe(block())
    const [, ...printed] = (await command()).stdout.split('\n')
    expect(readFileSync(included, 'utf8').split('\n').slice(1)).toEqual(printed)
    expect(await remove()).toEqual({
      status: 0,
      stdout: `removed: ${included}\n${config} no longer includes it\n`,
      stderr: '',
    })
    expect(readFileSync(config, 'utf8')).toBe('')
    expect(existsSync(included)).toBe(false)
    expect((await remove()).stdout).toBe('it was not installed\n')
  })

  it.each(['Host a\n  Port 1\nMatch user x\n  Port 2', 'Host a\r\n  Port 1\r\n', '# nothing\n\n'])(
    'gives back what was there: %j',
    async (text) => {
      write(text, 0o640)
      await install()
      expect(readFileSync(config, 'utf8').startsWith(text)).toBe(true)
      const again = await install()
      expect(again.stdout).toBe(`unchanged: ${included}\n${config} includes it already, as its last lines\n`)
      expect(statSync(config).mode & 0o777).toBe(0o640)
      await remove()
      expect(readFileSync(config, 'utf8')).toBe(text)
    },
  )

  it('replaces what an older version has written, and lines that were moved', async () => {
    write(`Include ${included}\nHost a\n`)
    mkdirSync(join(home, '.local/state/latchkey'), { recursive: true })
    writeFileSync(included, '# old\n', { mode: 0o644 })
    const { status, stdout } = await install('--agent', 'environment')
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `written: ${included}\n${config} includes it as its last lines now, and no longer where it did\n`,
    })
    expect(readFileSync(config, 'utf8')).toBe(`Host a\n\n${block()}`)
    expect(readFileSync(included, 'utf8')).not.toContain('IdentityAgent')
    expect(statSync(included).mode & 0o777).toBe(0o600)
  })

  it('edits the file behind a link', async () => {
    write('')
    rmSync(config)
    writeFileSync(join(home, 'dotfile'), 'Host a\n')
    symlinkSync('../dotfile', config)
    await install()
    expect(lstatSync(config).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(home, 'dotfile'), 'utf8')).toBe(`Host a\n\n${block()}`)
  })

  it.each([
    ['is write-protected', () => chmodSync(config, 0o400)],
    ['is a folder', () => execFileSync('sh', ['-c', 'rm "$0" && mkdir "$0"', config])],
    ['is a pipe', () => execFileSync('sh', ['-c', 'rm "$0" && mkfifo "$0"', config])],
    ['can be written by others', () => chmodSync(config, 0o666)],
    ['is a link to nothing', () => execFileSync('ln', ['-sf', '/nowhere/config', config])],
    [
      'is missing, and others could put one there',
      () => {
        rmSync(config)
        chmodSync(join(home, '.ssh'), 0o777)
      },
    ],
    ['is no text', () => writeFileSync(config, Buffer.from([0x23, 0xe9]))],
  ])('shows the lines to write by hand where the file %s', async (_, spoil) => {
    write('Host a\n')
    spoil()
    const { status, stdout, stderr } = await install()
    expect(status).toBe(1)
    expect(stdout).toBe(`written: ${included}\nwrite into ${config}:\n\n${block()}\n`)
    expect(stderr).toContain('\nhint: write these lines to its end yourself\n')
    // ssh could read it now.
    expect(existsSync(included)).toBe(true)
  })

  it('names the command that writes what is printed, and the file that it edits', async () => {
    const file = join(home, 'other config')
    const { stderr } = await command('--identity', 'ops=web', '-F', file)
    expect(stderr).toContain(
      `\nlatchkey ssh config --install --identity ops=web -F '${file}' writes this to ${included}, and to the end of ${file}:\n`,
    )
  })

  it('leaves ssh working where the name of the file has a line break in it', async () => {
    const file = join(home, 'a\nb')
    const shown = `${join(home, 'a')} b`
    expect(await command('--install', '-F', file)).toMatchObject({
      status: 0,
      stdout: `written: ${included}\n${shown} includes it, as its last lines\n`,
    })
    const settings = await run('ssh', ['-G', '-F', file, 'web'], { env: daemonEnvironment(home) })
    expect(settings).toMatchObject({ status: 0, stdout: expect.stringContaining(`${home}/run/known_hosts`) })
    expect((await command('--remove', '-F', file)).stdout).toContain(`${shown} no longer includes it\n`)
  })

  it('edits no file that ssh does not read', async () => {
    const { status, stdout, stderr } = await command('--install')
    const own = join(userInfo().homedir, '.ssh/config')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(`latchkey: ssh reads ${own}, and HOME is ${home}\nhint: name the file: -F ${own}\n`)
  })

  it('has the host named as known_hosts has it: by HostKeyAlias, or else by HostName', async () => {
    await install()
    rmSync(link)
    const log = join(home, 'log')
    writeFileSync(link, `#!/bin/sh\necho "$*" >>${log}\n`, { mode: 0o755 })
    const name = async (...settings: string[]) => {
      const options = ['HostName=127.0.0.1', ...settings].flatMap((setting) => ['-o', setting])
      expect(await run('ssh', ['-G', '-F', config, ...options, 'jo@web'])).toMatchObject({ status: 0 })
      return readFileSync(log, 'utf8').trim().split('\n').at(-1)
    }
    const ready = 'ssh ready --if-running --user jo --port 2222 --hostname 127.0.0.1'
    expect(await name('Port=2222')).toBe(`${ready} 127.0.0.1`)
    expect(await name('Port=2222', 'HostKeyAlias=web.prod')).toBe(`${ready} web.prod`)
  })

  it('says that the command which ssh runs is gone', async () => {
    await install('--agent', 'environment')
    const other = join(home, 'other')
    symlinkSync(latchkeyPath, other)
    rmSync(link)
    const { status, stderr } = await run(other, ['ssh', 'config'], { env: daemonEnvironment(home) })
    expect(status).toBe(1)
    expect(stderr).toContain(
      `latchkey: ssh runs a latchkey that is gone: ${link}\nhint: latchkey ssh config --install --agent environment -F ${config}\n`,
    )
  })

  it('does not take what it cannot write', async () => {
    expect(await command('--install', '--remove')).toMatchObject({ status: 2 })
    for (const identity of ['ops', 'ops=', 'ops=a b', 'ops=!a', '../ops=a', 'ops="x"'])
      expect(await command('--identity', identity)).toMatchObject({ status: 2, stdout: '' })
    const quoted = join(home, "o'brien")
    symlinkSync(latchkeyPath, quoted)
    const { status, stderr } = await run(quoted, ['ssh', 'config'], { env: daemonEnvironment(home) })
    expect(status).toBe(1)
    expect(stderr).toContain('ssh_config cannot name this path')
  })
})
