import { Command } from 'commander'
import { expect, it } from 'vitest'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addSshKnownHostsCommand } from '../../../../src/helper/commands/ssh-known-hosts.ts'

const ca = { name: 'corp', vault: 'v', mount: 'ssh-host', fingerprints: ['SHA256:abc'] }
const line = '@cert-authority *.example ssh-ed25519 AAAA latchkey: corp'
const error = { code: 'VAULT_SEALED', message: 'vault v: it is sealed', hint: 'unseal it' }

async function run(answer: { cas: object[]; faults?: string[] }, ...args: string[]) {
  let [printed, noted] = ['', '']
  const context = {
    daemon: { call: async () => ({ file: '/run/known_hosts', faults: [], ...answer }) },
    print: (text: string) => (printed += text),
    note: (text: string) => (noted += text),
  } as unknown as CommandContext
  const program = new Command().exitOverride()
  addSshKnownHostsCommand(program, context)
  const failure: unknown = await program.parseAsync(['known-hosts', ...args], { from: 'user' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { printed, noted, failure }
}

it('prints the lines of all, and nothing else', async () => {
  const { printed, noted, failure } = await run({
    cas: [
      { ...ca, lines: [line, line] },
      { ...ca, lines: [line] },
    ],
  })
  expect({ printed, noted, failure }).toEqual({ printed: `${line}\n${line}\n${line}\n`, noted: '', failure: undefined })
})

it('says which of them may be old, which is not known, and what is wrong with the file', async () => {
  const cas = [
    { ...ca, lines: [line], error },
    { ...ca, name: 'lab', lines: [], error },
  ]
  const { printed, noted, failure } = await run({ cas, faults: ['a file is in the way'] })
  expect(printed).toBe(`${line}\n`)
  expect(noted).toBe(`a file is in the way
host CA corp may have changed since these lines were fetched: vault v: it is sealed
hint: unseal it
host CA lab is not known: vault v: it is sealed
hint: unseal it
`)
  expect(failure).toBeUndefined()
})

it('fails where no key is known', async () => {
  const { printed, failure } = await run({ cas: [{ ...ca, lines: [], error: { ...error, hint: undefined } }] })
  expect(printed).toBe('')
  expect(failure).toMatchObject({ code: 'REFUSED', message: 'no key of a host CA is known', hint: 'latchkey status' })
})

it('--json has all that is known', async () => {
  const { printed } = await run({ cas: [{ ...ca, lines: [line] }] }, '--json')
  expect(JSON.parse(printed)).toEqual({ file: '/run/known_hosts', faults: [], cas: [{ ...ca, lines: [line] }] })
})
