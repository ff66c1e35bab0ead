import { expect, it } from 'vitest'
import type { ProgramText } from '../../../../src/helper/exec/read-program.ts'
import { readSshSettings, tryLogin } from '../../../../src/helper/ssh/run-ssh.ts'
import { sshSettings } from '../../../support/ssh-explanation.ts'

const target = { destination: 'jo@web', options: ['-p', '2222', '-o', 'User=x y'] }
const least = ['user jo', 'hostname web', 'port 22']

function runner(answer: Partial<ProgramText>) {
  const calls: { command: string[]; environment: Record<string, string | undefined> }[] = []
  return {
    calls,
    environment: { PATH: '/bin', LATCHKEY_EXTRA_CA_CERTS: '/ca' },
    async readProgram(program: string, args: readonly string[], environment: Record<string, string | undefined>) {
      calls.push({ command: [program, ...args], environment })
      return { end: { how: 'exited', status: 0 } as const, lines: [], complaint: '', ...answer }
    },
  }
}

it('asks ssh what it would do, with commands of ours switched off', async () => {
  const ssh = runner({ lines: least })
  expect(await readSshSettings(target, ssh)).toMatchObject({ user: 'jo', hostname: 'web', port: 22 })
  expect(ssh.calls).toEqual([
    {
      command: ['ssh', '-G', '-p', '2222', '-o', 'User=x y', '--', 'jo@web'],
      environment: { PATH: '/bin', NODE_EXTRA_CA_CERTS: '/ca', LATCHKEY_EXPLAIN: '1' },
    },
  ])
})

it.each<[Partial<ProgramText>, string]>([
  [
    { end: { how: 'exited', status: 255 }, complaint: 'c: line 1: Bad configuration option: x\n\nc: terminating\n' },
    'ssh does not say what it would do: c: line 1: Bad configuration option: x; c: terminating',
  ],
  [
    { end: { how: 'exited', status: 255 }, complaint: 'usage: ssh [-46A]\n           [-b x]\n' },
    'ssh does not say what it would do: it takes no such destination',
  ],
  [{ lines: ['user jo'] }, 'ssh does not say what it would do: it takes no such destination'],
  [{ end: { how: 'timed-out' } }, 'ssh -G took longer than 30 s: a command of Match exec may hang'],
])('says why it got no settings: %j', async (answer, message) => {
  await expect(readSshSettings(target, runner(answer))).rejects.toMatchObject({
    message,
    hint: "ssh -G -p 2222 -o 'User=x y' -- jo@web",
  })
})

it('does not repeat what could move the cursor', async () => {
  const complaint = 'bad \u001b[31moption\u202e\n'
  const failure = readSshSettings(target, runner({ end: { how: 'exited', status: 255 }, complaint }))
  await expect(failure).rejects.toMatchObject({ message: 'ssh does not say what it would do: bad [31moption' })
})

it('tries a login that asks nobody, trusts nobody new and leaves nothing', async () => {
  const ssh = runner({ complaint: 'Authenticated to web ([192.0.2.1]:22) using "publickey".\n' })
  const attempt = await tryLogin(target, sshSettings(), ssh)
  expect(attempt.outcome).toEqual({ type: 'in', hasTerminal: true })
  const [{ command, environment }] = ssh.calls as [(typeof ssh.calls)[number]]
  const forced = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'ControlPath=none',
    'ControlMaster=no',
  ]
  for (const setting of forced) {
    // Before those of the person: ssh takes the first.
    expect(command.indexOf(setting)).toBeGreaterThan(0)
    expect(command.indexOf(setting)).toBeLessThan(command.indexOf('-p'))
  }
  expect(command.slice(-4)).toEqual(['-tt', '--', 'jo@web', 'true'])
  expect(environment).toEqual({ PATH: '/bin', NODE_EXTRA_CA_CERTS: '/ca', SSH_ASKPASS_REQUIRE: 'never' })
})

it('asks for no terminal where ssh_config wants none', async () => {
  const ssh = runner({})
  await tryLogin(target, sshSettings('requesttty no'), ssh)
  expect(ssh.calls[0]!.command).toContain('-T')
  expect(ssh.calls[0]!.command).not.toContain('-tt')
})
