import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sharedDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { describeWithPeers } from '../support/peers.ts'

const device = 'arn:aws:iam::111122223333:mfa/jo'

/** All that the files in a folder say. */
function textIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')
}

describeWithPeers('a seed in the keychain', ['python:pty'], () => {
  const shared = sharedDevSession({ LATCHKEY_DEV_MFA: '' })
  const seed = () => shared.dev.env.LATCHKEY_DEV_TOTP_SECRET!
  const latchkey = (...args: string[]) => shared.dev.run('latchkey', args)

  it('is not kept without consent', async () => {
    const { dev } = shared
    expect(await dev.run('latchkey', ['aws', 'totp', 'add', 'dev-user'], { input: `${seed()}\n` })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^WARNING: the seed of arn:.*:mfa\/jo makes its codes\.[\s\S]*\nlatchkey: nothing was stored: .*\nhint: latchkey aws totp add --yes dev-user\n$/,
      ),
    })
    const answered = await runOnTerminal(
      'exec latchkey aws totp add dev-user >"$out" 2>"$err"',
      [{ expect: 'keep it there all the same? (y/N): ', type: '\n' }],
      dev.env,
    )
    expect(answered).toMatchObject({ status: 130, stdout: '' })
    expect(await latchkey('aws', 'credentials', 'dev')).toMatchObject({ status: 3 })
  })

  it('of another device is refused by AWS, and not kept', async () => {
    const input = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n'
    const { status, stderr } = await shared.dev.run('latchkey', ['aws', 'totp', 'add', '--yes', 'dev-user'], { input })
    expect(status).toBe(3)
    expect(stderr).toContain(`\nlatchkey: AWS refuses the codes of this seed for ${device}: nothing is stored\n`)
    expect((await latchkey('aws', 'keys', 'list')).stdout).not.toContain('MFA seeds')
  })

  it.each(['not-a-seed!', 'otpauth://totp/jo?secret=JBSWY3DPEHPK3PXP&digits=8', ''])(
    'is refused where it is none, without a word of it: %s',
    async (input) => {
      const { status, stdout, stderr } = await shared.dev.run('latchkey', ['aws', 'totp', 'add', '--yes', 'dev'], {
        input,
      })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/\nlatchkey: this (seed )?(is|does) .*\nhint: /)
      expect(stderr).not.toMatch(/not-a-seed|JBSW/)
    },
  )

  it('typed at the terminal is proved by a session, and nobody is asked any more', async () => {
    const { dev } = shared
    const address = `otpauth://totp/Amazon%20Web%20Services:jo?secret=${seed().toLowerCase()}&issuer=AWS`
    const { status, stdout, screen, stderr } = await runOnTerminal(
      'exec latchkey aws totp add dev-user >"$out" 2>"$err"',
      [
        { expect: 'keep it there all the same? (y/N): ', type: 'y\n' },
        { expect: 'seed (base32, or the otpauth: address of the QR code): ', type: `${address}\r` },
      ],
      dev.env,
    )
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        /^an MFA session has begun with the seed: dev-user, arn:\S+, until \S+ \(11h 5\dm left\)\nthe seed is in the keychain: .*\nto end that: latchkey aws totp remove dev-user\n$/,
      ),
    })
    expect(screen + stderr).not.toContain(seed().toLowerCase().slice(0, 8))
    expect(await latchkey('aws', 'credentials', 'dev')).toMatchObject({ status: 0, stderr: '' })
    expect(dev.log('prompts')).toEqual([])
  })

  it('is shown wherever it should not be overlooked, and is itself nowhere', async () => {
    const { dev } = shared
    const shown = 'MFA seeds in the keychain, so that both factors are on this machine: dev-user\n'
    expect((await latchkey('aws', 'keys', 'list')).stdout).toMatch(new RegExp(`dev-user .*\n${shown}`))
    expect((await latchkey('status')).stdout).toContain(shown)
    expect((await latchkey('aws', 'explain', 'prod')).stdout).toContain(
      '   codes from the seed in the keychain: both factors are on this machine\n',
    )
    expect(JSON.parse((await latchkey('status', '--json')).stdout)).toMatchObject({ aws: { seeds: ['dev-user'] } })
    // The embedded AWS has the seeds of its users in its state.
    const aws = readFileSync(join(dev.folder, 'aws-state.json'), 'utf8')
    expect(textIn(dev.folder).replace(aws, '')).not.toContain(seed())
  })

  it('serves a caller that may ask nobody, after the session was forgotten too', async () => {
    const { dev } = shared
    await dev.runOk('latchkey', ['aws', 'forget', '--all'])
    const socket = join(dev.env.LATCHKEY_RUNTIME_DIR!, 'api.sock')
    const url = 'http://d/v1/aws/credentials/dev'
    const answer = await dev.runOk('curl', ['-sS', '--unix-socket', socket, '-H', 'latchkey-prompt: never', url])
    expect(JSON.parse(answer)).toMatchObject({ Version: 1, AccountId: '123456789012' })
    // Each code was one that AWS had not seen: where the last one was still shown, it waited.
    const calls = dev.log('aws-calls').filter(({ action, status }) => action === 'GetSessionToken' && status === 200)
    expect(calls).toHaveLength(2)
  })

  it('is removed by a command, once, and then a person is needed again', async () => {
    expect(await latchkey('aws', 'totp', 'remove', 'dev-user')).toEqual({
      status: 0,
      stdout: 'removed the MFA seed of dev-user from the keychain: its codes are asked for again\n',
      stderr: '',
    })
    expect(await latchkey('aws', 'totp', 'remove', 'dev-user')).toMatchObject({
      status: 1,
      stderr: 'latchkey: the keychain has no MFA seed for dev-user\nhint: latchkey aws keys list\n',
    })
    expect((await latchkey('status')).stdout).not.toContain('MFA seeds')
    await shared.dev.runOk('latchkey', ['aws', 'forget', '--all'])
    expect(await latchkey('aws', 'login', 'dev')).toMatchObject({ status: 3 })
  })
})
