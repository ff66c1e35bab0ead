import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CommandContext } from '../../../../src/helper/command-context.ts'
import { runProgram } from '../../../../src/helper/command-line.ts'
import type { DaemonAccess } from '../../../../src/helper/daemon-access.ts'
import { HelperError } from '../../../../src/helper/fast/failure.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const serial = 'arn:aws:iam::111122223333:mfa/jo'
const arn = 'arn:aws:iam::111122223333:user/jo'
const nowMs = Date.UTC(2026, 5, 1)
const key = {
  accessKeyId: id,
  isActive: true,
  createdAt: '2026-05-30T00:00:00Z',
  use: 'used',
  lastUsedAt: '2026-05-31T00:00:00Z',
}

const user = {
  type: 'user',
  arn,
  maxKeyAgeSeconds: 90 * 86_400,
  keys: { type: 'told', value: [key] },
  devices: { type: 'told', value: [serial] },
}

type Answer = (params: Record<string, string>) => unknown

/** A daemon with one source and some roles behind it. */
function world(answers: Record<string, Answer> = {}, roles = ['dev']) {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'credentials'), '')
  const own = join(folder, 'latchkey')
  writeFileSync(own, '', { mode: 0o755 })
  const block = (name: string) => `[profile ${name}]\ncredential_process = ${own} aws credentials ${name}\n`
  writeFileSync(join(folder, 'config'), roles.map(block).join(''))
  const calls: string[] = []
  let atOnce = 0
  const most = { asked: 0 }
  const usual: Record<string, Answer> = {
    listProfiles: () => ({
      profiles: [
        { name: 'master', definedIn: 'config.toml', keyOf: 'master', mfaSerial: serial },
        ...roles.map((name) => ({
          name,
          definedIn: 'config.toml',

          source: 'master',
          roleArn: `arn:aws:iam::123456789012:role/${name}`,
          keyOf: 'master',
          mfaSerial: serial,
        })),
      ],
    }),
    listKeys: () => ({ keys: [{ source: 'master', accessKeyId: id }] }),
    checkUser: () => user,
    checkRole: () => ({ open: [] }),
    ...answers,
  }
  async function run(...args: string[]) {
    const seen = { printed: '', noted: '', status: -1 }
    const call = async (name: string, input?: { params?: Record<string, string> }) => {
      calls.push(name)
      atOnce += 1
      most.asked = Math.max(most.asked, atOnce)
      await new Promise((resolve) => setImmediate(resolve))
      atOnce -= 1
      return usual[name]!(input?.params ?? {})
    }
    const context = {
      environment: {
        HOME: folder,
        AWS_CONFIG_FILE: join(folder, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      },
      print: (text: string) => {
        seen.printed += text
      },
      note: (text: string) => {
        seen.noted += text
      },
      commandPath: '/opt/latchkey',
      daemon: { call } as unknown as DaemonAccess,
      nowMs: () => nowMs,
    } as unknown as CommandContext
    seen.status = await runProgram(
      ['aws', 'check', ...args],
      { runDaemon: async () => 0, checkConfig: async () => 0 },
      context,
    )
    return seen
  }
  return { folder, calls, most, run }
}

