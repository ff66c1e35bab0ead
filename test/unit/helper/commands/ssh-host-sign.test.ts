import { generateKeyPairSync } from 'node:crypto'
import { Command } from 'commander'
import { expect, it } from 'vitest'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { addSshHostSignCommand } from '../../../../src/helper/commands/ssh-host-sign.ts'
import { publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import { SshWriter } from '../../../../src/ssh/wire.ts'

const line = formatPublicKeyLine(publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob, '')
const hardware = formatPublicKeyLine(new SshWriter().string('sk-ssh-ed25519@openssh.com').string('x').bytes(), '')
const certificate = {
  certificate: 'ssh-ed25519-cert-v01@openssh.com AAAA',
  fingerprint: 'SHA256:key',
  keyId: 'db',
  ca: 'SHA256:ca',
  expiresAt: '2026-12-01T00:00:00Z',
}
const signed = { vault: 'corp', mount: 'ssh-host', role: 'host', certificates: [certificate] }

const run = (input: string, ...args: string[]) => runFrom('-', input, ...args)

async function runFrom(from: string, input: string, ...args: string[]) {
  const calls: unknown[] = []
  let [printed, noted] = ['', '']
  const context = {
    readInput: async () => input,
    daemon: {
      async call(name: string, { body }: { body: object }) {
        calls.push([name, body])
        return signed
      },
    },
    print: (text: string) => (printed += text),
    note: (text: string) => (noted += text),
  } as unknown as CommandContext
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  addSshHostSignCommand(program, context)
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} })
  await program.parseAsync(['host-sign', ...args, '--', from], { from: 'user' })
  return { calls, printed, noted }
}

it('has the keys certified, prints the script, and says who has signed', async () => {
  const { calls, printed, noted } = await run(`${line}\n`, '--principals', 'DB.example,10.0.0.5')
  expect(calls).toEqual([['signHostKeys', { keys: [line], principals: ['db.example', '10.0.0.5'] }]])
  expect(printed).toContain(
    "put /etc/ssh/ssh_host_ed25519_key-cert.pub <<'END'\nssh-ed25519-cert-v01@openssh.com AAAA db.example,10.0.0.5\n",
  )
  expect(noted).toBe('corp/ssh-host/host certifies SHA256:key for db.example, 10.0.0.5 until 2026-12-01T00:00:00Z\n')
})

it('hands on what is to sign, and for how long', async () => {
  const names = ['--principals', 'db']
  const { calls } = await run(line, ...names, '--vault', 'v', '--mount', 'm', '--role', 'r', '--ttl', '30m')
  expect(calls).toMatchObject([['signHostKeys', { vault: 'v', mount: 'm', role: 'r', ttlSeconds: 1800 }]])
  expect((await run(line, ...names, '--ca', 'lab')).calls).toMatchObject([['signHostKeys', { ca: 'lab' }]])
})

it('a key that sshd does not make is certified for --json alone, which has all that came back', async () => {
  const both = `${line}\n${hardware}\n`
  expect((await run(both, '--principals', 'db')).calls).toMatchObject([['signHostKeys', { keys: [line] }]])
  await expect(run(hardware, '--principals', 'db')).rejects.toMatchObject({
    code: 'REFUSED',
    hint: expect.stringContaining('--json'),
  })
  const { printed, calls } = await run(both, '--principals', 'db', '--json')
  expect(calls).toMatchObject([['signHostKeys', { keys: [line, hardware] }]])
  expect(JSON.parse(printed)).toEqual({ ...signed, principals: ['db'] })
})

it('a wrong command line is refused before anything is read or asked', async () => {
  await expect(run(line)).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining('--principals') })
  await expect(run(line, '--principals', 'a b')).rejects.toMatchObject({ code: 'commander.invalidArgument' })
  await expect(run(line, '--principals', 'a', '--ttl', '1s')).rejects.toMatchObject({
    code: 'commander.invalidArgument',
  })
  await expect(run(line, '--ca', 'a', '--mount', 'm')).rejects.toMatchObject({ code: 'commander.conflictingOption' })
  for (const from of ['-x', 'a\nb', '@web', ''])
    await expect(runFrom(from, line)).rejects.toMatchObject({ code: 'commander.invalidArgument' })
})

it('a script is for one key of each type', async () => {
  const [one, other] = [1, 2].map(() =>
    formatPublicKeyLine(publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey).blob, ''),
  )
  const input = `${one}\n${other}\n`
  await expect(run(input, '--principals', 'db')).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringMatching(
      /^the standard input has several keys of one type: SHA256:\S{43} \(ssh-ed25519\), SHA256:\S{43} \(ssh-ed25519\)$/,
    ),
    hint: expect.stringContaining('latchkey ssh host-sign --json'),
  })
  expect((await run(input, '--principals', 'db', '--json')).calls).toMatchObject([
    ['signHostKeys', { keys: [one, other] }],
  ])
})
