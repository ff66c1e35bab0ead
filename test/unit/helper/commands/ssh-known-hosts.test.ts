import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
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
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} })
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

describe('with a host', () => {
  const of = (hosts: string) => `@cert-authority ${hosts} ssh-ed25519 AAAA latchkey: corp`
  const two = {
    cas: [
      { ...ca, lines: [of('*.corp.example,!legacy.corp.example')] },
      { ...ca, name: 'lab', lines: [of('[lab.example]:2222'), of('[lab.example]:2222')] },
    ],
  }

  it.each([
    ['db.corp.example', [0]],
    ['DB.Corp.Example', [0]],
    ['[db.corp.example]:2222', [0]],
    ['[lab.example]:2222', [1, 1]],
    ['lab.example', []],
    ['legacy.corp.example', []],
    ['other.example', []],
  ])('%s has the lines that fit it', async (host, expected) => {
    const { printed, failure } = await run(two, host)
    expect(printed).toBe(expected.map((index) => `${two.cas[index]!.lines[0]}\n`).join(''))
    if (expected.length > 0) return expect(failure).toBeUndefined()
    expect(failure).toMatchObject({
      code: 'REFUSED',
      message: `no host CA is for ${host}`,
      hint: expect.stringContaining(`add a pattern for ${host} to hosts of an [ssh.host_ca.NAME] in config.toml`),
    })
  })

  it('--json has the CAs that fit it', async () => {
    expect(JSON.parse((await run(two, '--json', '[lab.example]:2222')).printed).cas).toEqual([two.cas[1]])
  })

  it('does not say what to configure while a CA is not known', async () => {
    const { failure, noted } = await run({ cas: [...two.cas, { ...ca, name: 'new', lines: [], error }] }, 'x.example')
    expect(failure).toMatchObject({ message: 'no key of a host CA is known', hint: 'latchkey status' })
    expect(noted).toContain('host CA new is not known')
  })

  it.each(['*.corp.example', 'a,b', 'jo@a', '!a', '[a]:0', '', 'a b'])('%j is none', async (host) => {
    expect((await run(two, host)).failure).toMatchObject({ code: 'commander.invalidArgument' })
  })
})
