import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { MfaCommand } from '../../../../src/aws/codes/mfa-command.ts'
import { createRunMfaCommand } from '../../../../src/daemon/process/run-mfa-command.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { isAlive } from '../../../support/processes.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** A home with a program in its `bin`, and how the commands of its owner are run. */
function machine() {
  const home = temporaryFolder()
  const bin = join(home, 'bin')
  mkdirSync(bin)
  const awsFile = join(home, 'config')
  const environment = { PATH: `${bin}:/usr/bin:/bin`, HOME: home, AWS_SESSION_TOKEN: 'secret' }
  const clock = fakeClock()
  const run = createRunMfaCommand({ clock, environment, home, awsFiles: [awsFile, join(home, 'credentials')] })
  const giveUp = new AbortController()
  return {
    home,
    bin,
    awsFile,
    clock,
    giveUp,
    program(name: string, body: string) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`)
      chmodSync(join(bin, name), 0o755)
    },
    run: (command: MfaCommand['run'], from: MfaCommand['from'] = 'config.toml') =>
      run({ run: command, from }, { signal: giveUp.signal, onComplaint: () => {} }),
  }
}

describe('a command of mfa_process', () => {
  it('that is a list is run without a shell', async () => {
    const { run, program } = machine()
    program('otp', 'for word; do echo "[$word]"; done')
    expect((await run(['otp', '$HOME', '; echo x', ''])).lines).toEqual(['[$HOME]', '[; echo x]', '[]'])
    expect((await run(['~/bin/otp', 'x'])).lines).toEqual(['[x]'])
  })

  it('that is a line is run by a shell, as aws-vault does it', async () => {
    const { run, program, home } = machine()
    program('otp', 'echo "[$1]"')
    expect((await run('otp "$HOME" | tr h H', 'aws-files')).lines).toEqual([`[${home}]`.replaceAll('h', 'H')])
  })

  it('has the environment of the daemon without its secrets, and nothing to read', async () => {
    const { run } = machine()
    expect((await run('echo "[$AWS_SESSION_TOKEN]"; cat; tty -s && echo terminal')).lines).toEqual(['[]'])
  })

  it.each([[['otp']], ['otp --single'], ['~/bin/otp'], [`'otp' x`]])(
    'is not run where others could change it: %j',
    async (command) => {
      const { run, program, bin } = machine()
      program('otp', `echo >${bin}/ran`)
      chmodSync(join(bin, 'otp'), 0o757)
      await expect(run(command)).rejects.toMatchObject({ code: 'FILE_UNTRUSTED', hint: `chmod o-w ${bin}/otp` })
      expect(existsSync(join(bin, 'ran'))).toBe(false)
    },
  )

  it('is not run where others could change the file of the AWS tools that it is in', async () => {
    const { run, awsFile } = machine()
    writeFileSync(awsFile, '')
    chmodSync(awsFile, 0o666)
    await expect(run('echo 123456', 'aws-files')).rejects.toMatchObject({ code: 'FILE_UNTRUSTED' })
    expect((await run('echo 123456')).lines).toEqual(['123456'])
    chmodSync(awsFile, 0o600)
    expect((await run('echo 123456', 'aws-files')).lines).toEqual(['123456'])
  })

  it('that is not there fails as the system says', async () => {
    const { run } = machine()
    await expect(run(['no-such-program'])).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each(['its time is up', 'nobody waits for it any more'])(
    'is killed with all that it has started when %s',
    async (when) => {
      const { run, home, clock, giveUp } = machine()
      const running = run(`trap "" TERM; sleep 60 & echo $! >${home}/pid; echo >${home}/started; wait`)
      await vi.waitUntil(() => existsSync(join(home, 'started')), 30_000)
      const pid = Number(readFileSync(join(home, 'pid'), 'utf8'))
      if (when === 'its time is up') clock.advance(60_000)
      else giveUp.abort()
      expect((await running).end.how).toBe(when === 'its time is up' ? 'timed-out' : 'withdrawn')
      await vi.waitUntil(() => !isAlive(pid), 30_000)
    },
  )
})
