import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpensshRegress, prepareOpensshRegress, regressFolder } from '../support/openssh-regress.ts'
import { describeWithPeers } from '../support/peers.ts'

const scripts = [
  'agent',
  'agent-timeout',
  'agent-subprocess',
  'agent-getpeereid',
  'agent-ptrace',
  'agent-restrict',
  'hostkey-agent',
  'cert-file',
  'sshsig',
] as const

const peers = ['ssh', 'sshd', 'ssh-add', 'ssh-keygen', 'gdb', 'sudo', 'make', 'runuser', 'useradd']

/** It changes the machine: users and sudo's files. */
const isAllowed = process.getuid?.() === 0 && (process.env.CI === 'true' || process.env.LATCHKEY_TEST_USER === '1')

const judge = () => {
  let regress: OpensshRegress
  beforeAll(async () => {
    if (!existsSync(regressFolder)) throw new Error('openssh-tests is not installed: scripts/install-peers.sh')
    regress = await prepareOpensshRegress()
  })
  afterAll(() => regress?.close())

  it.each(scripts)('%s', { timeout: 300_000 }, async (script) => {
    const { status, stdout, stderr } = await regress.run(script)
    const said = `${stdout}${stderr}`
    expect(said).not.toMatch(/skip/i)
    expect(said).toMatch(/^ok /m)
    expect({ status, said }).toEqual({ status: 0, said })
  })
}

const title = "OpenSSH's own regression scripts pass with agent-compat"
if (isAllowed) describeWithPeers(title, peers, judge)
else {
  process.stderr.write(
    `SKIPPED ${title}: as root, with CI=true or LATCHKEY_TEST_USER=1: a user and a rule of sudo are made\n`,
  )
  describe.skip(title, judge)
}
