import { describe, expect, it } from 'vitest'
import { type CommandContext, processContext } from '../../../../src/helper/command-context.ts'
import { runProgram } from '../../../../src/helper/command-line.ts'
import type { DaemonAccess } from '../../../../src/helper/daemon-access.ts'
import type { SshListExplanation } from '../../../../src/ipc/endpoints/ssh-explain.ts'
import { sshOffer } from '../../../support/ssh-explanation.ts'

const rooms = { runDaemon: async () => 0, checkConfig: async () => 0 }
const list: SshListExplanation = {
  isLocked: false,
  knownHosts: ['/known'],
  usesHosts: true,
  names: ['web'],
  isRevoked: false,
  isUnnamed: false,
  listed: [{ ...sshOffer('ops'), blob: 'AAAA', askedPrincipals: ['jo'] }],
  leftOut: [],
}

async function explain(
  args: readonly string[],
  {
    settings = [],
    login = '',
    answers = {},
  }: { settings?: string[]; login?: string; answers?: Partial<SshListExplanation> } = {},
) {
  const ran: string[][] = []
  const asked: unknown[] = []
  let printed = ''
  const daemon = {
    async call(name: string, input: { body: unknown }) {
      expect(name).toBe('explainSshList')
      asked.push(input.body)
      return { ...list, ...answers }
    },
  } as unknown as DaemonAccess
  const context: CommandContext = {
    ...processContext(),
    environment: { HOME: '/home/jo', LATCHKEY_RUNTIME_DIR: '/run/lk', SSH_AUTH_SOCK: '/run/lk/agent.sock' },
    daemon,
    print: (text) => {
      printed += text
    },
    async readProgram(program, given) {
      ran.push([program, ...given])
      const lines = [...settings, 'user jo', 'hostname web', 'port 22', 'userknownhostsfile /known']
      return { end: { how: 'exited', status: 0 }, lines: given[0] === '-G' ? lines : [], complaint: login }
    },
  }
  const ended = await runProgram(['ssh', 'explain', ...args], rooms, context).catch((error: unknown) => error)
  return { ran, asked, printed, ended }
}