describe('latchkey aws check', () => {
  it('ends with 0 where there is nothing to find', async () => {
    const { run, calls } = world()
    expect(await run()).toEqual({ printed: 'nothing found\n', noted: '', status: 0 })
    expect(calls).toEqual(['listProfiles', 'listKeys', 'checkUser', 'checkRole'])
  })

  it('ends with 1 and shows each finding with its evidence and what mends it', async () => {
    const { run, folder } = world({ checkRole: () => ({ open: ['*'] }) })
    writeFileSync(join(folder, 'credentials'), `[base]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`)
    expect(await run()).toEqual({
      printed: `error: profile base has a long-term key in plain text [plaintext-key]
  ${join(folder, 'credentials')}: AKIA…MPLE
  mend: latchkey aws keys import --profile base
warning: the role of dev can be assumed without MFA [open-role]
  arn:aws:iam::123456789012:role/dev
  its trust policy lets * assume it without a code
  mend: ask who owns the role for the condition {"Bool":{"aws:MultiFactorAuthPresent":"true"}} in its trust policy
2 findings
`,
      noted: '',
      status: 1,
    })
  })

  it('calls nothing of AWS with --offline', async () => {
    const { run, calls } = world()
    expect((await run('--offline')).printed).toBe('nothing found; AWS was not asked\n')
    expect(calls).toEqual(['listProfiles', 'listKeys'])
  })

  it('is JSON with --json, without control characters', async () => {
    const { run } = world({
      checkUser: () => ({
        ...user,
        arn: 'arn:\u001b[31m',
        keys: { type: 'told', value: [{ ...key, createdAt: '2026-01-01T00:00:00Z' }] },
      }),
    })
    const { printed, status } = await run('--json')
    expect(status).toBe(1)
    expect(printed).not.toContain('\u001b')
    expect(JSON.parse(printed)).toMatchObject({
      findings: [{ rule: 'old-key', severity: 'warning', mend: 'latchkey aws keys rotate master' }],
      unseen: [],
      isOffline: false,
    })
  })

  it('says what AWS did not say, and fails for findings only', async () => {
    const { run } = world(
      {
        checkUser: () => {
          throw new HelperError('REFUSED', 'AWS refused ListAccessKeys', { hint: 'ask an administrator' })
        },
        checkRole({ profile }) {
          if (profile === 'gone') throw new HelperError('REFUSED', 'AWS refused AssumeRole')
          return {}
        },
      },
      ['dev', 'prod', 'gone'],
    )
    expect(await run()).toEqual({
      printed: `not seen: the user of master: AWS refused ListAccessKeys
  hint: ask an administrator
not seen: whom the role of gone trusts: AWS refused AssumeRole
not seen: whom the roles of dev, prod trust: they may not read themselves (iam:GetRole)
nothing found
`,
      noted: '',
      status: 0,
    })
  })

  it('sees the devices of a user who may not list keys, and the keys of one who may not list devices', async () => {
    const refused = (message: string) => ({ type: 'refused', refusal: { code: 'AWS_DENIED', message, hint: 'ask' } })
    const noKeys = { ...user, keys: refused('no ListAccessKeys'), devices: { type: 'told', value: [] } }
    expect(await world({ checkUser: () => noKeys }).run()).toMatchObject({
      printed: `error: the MFA device of master is none of its user's [no-mfa]
  ${serial}
  mend: latchkey aws mfa enroll master
not seen: the access keys of the user of master: no ListAccessKeys
  hint: ask
1 finding
`,
      status: 1,
    })
    expect(await world({ checkUser: () => ({ ...user, devices: refused('no ListMFADevices') }) }).run()).toMatchObject({
      printed: `not seen: the MFA devices of the user of master: no ListMFADevices
  hint: ask
nothing found
`,
      status: 0,
    })
  })

  it.each(['checkUser', 'checkRole'])('ends where a person gives no code: %s', async (where) => {
    const { run, calls } = world(
      {
        [where]: () => {
          throw new HelperError('CANCELLED', 'cancelled: MFA code')
        },
      },
      ['dev', 'prod', 'gone'],
    )
    await expect(run()).rejects.toMatchObject({ code: 'CANCELLED', hint: 'without AWS: latchkey aws check --offline' })
    expect(calls.at(-1)).toBe(where)
    expect(calls.filter((name) => name === where)).toHaveLength(1)
  })

  it('asks about no further role where a person gives no code for one', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `role-${at}`)
    const { run, calls } = world(
      {
        checkRole({ profile }) {
          if (profile === 'role-2') throw new HelperError('CANCELLED', 'cancelled: MFA code')
          return {}
        },
      },
      names,
    )
    await expect(run()).rejects.toMatchObject({ code: 'CANCELLED' })
    for (const _ of names) await new Promise((resolve) => setImmediate(resolve))
    // The first one, four at a time, and what the other three had begun by then.
    expect(calls.filter((name) => name === 'checkRole').length).toBeLessThanOrEqual(1 + 4 + 3)
  })

  describe('where AWS does not answer for a role', () => {
    const names = Array.from({ length: 40 }, (_, at) => `role-${String(at).padStart(2, '0')}`)
    const silence = { error: { code: 'AWS_UNREACHABLE', message: 'STS does not answer', hint: 'check the network' } }
    const rolesOf = (calls: string[]) => calls.filter((name) => name === 'checkRole').length

    it('asks for a few of them, and says once what is the same for all', async () => {
      const { run, calls } = world({ checkRole: () => silence }, names)
      expect(await run()).toEqual({
        printed: `not seen: whom the roles of ${names.join(', ')} trust: STS does not answer
  hint: check the network
nothing found
`,
        noted: '',
        status: 0,
      })
      expect(rolesOf(calls)).toBeLessThan(12)
    })

    it('asks for all of them once AWS has answered for one', async () => {
      const { run, calls } = world({ checkRole: ({ profile }) => (profile === 'role-00' ? {} : silence) }, names)
      const { printed } = await run()
      expect(printed).toContain(`whom the roles of ${names.slice(1).join(', ')} trust: STS does not answer\n`)
      expect(rolesOf(calls)).toBe(40)
    })

    it('takes a refusal for an answer', async () => {
      const refused = (profile: string) => ({ error: { code: 'AWS_DENIED', message: `not ${profile}` } })
      const { run, calls } = world({ checkRole: ({ profile }) => refused(profile!) }, names)
      expect((await run()).printed).toContain('not seen: whom the role of role-39 trusts: not role-39\n')
      expect(rolesOf(calls)).toBe(40)
    })
  })

  it('asks a person once, and AWS about four roles at a time', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `role-${at}`)
    const answers = [{ type: 'session-needed' }, user]
    const { run, calls, most } = world(
      {
        checkUser: () => answers.shift(),
        awsLogin: () => ({ source: 'master', mfaSerial: serial, expiresAt: '2026-06-02T00:00:00Z', isNew: true }),
      },
      names,
    )
    const { noted, status } = await run()
    expect(status).toBe(0)
    expect(noted).toMatch(/^an MFA session has begun: master/)
    expect(calls.slice(2, 7)).toEqual(['checkUser', 'awsLogin', 'checkUser', 'checkRole', 'checkRole'])
    expect(calls.filter((name) => name === 'checkRole')).toHaveLength(12)
    expect(most.asked).toBe(4)
  })
})
