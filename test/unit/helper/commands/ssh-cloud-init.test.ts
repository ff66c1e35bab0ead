import { Command } from 'commander'
import { expect, it } from 'vitest'
import { userDataFormats } from '../../../../src/helper/cloud-init/user-data.ts'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addSshCloudInitCommand } from '../../../../src/helper/commands/ssh-cloud-init.ts'

const run = (...args: string[]) => runWith(['ssh-ed25519 AAAA'], ...args)

async function runWith(keys: readonly string[], ...args: string[]) {
  const calls: unknown[] = []
  let [printed, noted] = ['', '']
  const context = {
    daemon: {
      async call(name: string, { body }: { body: object }) {
        calls.push([name, body])
        return { cas: keys.map((key) => ({ vault: 'corp', mount: 'ssh', key, fingerprint: 'SHA256:abc' })) }
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

it.each(userDataFormats)('says of %s that EC2 would not take it for its size, and what it takes', async (format) => {
  const base = await run('--format', format)
  const room = 16_384 - Buffer.byteLength(base.printed)
  const keys = (more: number) => [`ssh-ed25519 AAAA${'A'.repeat(room + more)}`]
  const fits = await runWith(keys(0), '--format', format)
  expect(Buffer.byteLength(fits.printed)).toBe(16_384)
  expect(fits.noted).toBe(base.noted)
  expect((await runWith(keys(1), '--format', format)).noted).toBe(
    `${base.noted}this is 16385 bytes, and EC2 takes 16384; cloud-init reads it compressed, too: latchkey ssh cloud-init … | gzip -9\n`,
  )
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
