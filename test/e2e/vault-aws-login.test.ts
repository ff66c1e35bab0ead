import { expect, it, onTestFinished } from 'vitest'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { makeDesktop } from '../support/desktop.ts'
import { addUser, startDevAws } from '../support/dev-aws.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { runOnTerminal } from '../support/helper-pty.ts'
import { latchkeyPath } from '../support/latchkey.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { signingVault } from '../support/vault-network.ts'

describeWithPeers('a daemon that logs in to a vault as a profile of AWS', ['ssh-add'], () => {
  const certified = 'ssh-ed25519-cert-v01@openssh.com'

  it('signs for the vault alone what STS then answers, and has the code of the profile asked for by login', async () => {
    const cloud = await startDevAws({ clock: { ...fakeClock(), now: () => Date.now() } })
    const user = await addUser(cloud)
    const server = await signingVault()
    await server.admin('POST', 'sys/policies/acl/ops', { policy: 'path "ssh/sign/ops" { capabilities = ["update"] }' })
    await server.admin('POST', 'sys/auth/aws', { type: 'aws' })
    await server.admin('POST', 'auth/aws/config/client', {
      sts_endpoint: cloud.endpoint,
      iam_server_id_header_value: 'vault.corp',
    })
    const arn = 'arn:aws:iam::111122223333:role/Dev'
    const trustPolicy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: user.arn }, Action: 'sts:AssumeRole' }],
    }
    await cloud.addRole({ arn, trustPolicy })
    const role = { auth_type: 'iam', bound_iam_principal_arn: arn, token_policies: 'ops' }
    await server.admin('POST', 'auth/aws/role/dev', role)
    const desktop = makeDesktop()
    const daemon = await startBuiltDaemon(
      temporaryFolder(),
      `[vault.corp]
address = "${server.vault.address}"
auth = { method = "aws", profile = "jo", role = "dev", server_id = "vault.corp" }
[ssh.identity.ops]
role = "ops"
[aws.source.master]
mfa_serial = "${user.mfaSerial}"
[aws.profile.jo]
account = "111122223333"
role = "Dev"
source = "master"
region = "eu-central-1"
`,
      { env: { ...desktop.env, AWS_ENDPOINT_URL_STS: cloud.endpoint, AWS_ENDPOINT_URL_IAM: cloud.endpoint } },
    )
    onTestFinished(async () => void (await daemon.end('SIGTERM')))
    const key = `${user.accessKeyId}\n${user.secretAccessKey}\n`
    expect(await daemon.run(latchkeyPath, ['aws', 'keys', 'add', 'master'], { input: key })).toMatchObject({
      status: 0,
    })
    expect((await daemon.run('ssh-add', ['-L'])).stdout).not.toContain(certified)
    // It needs a person only where its profile wants a code.
    const { stdout: status } = await daemon.run(latchkeyPath, ['status'])
    expect(status).toMatch(
      /corp +login needed(.*\n)+ +! corp: profile jo: an MFA code.*\n +hint: .*latchkey aws login jo/,
    )
    await expect.poll(desktop.told, { timeout: 10_000 }).toEqual(['vault corp needs a login: latchkey login corp'])
    const login = await runOnTerminal(
      `exec "${latchkeyPath}" login >"$out" 2>"$err"`,
      [{ expect: `MFA code for ${user.mfaSerial}`, type: `${user.code()}\n` }],
      daemon.env,
    )
    expect(login).toMatchObject({ status: 0, stepsLeft: 0 })
    expect(login.stdout).toContain(arn)
    expect((await daemon.run('ssh-add', ['-L'])).stdout).toContain(certified)
    expect(daemon.log()).not.toContain(user.secretAccessKey)
  })
})
