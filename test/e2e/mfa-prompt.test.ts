import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { totpOfStep, totpStep } from '../../src/core/totp/totp.ts'
import { type DevSession, startDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { describeWithPeers } from '../support/peers.ts'
import { makeFolder, removeFolder } from '../support/temporary-folder.ts'

describeWithPeers('the MFA question on a terminal', ['python:pty', 'aws'], () => {
  let folder: string
  let dev: DevSession

  beforeAll(async () => {
    folder = makeFolder()
    dev = await startDevSession(join(folder, 'dev'), { LATCHKEY_DEV_MFA: '' })
  })

  afterAll(async () => {
    await dev?.stop()
    removeFolder(folder)
  })

  const secret = () => dev.env.LATCHKEY_DEV_TOTP_SECRET!
  /** A code that no step near the present one has. */
  const wrongCode = () => {
    const near = [-2, -1, 0, 1, 2].map((distance) => totpOfStep(secret(), totpStep(Date.now()) + distance))
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code))!
  }
  const rightCode = async () => (await dev.runOk('latchkey', ['dev', 'code'])).trim()

  it('is answered wrongly three times, and then says so instead of being asked again', async () => {
    const script = 'exec latchkey aws credentials dev >"$out" 2>"$err"'
    const answer = { expect: 'MFA code for arn:aws:iam::111122223333:mfa/jo: ', type: `${wrongCode()}\n` }
    const { status, stdout, stderr } = await runOnTerminal(script, [answer, answer, answer], dev.env)
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toMatch(/^latchkey: no valid MFA code for arn:aws:iam::111122223333:mfa\/jo in 3 tries.*\n$/)
    expect(dev.log('prompts')).toHaveLength(3)
  })

  it('is withdrawn once the session is forgotten, and a late answer is told so', async () => {
    const asked = dev.log('prompts').length
    const terminalName = join(folder, 'tty')
    const onTerminal = runOnTerminal(
      `tty >${terminalName}; exec latchkey aws credentials dev >"$out" 2>"$err"`,
      [
        { expect: 'MFA code for arn:aws:iam::111122223333:mfa/jo: ' },
        { expect: 'forgotten meanwhile', type: `${await rightCode()}\n` },
      ],
      dev.env,
    )
    await vi.waitUntil(() => dev.log('prompts').length > asked, { timeout: 60_000 })
    await dev.runOk('latchkey', ['aws', 'forget', '--all'])
    writeFileSync(readFileSync(terminalName, 'utf8').trim(), 'forgotten meanwhile')
    expect(await onTerminal).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^latchkey: dev-user was forgotten, .*; hint: run the command again\n$/),
    })
    expect(dev.log('aws-calls').filter(({ action, status }) => action === 'GetSessionToken' && status === 200)).toEqual(
      [],
    )
    expect(dev.log('prompts')).toHaveLength(asked + 1)
  })

  it('is answered wrongly, asked again with the reason, answered rightly, and then not asked any more', async () => {
    const script = 'exec latchkey aws credentials dev >"$out" 2>"$err"'
    const result = await runOnTerminal(
      script,
      [
        { expect: 'MFA code for arn:aws:iam::111122223333:mfa/jo: ', type: `${wrongCode()}\n` },
        { expect: 'AWS refused that code: it is wrong or already used' },
        { expect: 'MFA code for arn:aws:iam::111122223333:mfa/jo: ', type: `${await rightCode()}\n` },
      ],
      dev.env,
    )
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(result.stdout)).toMatchObject({ Version: 1, AccountId: '123456789012' })
    expect((await dev.run('latchkey', ['aws', 'credentials', 'prod'])).status).toBe(0)
    expect(dev.log('prompts')).toMatchObject(Array(6).fill({ by: 'terminal' }))
  })
})
