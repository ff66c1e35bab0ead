import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sharedDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { describeWithPeers } from '../support/peers.ts'

const listed = JSON.stringify([
  { Id: '123456789012', Name: 'three' },
  { Id: '444455556666', Name: 'four' },
])

describeWithPeers('a sync where nobody can give the code', ['python:pty', 'aws'], () => {
  const shared = sharedDevSession({ LATCHKEY_DEV_MFA: '' })

  it('says what it wrote and what it did not try, and --try tries that when there is a session', async () => {
    const { dev, folder } = shared
    const list = join(folder, 'accounts.json')
    writeFileSync(list, listed)
    const sync = (...more: string[]) =>
      dev.run('latchkey', ['aws', 'profiles', 'sync', list, '--role', 'DeveloperRole', ...more])
    const { LATCHKEY_CONFIG: toml, AWS_CONFIG_FILE: config } = dev.env

    const hash = createHash('sha256').update(listed).digest('hex')
    const { status, stdout, stderr } = await sync('--sha256', hash)
    expect(status).toBe(3)
    expect(stdout.split('\n').at(-2)).toBe(`2 added, 0 removed, in ${toml} and ${config}`)
    expect(stderr).toMatch(/^latchkey: 2 of 2 new roles were not tried: nobody to ask: MFA code/)
    expect(stderr).toMatch(/\nhint: .*latchkey aws login three\b.*, then this command again with --try\n$/)
    expect(readFileSync(toml!, 'utf8')).toContain('[aws.profile.four]')
    expect(dev.log('aws-calls').filter(({ action }) => action === 'AssumeRole')).toEqual([])

    const code = (await dev.runOk('latchkey', ['dev', 'code'])).trim()
    const login = await runOnTerminal(
      'exec latchkey aws login dev-user >"$out" 2>"$err"',
      [{ expect: 'MFA code for arn:aws:iam::111122223333:mfa/jo: ', type: `${code}\n` }],
      dev.env,
    )
    expect(login.status).toBe(0)
    expect(await sync()).toMatchObject({
      status: 0,
      stdout: 'nothing changes\n',
      stderr: '--try tells which of the roles work\n',
    })
    const tried = await sync('--try')
    expect({ ...tried, stdout: tried.stdout.replace(/: AWS refused .*/, '') }).toMatchObject({
      status: 0,
      stdout: 'nothing changes\n1 of 2 roles work\nfour does not work\n',
      stderr: '',
    })
    const who = await dev.runOk('aws', [
      'sts',
      'get-caller-identity',
      '--profile',
      'three',
      '--endpoint-url',
      dev.env.AWS_ENDPOINT_URL_STS!,
    ])
    expect(who).toContain('assumed-role/DeveloperRole/')
  })
})