describe('latchkey ssh explain', () => {
  it('hands options on to ssh as they came, and the command line to the daemon', async () => {
    const options = [
      '-p',
      '2222',
      '-o',
      'User=x',
      '-4',
      '-o',
      '-x',
      '-J',
      'gate',
      '-A',
      '-F/c',
      '-i',
      'id',
      '-l',
      'jo',
      '-6',
    ]
    const handedOn = options.flatMap((option) => (option === '-F/c' ? ['-F', '/c'] : [option]))
    const { ran, asked, ended } = await explain([...options, '--json', 'jo@web'])
    expect(ended).toBe(0)
    expect(ran[0]).toEqual(['ssh', '-G', ...handedOn, '--', 'jo@web'])
    expect(asked[0]).toMatchObject({ commandLine: ['ssh', ...handedOn, 'jo@web'] })
  })

  it('prints all of it as JSON, without the blobs', async () => {
    const { printed } = await explain(['--json', 'web'])
    const explanation = JSON.parse(printed)
    expect(explanation).toMatchObject({ destination: 'web', user: 'jo', fitting: 1, offers: [{ identity: 'ops' }] })
    expect(printed).not.toContain('AAAA')
    expect(explanation).not.toHaveProperty('attempt')
  })

  it('asks about a new host as ssh will have written it', async () => {
    const host = (asked: unknown[]) => (asked as { host: unknown }[]).map((one) => one.host)
    const hashed = await explain(['web'], { settings: ['hashknownhosts yes', 'port 2222'] })
    expect(host(hashed.asked)).toEqual([{ type: 'new', name: 'web', port: 2222, isHashed: true }])
    const alias = await explain(['web'], { settings: ['hostkeyalias other', 'port 2222'] })
    expect(host(alias.asked)).toEqual([{ type: 'new', name: 'other', port: 22, isHashed: false }])
    // Where the daemon does not read the file, it will not know the host.
    const elsewhere = await explain(['web'], { answers: { knownHosts: ['/other'] } })
    expect(host(elsewhere.asked).at(-1)).toEqual({ type: 'unknown' })
  })

  it('asks by the socket that ssh asks', async () => {
    const { asked } = await explain(['web'], { settings: ['identityagent /run/lk/agent-ops.sock'] })
    expect(asked[0]).toMatchObject({ identity: 'ops' })
  })

  it.each<[string, string[], Partial<SshListExplanation>, string]>([
    ['another agent is asked', ['identityagent /elsewhere'], {}, 'ssh does not ask latchkey'],
    ['the agent is locked', [], { isLocked: true }, 'the agent is locked'],
    ['ssh offers no keys', ['pubkeyauthentication no'], {}, 'ssh offers no keys'],
    ['IdentitiesOnly names others', ['identitiesonly yes'], {}, 'IdentitiesOnly yes, and no IdentityFile names it'],
    [
      'an algorithm is missing',
      ['pubkeyacceptedalgorithms ssh-ed25519'],
      {},
      'PubkeyAcceptedAlgorithms of ssh does not have ssh-ed25519 certificates',
    ],
  ])('says that nothing is offered where %s', async (_, settings, answers, why) => {
    const { offers, leftOut } = JSON.parse((await explain(['--json', 'web'], { settings, answers })).printed)
    expect(offers).toEqual([])
    expect(leftOut).toEqual([{ identity: 'ops', comment: 'ops@corp', why }])
  })

  it.each<[Partial<SshListExplanation>, string]>([
    [{ leftOut: [{ ...list.listed[0]!, hosts: ['db', 'x'], why: 'hosts' }] }, 'its hosts are others: db, x'],
    [{ leftOut: [{ ...list.listed[0]!, why: 'unbound-max' }] }, 'unbound_max of [ssh]: the host is not known'],
    [{ leftOut: [{ ...list.listed[0]!, why: 'destinations' }] }, 'it was added for other destinations (ssh-add -h)'],
    [{ leftOut: [{ ...list.listed[0]!, why: 'revoked' }] }, 'the key of the host is @revoked'],
    [{ leftOut: [{ ...list.listed[0]!, why: 'agent-away' }] }, 'no agent lists its key'],
    [
      {
        leftOut: [{ ...list.listed[0]!, why: 'agent-away', error: { code: 'X', message: 'no agent lists SHA256:k' } }],
      },
      'no agent lists SHA256:k',
    ],
  ])('repeats why the agent leaves something out: %#', async (answers, why) => {
    expect((await explain(['web'], { answers })).printed).toContain(`left out:\n  ops: ${why}\n`)
  })

  it('shows a failed login, and fails with what it means', async () => {
    const { printed, ended, ran } = await explain(['--try', 'web'], {
      login: 'jo@web: Permission denied (publickey).\n',
    })
    expect(ran[1]!.slice(0, 2)).toEqual(['ssh', '-v'])
    expect(printed).toContain('the login:\n  jo@web was offered no key, and takes publickey\n')
    expect(ended).toMatchObject({ code: 'REFUSED', message: 'jo@web was offered no key, and takes publickey' })
  })

  it('ends well where the login succeeds', async () => {
    const login = 'Authenticated to web ([192.0.2.1]:22) using "none".\n'
    expect((await explain(['--try', 'web'], { login })).ended).toBe(0)
  })

  it.each([
    ['-x'],
    ['-oProxyCommand=x', 'web', 'ls'],
    ['--', '-oProxyCommand=x'],
    ['--', ''],
    ['@web'],
    ['jo@'],
    ['web\nls'],
    [],
  ])('refuses %j, and starts nothing', async (...args) => {
    const { ended, ran } = await explain(args)
    expect(ended).toMatchObject({ code: 'USAGE', hint: 'latchkey help ssh explain' })
    expect(ran).toEqual([])
  })
})
