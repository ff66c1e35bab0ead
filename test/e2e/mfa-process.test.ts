import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { makeYkman } from '../support/ykman.ts'

const device = 'arn:aws:iam::111122223333:mfa/jo'
const login = 'exec latchkey aws credentials dev >"$out" 2>"$err"'
const touched = JSON.stringify(['ykman', 'oath', 'accounts', 'code', '--single', 'Amazon'])

/**
 * A development environment whose user has this command, with a YubiKey that is not plugged in.
 * @param command as config.toml has it, with `SEED` for the file of the seed
 */
async function begin(command: string | undefined) {
  const folder = temporaryFolder()
  const ykman = makeYkman(folder, 'Amazon Web Services:jo@111122223333')
  const dev = await startDevSession(join(folder, 'dev'), {
    LATCHKEY_DEV_MFA: '',
    PATH: `${ykman.bin}:${process.env.PATH}`,
  })
  onTestFinished(dev.stop)
  writeFileSync(ykman.seedFile, dev.env.LATCHKEY_DEV_TOTP_SECRET!)
  if (command !== undefined) {
    const config = dev.env.LATCHKEY_CONFIG!
    const line = `mfa_process = ${command.replaceAll('SEED', ykman.seedFile)}\n`
    writeFileSync(config, readFileSync(config, 'utf8').replace(/^mfa_serial = .*\n/m, `$&${line}`))
    await vi.waitUntil(
      async () => (await dev.runOk('latchkey', ['aws', 'explain', 'dev'])).includes('codes from mfa_process'),
      60_000,
    )
  }
  const sessions = () =>
    dev.log('aws-calls').filter(({ action, status }) => action === 'GetSessionToken' && status === 200).length
  return { folder, ykman, dev, sessions }
}

describeWithPeers('a command for the code', ['oathtool', 'python:pty'], () => {
  it('is run once for twelve clients, asks nobody, and waits for the next code where one is wanted', async () => {
    const { folder, dev, sessions } = await begin(
      JSON.stringify(`oathtool --totp --base32 "$(cat SEED)"; echo >>"$LATCHKEY_DEV_DIR/runs"`),
    )
    const clients = Array.from({ length: 12 }, (_, index) =>
      dev.run('latchkey', ['aws', 'credentials', ['dev', 'prod', 'chained'][index % 3]!]),
    )
    const outcomes = (await Promise.all(clients)).map(({ status, stderr }) => `${status}${stderr}`)
    expect(outcomes).toEqual(Array(12).fill('0'))
    expect(readFileSync(join(folder, 'dev', 'runs'), 'utf8')).toBe('\n')
    // The code that is shown has been used by now.
    expect(await dev.runOk('latchkey', ['aws', 'login', 'dev', '--before-expiry'])).toMatch(/^an MFA session has begun/)
    expect(readFileSync(join(folder, 'dev', 'runs'), 'utf8')).toBe('\n\n')
    expect([sessions(), dev.log('prompts')]).toEqual([2, []])
    const calls = dev.log('aws-calls').filter(({ action }) => action === 'GetSessionToken')
    expect(calls.every(({ status }) => status === 200)).toBe(true)
  })

  it('has its note shown in the terminal of the caller, which waits for the touch', async () => {
    const { ykman, dev } = await begin(touched)
    ykman.plugIn()
    const asked = runOnTerminal(login, [{ expect: 'mfa_process (ykman): Touch your YubiKey...\r\n' }], dev.env)
    await vi.waitUntil(() => dev.log('prompts').length > 0, 60_000)
    await ykman.touch()
    const { status, stdout, stderr, screen } = await asked
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ Version: 1 })
    expect(screen).not.toContain('MFA code')
    expect(dev.log('prompts')).toMatchObject([{ kind: 'note', by: 'terminal' }])
  })

  it('that fails is said to have failed, and the person is asked instead', async () => {
    const { dev } = await begin(touched)
    const code = (await dev.runOk('latchkey', ['dev', 'code'])).trim()
    const { status, stderr } = await runOnTerminal(
      login,
      [
        { expect: 'mfa_process (ykman) ended with exit status 1: ERROR: No YubiKey detected!\r\n' },
        { expect: `MFA code for ${device}: `, type: `${code}\n` },
      ],
      dev.env,
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('is the error where it fails and nobody can be asked, and is not run for a caller who may not ask', async () => {
    const { ykman, dev } = await begin(touched)
    expect(await dev.run('latchkey', ['aws', 'credentials', 'dev'])).toEqual({
      status: 3,
      stdout: '',
      stderr: expect.stringMatching(
        /^latchkey: mfa_process \(ykman\) ended with exit status 1: ERROR: No YubiKey detected!; hint: in a terminal: latchkey aws login dev; .*\n$/,
      ),
    })
    expect(ykman.runs()).toBe(1)
    const socket = join(dev.env.LATCHKEY_RUNTIME_DIR!, 'api.sock')
    const url = 'http://d/v1/aws/credentials/dev'
    const answer = await dev.runOk('curl', ['-sS', '--unix-socket', socket, '-H', 'latchkey-prompt: never', url])
    expect(JSON.parse(answer)).toMatchObject({ error: { code: 'AWS_MFA_NEEDED' } })
    expect(ykman.runs()).toBe(1)
  })

  it('in the AWS config file is a line for a shell, and not run where others can write that file', async () => {
    const { ykman, dev } = await begin(undefined)
    const file = dev.env.AWS_CONFIG_FILE!
    appendFileSync(
      file,
      `
[profile common]
mfa_serial = ${device}
mfa_process = oathtool --totp -b "$(cat ${ykman.seedFile})" | tr -d x
[profile vaulted]
include_profile = common
source_profile = dev-user
role_arn = arn:aws:iam::123456789012:role/DeveloperRole
`,
    )
    chmodSync(file, 0o666)
    expect(await dev.run('latchkey', ['aws', 'login', 'vaulted'])).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(
        /^latchkey: mfa_process \(oathtool\) is not run: .*aws-config can be changed by other users \(mode 666\)\n/,
      ),
    })
    chmodSync(file, 0o600)
    expect(await dev.runOk('latchkey', ['aws', 'login', 'vaulted'])).toMatch(/^an MFA session has begun: dev-user/)
    expect(dev.log('prompts')).toEqual([])
  })
})
