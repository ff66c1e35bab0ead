import { Command } from 'commander'
import { expect, it } from 'vitest'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addSshCloudInitCommand } from '../../../../src/helper/commands/ssh-cloud-init.ts'

async function run(...args: string[]) {
  const calls: unknown[] = []
  let [printed, noted] = ['', '']
  const context = {
    daemon: {
      async call(name: string, { body }: { body: object }) {
        calls.push([name, body])
        return { cas: [{ vault: 'corp', mount: 'ssh', key: 'ssh-ed25519 AAAA', fingerprint: 'SHA256:abc' }] }
      },
    },
    print: (text: string) => (printed += text),
    note: (text: string) => (noted += text),
  } as unknown as CommandContext
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  addSshCloudInitCommand(program, context)
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} })
  await program.parseAsync(['cloud-init', ...args], { from: 'user' })
  return { calls, printed, noted }
}

it('prints user data, and says which CA it is', async () => {
  const { calls, printed, noted } = await run()
  expect(calls).toEqual([['readSshCas', {}]])
  expect(printed.startsWith('#cloud-config\n')).toBe(true)
  expect(printed).toContain('      ssh-ed25519 AAAA\n')
  expect(noted).toBe('trusts SHA256:abc, the CA of corp/ssh\n')
})

it('several identities, mounts and issuers are asked for', async () => {
  expect((await run('--identity', 'a', '--identity', 'b')).calls).toEqual([['readSshCas', { identities: ['a', 'b'] }]])
  const { calls } = await run('--vault', 'corp', '--mount', 'x', '--mount', 'y', '--issuer', 'old', '--format', 'shell')
  expect(calls).toEqual([['readSshCas', { vault: 'corp', mounts: ['x', 'y'], issuers: ['old'] }]])
})

it('--explain prints what the usual line does wrong, and no user data', async () => {
  const { printed, noted } = await run('--explain')
  expect(printed).toContain('after a Match block')
  expect(printed).not.toContain('runcmd')
  expect(noted).toBe('')
})

it('bad input is refused before anything is asked or printed', async () => {
  await expect(run('--principals', 'ubuntu=a b')).rejects.toMatchObject({ code: 'commander.invalidArgument' })
  await expect(run('--identity', 'a', '--mount', 'x')).rejects.toMatchObject({ code: 'commander.conflictingOption' })
  await expect(run('--format', 'xml')).rejects.toMatchObject({ code: 'commander.invalidArgument' })
  await expect(run('--format', 'shell', '--break-glass', '/nowhere/key.pub')).rejects.toMatchObject({ code: 'USAGE' })
})
