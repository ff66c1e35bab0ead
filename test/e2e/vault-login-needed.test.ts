import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { makeDesktop } from '../support/desktop.ts'
import { hasEnded } from '../support/has-ended.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { signingVault } from '../support/vault-network.ts'

const certified = 'ssh-ed25519-cert-v01@openssh.com'
const needed = 'vault corp needs a login: latchkey login corp'

/** A daemon with a desktop, whose vault certifies whoever logs in as `auth` says. */
async function start(auth: string, folder = temporaryFolder()) {
  const server = await signingVault()
  await server.admin('POST', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
  const desktop = makeDesktop()
  const daemon = await startBuiltDaemon(
    folder,
    `[vault.corp]\naddress = "${server.vault.address}"\nauth = ${auth.replace('FOLDER', folder)}\n[ssh.identity.ops]\nrole = "ops"\n[prompt]\nprogram = "none"\n`,
    { env: desktop.env },
  )
  onTestFinished(async () => void (await daemon.end('SIGTERM')))
  const list = async () => (await daemon.run('ssh-add', ['-L'])).stdout
  const status = async () => (await daemon.run(latchkeyPath, ['status'])).stdout
  return { ...server, daemon, folder, desktop, list, status }
}

describeWithPeers('a login that only a person can make', ['ssh-add', 'python:pty'], () => {
  it('is told of once until it was made, and what is valid is served on', async () => {
    const { admin, daemon, desktop, list, status } = await start('{ method = "userpass", username = "jo" }')
    await admin('POST', 'sys/auth/userpass', { type: 'userpass' })
    await admin('POST', 'auth/userpass/users/jo', { password: 'pw', token_policies: 'ops', token_max_ttl: '3s' })
    expect(await status()).toMatch(
      /corp +login needed(.*\n)+ +! corp: .*not logged in.*\n +hint: run: latchkey login corp/,
    )
    for (const listed of [await list(), await list(), await list()]) expect(listed).not.toContain(certified)
    await expect.poll(desktop.told, { timeout: 10_000 }).toEqual([needed])
    expect(await list()).not.toContain(certified)
    expect(daemon.log()).not.toContain('a person is needed')

    const typed = [{ expect: 'password of jo for vault corp', type: 'pw\n' }]
    const login = await runOnTerminal(`exec "${latchkeyPath}" login >"$out" 2>"$err"`, typed, daemon.env)
    expect(login).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(await list()).toContain(certified)

    await expect.poll(status, { timeout: 10_000 }).toMatch(/corp +login needed(.*\n)+.*the login has expired/)
    expect(await list()).toContain(certified)
    expect(desktop.told()).toEqual([needed])
    for (let tries = 0; tries < 3; tries += 1) {
      expect(await daemon.run(latchkeyPath, ['ssh', 'renew'])).toMatchObject({ status: 3 })
    }
    await expect.poll(desktop.told, { timeout: 10_000 }).toEqual([needed, needed])
    expect(await list()).toContain(certified)
  })

  it('is none where the login needs nobody: it recovers by itself, and nobody is told', async () => {
    const { admin, desktop, list, status, folder } = await start(
      '{ method = "approle", role_id = "r", secret_id_file = "FOLDER/secret" }',
    )
    await admin('POST', 'sys/auth/approle', { type: 'approle' })
    await admin('POST', 'auth/approle/role/ops', { role_id: 'r', token_policies: 'ops' })
    expect(await list()).not.toContain(certified)
    expect(await status()).toMatch(/corp +not logged in(.*\n)+ +! corp: .*cannot be read: ENOENT/)
    const { secret_id: secret } = await admin('POST', 'auth/approle/role/ops/secret-id', {})
    writeFileSync(join(folder, 'secret'), String(secret), { mode: 0o600 })
    await expect.poll(list, { timeout: 30_000, interval: 1_000 }).toContain(certified)
    expect(await status()).toMatch(/corp +logged in/)
    expect(desktop.told()).toEqual([])
  })

  it('is none where the token helper hangs: all of it is killed, and its token is taken once it answers', async () => {
    const folder = temporaryFolder()
    const helper = join(folder, 'helper')
    const pid = join(folder, 'pid')
    const write = (script: string) => writeFileSync(helper, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
    write(`sleep 600 & echo $! >"${pid}.new"; mv "${pid}.new" "${pid}"; wait`)
    writeFileSync(join(folder, '.vault'), `token_helper = "${helper}"\n`)
    const { admin, list, status, desktop } = await start('{ method = "token" }', folder)
    await expect.poll(() => existsSync(pid), { timeout: 10_000 }).toBe(true)
    const started = Number(readFileSync(pid, 'utf8'))
    const { client_token: token } = await admin('POST', 'auth/token/create', { policies: ['ops'] })
    write(`echo ${String(token)}`)
    // The one that hangs is given 30 s.
    await expect.poll(() => hasEnded(started), { timeout: 60_000, interval: 500 }).toBe(true)
    expect(await status()).toMatch(/corp +(.*\n)+ +! corp: the token helper of \S+ took too long\n +hint: try it: /)
    await expect.poll(list, { timeout: 60_000, interval: 1_000 }).toContain(certified)
    expect(await status()).toMatch(/corp +logged in/)
    expect(desktop.told()).toEqual([])
  })
})
