import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ReadProgram } from '../../../../src/helper/exec/read-program.ts'
import { HelperError } from '../../../../src/helper/fast/failure.ts'
import { readIncludedFile, writeIncludedFile } from '../../../../src/helper/ssh-config/included-file.ts'
import { parseNamedHosts, wantedSettings } from '../../../../src/helper/ssh-config/settings.ts'

const usual = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
const choice = { agent: 'identity-agent', identities: [], file: undefined } as const
const printing =
  (...lines: string[]): ReadProgram =>
  async () => ({ end: { how: 'exited', status: 0 }, lines, complaint: '' })
const wanted = (more: object, readProgram: ReadProgram) =>
  wantedSettings({ ...choice, ...more }, '/bin/latchkey', {
    environment: { LATCHKEY_RUNTIME_DIR: '/run/l', HOME: '/home/jo' },
    readProgram,
  })

describe('the settings', () => {
  it('have the files of known hosts that the system has, and then that of the host CAs', async () => {
    const runs: unknown[] = []
    const { knownHosts } = await wanted({}, async (program, args) => {
      runs.push([program, ...args])
      const lines = ['user jo', 'hostname localhost', 'port 22', 'globalknownhostsfile /var/lib/sss/known none']
      return { end: { how: 'exited', status: 0 }, lines, complaint: '' }
    })
    expect(runs).toEqual([
      ['ssh', '-V'],
      ['ssh', '-G', '-F', '/etc/ssh/ssh_config', '--', 'localhost'],
    ])
    expect(knownHosts).toEqual(['/var/lib/sss/known', '/run/l/known_hosts'])
  })

  it('have those that ssh has without a setting where it cannot be asked', async () => {
    const missing: ReadProgram = async () => {
      throw new HelperError('PROGRAM_MISSING', 'no ssh')
    }
    for (const program of [missing, printing('nonsense')])
      expect((await wanted({}, program)).knownHosts).toEqual([...usual, '/run/l/known_hosts'])
  })

  it.each([
    ['OpenSSH_8.3p1, OpenSSL 1.1.1', '%h'],
    ['OpenSSH_8.4p1 Debian-5, OpenSSL 1.1.1', '%k'],
    ['OpenSSH_10.0p2, OpenSSL 3', '%k'],
    ['Sun_SSH_2.4', '%h'],
  ])('name the host of %s by %s', async (complaint, hostToken) => {
    const program: ReadProgram = async () => ({ end: { how: 'exited', status: 0 }, lines: [], complaint })
    expect((await wanted({}, program)).hostToken).toBe(hostToken)
  })

  it('end where the person has ended the command', async () => {
    const cancelled: ReadProgram = async () => {
      throw new HelperError('CANCELLED', 'cancelled')
    }
    await expect(wanted({}, cancelled)).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('say by which command line they are written anew', async () => {
    expect(await wanted({}, printing())).toMatchObject({
      writtenBy: 'latchkey ssh config --install',
      latchkey: '/bin/latchkey',
      agentSocket: '/run/l/agent.sock',
      lastingNames: [],
    })
    const identities = [{ identity: 'ops', hosts: ['*.a', 'b'] }]
    const all = await wanted({ agent: 'environment', identities, file: '/x y' }, printing())
    expect(all).toMatchObject({
      writtenBy: "latchkey ssh config --install --agent environment --identity 'ops=*.a,b' -F '/x y'",
      agentSocket: undefined,
      lastingNames: [{ identity: 'ops', hosts: ['*.a', 'b'], certificate: '/run/l/identity/ops-cert.pub' }],
    })
  })

  it('say it in one line that means the same file in any folder', async () => {
    const { writtenBy } = await wanted({ file: 'cfg' }, printing())
    expect(writtenBy).toBe(`latchkey ssh config --install -F ${join(process.cwd(), 'cfg')}`)
    // ssh refuses every connection over a line that it does not know.
    const broken = await wanted({ file: '/x\nProxyCommand y' }, printing())
    expect(broken.writtenBy).toBe(`latchkey ssh config --install -F "$(printf '/x\\012ProxyCommand\\040y')"`)
    expect(readIncludedFile(writeIncludedFile(broken))).toMatchObject({ writtenBy: broken.writtenBy })
  })
})

it('hosts of an identity are patterns of ssh_config', () => {
  expect(parseNamedHosts('ops=*.prod,!db.prod')).toEqual({ identity: 'ops', hosts: ['*.prod', '!db.prod'] })
  for (const text of ['ops', 'ops=', 'ops=a,', '=a', '../x=a', '.x=a', 'ops=a b', 'ops=a"b', 'ops=a\nb', 'ops=$(x)'])
    expect(parseNamedHosts(text), text).toBeUndefined()
})
