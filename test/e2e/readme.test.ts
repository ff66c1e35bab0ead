import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { startDevSession } from '../support/dev-session.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```\w*\n(.*?)^```/gms)].map(([, block]) => block!)
const blockWith = (line: string) => blocks.find((block) => block.includes(line))!

describeWithPeers('what the README says of Vault', ['python:pty', 'ssh-add', 'ssh-keygen', 'curl'], () => {
  it('is enough for a certificate, and what the hosts trust is its CA', async () => {
    const folder = temporaryFolder()
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    symlinkSync(join(import.meta.dirname, '../support/vault-cli.mjs'), join(bin, 'vault'))
    const dev = await startDevSession(join(folder, 'dev'))
    try {
      const PATH = `${bin}:${dev.env.PATH}`
      await dev.runOk('sh', ['-e', '-c', blockWith('vault secrets enable')], { env: { PATH, JO_PASSWORD: 'hunter 2' } })

      const address = dev.env.VAULT_ADDR!
      const atHome = (text: string) => text.replaceAll('https://vault.example.com:8200', address)
      mkdirSync(join(folder, 'jo'))
      const daemon = await startBuiltDaemon(join(folder, 'jo'), atHome(blockWith('[vault.corp]')))
      const login = await runOnTerminal(
        `exec ${latchkeyPath} login >"$out" 2>"$err"`,
        [{ expect: ': ', type: 'hunter 2\r' }],
        daemon.env,
      )
      expect(login).toMatchObject({ status: 0, stderr: '' })
      expect(login.stdout).toContain('policies: default, ssh-ops')
      const listed = (await daemon.run('ssh-add', ['-L'])).stdout
      writeFileSync(join(folder, 'id-cert.pub'), listed)
      const certificate = await runOk('ssh-keygen', ['-L', '-f', join(folder, 'id-cert.pub')])
      expect(certificate).toMatch(/Principals:\s+ubuntu\s+Critical Options: \(none\)\s+Extensions:\s+permit-pty\s/)

      const [fetch] = atHome(blockWith('TrustedUserCAKeys /')).split('\n')
      const trusted = join(folder, 'vault-user-ca.pub')
      await runOk('sh', ['-c', fetch!.replace('/etc/ssh/vault-user-ca.pub', trusted)])
      const ca = (await runOk('ssh-keygen', ['-l', '-f', trusted])).split(' ')[1]!
      expect(certificate).toContain(`Signing CA: ED25519 ${ca} `)
      await daemon.end('SIGTERM')
    } finally {
      await dev.stop()
    }
  })
})

it('has no path of a machine where latchkey may not be', () => {
  expect(readme).not.toMatch(/\/usr\/local|npm link/)
})
