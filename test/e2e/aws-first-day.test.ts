import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DevAwsState } from '../../src/dev/aws/state.ts'
import { type DevSession, sharedDevSession, startDevSession } from '../support/dev-session.ts'
import { type LiveTerminal, liveTerminal } from '../support/live-terminal.ts'
import { describeWithPeers } from '../support/peers.ts'
import { runOk } from '../support/run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { qrCodeOn } from '../support/terminal-picture.ts'

const user = 'arn:aws:iam::111122223333:user/new'
const serial = (name: string) => `arn:aws:iam::111122223333:mfa/${name}`
const attended = { LATCHKEY_DEV_MFA: '' }

const configOf = (dev: DevSession) => readFileSync(dev.env.LATCHKEY_CONFIG!, 'utf8')
const addKey = (dev: DevSession, ...args: string[]) =>
  dev.run('sh', ['-c', `latchkey aws keys add ${args.join(' ')} <"$LATCHKEY_DEV_DIR/new-user.key"`])
const enroll = (dev: DevSession, ...args: string[]) =>
  liveTerminal(['latchkey', 'aws', 'mfa', 'enroll', 'new', ...args].join(' '), dev.env)
/** The calls that have changed something, or spent a code. AWS refuses some others: it takes a while to know a device. */
const costly = (dev: DevSession) =>
  dev
    .log('aws-calls')
    .filter(({ error }) => error === null)
    .map(({ action }) => action as string)
    .filter((action) => !/^(GetCallerIdentity|ListMFADevices)$/.test(action))

/** Whether the embedded AWS knows a device at STS too, which takes it a moment. */
function isKnownEverywhere(dev: DevSession, serialNumber: string): boolean {
  const { users } = JSON.parse(readFileSync(join(dev.folder, 'aws-state.json'), 'utf8')) as DevAwsState
  const device = users.flatMap(({ mfaDevices }) => mfaDevices).find((each) => each.serialNumber === serialNumber)
  return device !== undefined && (device.knownAtMs ?? 0) <= Date.now()
}

/** What a phone shows that has read the QR code, so many periods before or after the present of the first look. */
async function phone(terminal: LiveTerminal) {
  const [, secret] = /secret=([A-Z2-7]{64})$/.exec(await qrCodeOn(terminal.screen()))!
  const present = Math.floor(Date.now() / 1000)
  const code = async (away: number) => {
    const now = `--now=@${present + away * 30}`
    return (await runOk('oathtool', ['--totp', '--base32', now, secret!])).trim()
  }
  /** Types the codes of a period and of the one before it, where they are asked for. */
  const typeTwo = async (away: number) => {
    terminal.type(`${await code(away - 1)}\n`)
    await terminal.shows('second code')
    terminal.type(`${await code(away)}\n`)
  }
  return { secret: secret!, code, typeTwo }
}

describeWithPeers('the first day', ['oathtool', 'zbarimg', 'script', 'aws'], () => {
  describe('of somebody with a new key', () => {
    const session = sharedDevSession(attended)

    it('needs no ARN: the key gets a section, and the way to a device is said', async () => {
      const { dev } = session
      expect(statSync(join(dev.folder, 'new-user.key')).mode & 0o777).toBe(0o600)
      const before = configOf(dev)
      const { status, stdout } = await addKey(dev, '--new', 'new')
      expect(status).toBe(0)
      expect(stdout).toContain(`as new, a key of ${user}\n`)
      expect(stdout).toContain('to get one: latchkey aws mfa enroll new\n')
      expect(configOf(dev)).toBe(`${before}\n[aws.source.new]\n`)
      expect(await dev.runOk('latchkey', ['aws', 'mfa', 'list', 'new'])).toContain('has no MFA device')
    })

    it('ends with a session: a phone reads the QR code on a dark terminal, and no code is wasted', async () => {
      const { dev } = session
      const before = costly(dev).length
      const terminal = enroll(dev)
      await terminal.shows('first code (or: secret, uri): ')
      const uri = await qrCodeOn(terminal.screen())
      expect(uri).toMatch(/^otpauth:\/\/totp\/new@111122223333\?secret=[A-Z2-7]{64}$/)
      const { secret, code, typeTwo } = await phone(terminal)
      expect(terminal.screen()).not.toContain(secret)
      terminal.type('secret\n')
      await terminal.shows(secret)
      await terminal.shows('first code')
      await typeTwo(0)
      await terminal.shows('third code')
      terminal.type(`${await code(1)}\n`)
      await terminal.shows('an MFA session has begun')
      expect(await terminal.ended).toBe(0)
      expect(configOf(dev)).toContain(`\n[aws.source.new]\nmfa_serial = "${serial('new')}"\n`)
      expect(costly(dev).slice(before)).toEqual(['CreateVirtualMFADevice', 'EnableMFADevice', 'GetSessionToken'])
      // The session is there: nobody is asked.
      expect(await dev.runOk('latchkey', ['aws', 'login', 'new'])).toContain('there already is an MFA session')
      // Only AWS keeps the secret.
      const kept = readdirSync(dev.folder, { withFileTypes: true }).filter((entry) => entry.isFile())
      expect(kept.map(({ name }) => name)).toEqual(expect.arrayContaining(['daemon.log', 'aws-calls.jsonl']))
      const holding = kept.filter(({ name }) => readFileSync(join(dev.folder, name), 'utf8').includes(secret))
      expect(holding.map(({ name }) => name)).toEqual(['aws-state.json'])
    })

    it('lets the AWS CLI use a role behind the new device', async () => {
      const { dev } = session
      const role = 'arn:aws:iam::123456789012:role/DeveloperRole'
      const options = ['--role', role, '--source', 'new', '--name', 'mine', '--region', 'us-east-1']
      await dev.runOk('latchkey', ['aws', 'profiles', 'add', ...options])
      const args = ['sts', 'get-caller-identity', '--profile', 'mine', '--query', 'Arn', '--output', 'text']
      const arn = await dev.runOk('aws', [...args, '--endpoint-url', dev.env.AWS_ENDPOINT_URL_STS!])
      expect(arn.trim()).toBe('arn:aws:sts::123456789012:assumed-role/DeveloperRole/new')
    })

    it('is over: the device is found by the same commands, and nothing changes', async () => {
      const { dev } = session
      const before = configOf(dev)
      expect((await addKey(dev, 'new')).stdout).toContain(`its MFA device is ${serial('new')}, as before\n`)
      const terminal = enroll(dev)
      await terminal.shows(`${user} has an MFA device already: ${serial('new')}`)
      await terminal.shows('enroll another one? (y/N): ')
      terminal.type('\n')
      await terminal.shows('next: latchkey aws login new')
      expect(await terminal.ended).toBe(0)
      expect(configOf(dev)).toBe(before)
      const list = await dev.runOk('latchkey', ['aws', 'mfa', 'list', 'new'])
      expect(list).toMatch(new RegExp(`^${serial('new')} +virtual +\\S+Z +device of new$`, 'm'))
    })
  })

  describe('that is interrupted', () => {
    const session = sharedDevSession(attended)

    it('by kill -9 at any question, goes on where it stands', async () => {
      const { dev } = session
      await addKey(dev, '--new', 'new')
      const first = enroll(dev)
      await first.shows('first code')
      first.kill()
      await first.ended

      // The device of the first try is nobody's, and AWS's policy lets nobody delete it.
      const second = enroll(dev, '--uri')
      await second.shows(`an earlier try has left ${serial('new')}; an administrator may delete it: aws iam `)
      await second.shows(`made ${serial('new-2')}`)
      await second.shows(`otpauth://totp/new-2@111122223333?secret=`)
      await second.shows('first code')
      const { code, typeTwo } = await phone(second)
      await typeTwo(0)
      await second.shows('third code')
      second.kill()
      await second.ended
      expect(configOf(dev)).toContain(`\n[aws.source.new]\nmfa_serial = "${serial('new-2')}"\n`)

      // Killed before the section was written.
      writeFileSync(dev.env.LATCHKEY_CONFIG!, configOf(dev).replace(`mfa_serial = "${serial('new-2')}"\n`, ''))
      await expect.poll(() => dev.runOk('latchkey', ['aws', 'mfa', 'list', 'new'])).not.toContain('device of new')
      const third = enroll(dev)
      await third.shows(`its MFA device is ${serial('new-2')}: [aws.source.new] of `)
      await third.shows('enroll another one?')
      third.type('n\n')
      expect(await third.ended).toBe(0)

      // Nobody is as quick with the next code as a test.
      await expect.poll(() => isKnownEverywhere(dev, serial('new-2')), { timeout: 10_000 }).toBe(true)
      const login = liveTerminal('latchkey aws login new', dev.env)
      await login.shows(`MFA code for ${serial('new-2')}: `)
      login.type(`${await code(1)}\n`)
      await login.shows('an MFA session has begun')
      expect(await login.ended).toBe(0)
    })
  })

  it('is one enrolment for somebody who begins it twice, and may delete what nobody has', async () => {
    const folder = join(temporaryFolder(), 'dev')
    await (await startDevSession(folder)).stop()
    const path = join(folder, 'aws-state.json')
    const state = () => JSON.parse(readFileSync(path, 'utf8')) as DevAwsState
    const changed = state()
    changed.users.find(({ name }) => name === 'new')!.policy = [{ Effect: 'Allow', Action: ['iam:*'], Resource: ['*'] }]
    writeFileSync(path, JSON.stringify(changed))
    const dev = await startDevSession(folder, attended)
    onTestFinished(() => dev.stop())

    await addKey(dev, '--new', 'new')
    const killed = enroll(dev)
    await killed.shows('first code')
    killed.kill()
    await killed.ended
    const first = enroll(dev)
    await first.shows(`deleted ${serial('new')}, which an earlier try had left`)
    await first.shows('first code')
    const { code, typeTwo } = await phone(first)
    const second = enroll(dev)
    await second.shows('an MFA device is being enrolled in another terminal')
    expect(await second.ended).toBe(1)
    expect(state().freeDevices).toMatchObject([{ serialNumber: serial('new') }])
    await typeTwo(0)
    await first.shows('third code')
    first.type(`${await code(1)}\n`)
    await first.shows('an MFA session has begun')
    expect(await first.ended).toBe(0)
  })

  describe('with codes that come late', () => {
    const session = sharedDevSession(attended)

    it('sets the device before it ends', async () => {
      const { dev } = session
      await addKey(dev, '--new', 'new')
      const terminal = enroll(dev)
      await terminal.shows('first code')
      const { code, typeTwo } = await phone(terminal)
      await typeTwo(-6)
      await terminal.shows('third code')
      terminal.type(`${await code(-2)}\n`)
      await terminal.shows('AWS refused the MFA code')
      await terminal.shows('out of step: set it by two new ones? (y/N): ')
      terminal.type('y\n')
      await terminal.shows('first code')
      await typeTwo(0)
      await terminal.shows('third code')
      terminal.type(`${await code(1)}\n`)
      await terminal.shows('an MFA session has begun')
      expect(await terminal.ended).toBe(0)
      expect(costly(dev).filter((call) => !call.startsWith('Assume'))).toEqual([
        'CreateVirtualMFADevice',
        'EnableMFADevice',
        'ResyncMFADevice',
        'GetSessionToken',
      ])
    })
  })

  describe('without a terminal', () => {
    const session = sharedDevSession(attended)

    it('is wrong usage where somebody would have to be asked', async () => {
      const { dev } = session
      await addKey(dev, '--new', 'new')
      for (const command of ['enroll', 'resync']) {
        const { status, stderr } = await dev.run('latchkey', ['aws', 'mfa', command, 'new'])
        expect([status, stderr]).toEqual([2, expect.stringMatching(/ takes a terminal\nhint: run it in a terminal\n$/)])
      }
      expect(costly(dev)).toEqual([])
    })

    it('takes no name that is probably mistyped, nor a new one while a source has no key', async () => {
      const { dev } = session
      const mistyped = await addKey(dev, 'dev-usr')
      expect(mistyped).toMatchObject({ status: 2, stdout: '' })
      expect(mistyped.stderr).toContain(
        'no source is called dev-usr; there is dev-user\nhint: latchkey aws keys add dev-user',
      )
      await dev.runOk('latchkey', ['aws', 'keys', 'remove', 'dev-user'])
      const other = await addKey(dev)
      expect(other.status).toBe(2)
      expect(other.stderr).toContain('no profile uses master; sources without a key: dev-user\n')
      expect((await addKey(dev, '--new')).stdout).toContain(`as master, a key of ${user}\n`)
    })
  })

  describe('of a second person at the same machine', () => {
    const session = sharedDevSession(attended)
    const jo = 'arn:aws:iam::111122223333:user/jo'
    const held = async (dev: DevSession) => {
      const { keys } = JSON.parse(await dev.runOk('latchkey', ['aws', 'keys', 'list', '--json'])) as {
        keys: { source: string; accessKeyId: string }[]
      }
      return keys.find(({ source }) => source === 'dev-user')!.accessKeyId
    }

    it('takes no key from the first one, but by consent', async () => {
      const { dev } = session
      const before = await held(dev)
      const refused = await addKey(dev, 'dev-user')
      expect(refused).toMatchObject({ status: 2, stdout: '' })
      expect(refused.stderr).toBe(
        `latchkey: nothing was stored: the key of dev-user is one of ${jo}, and this one is of ${user}\nhint: latchkey aws keys add --replace dev-user, or under another name: latchkey aws keys add --new NAME\n`,
      )
      const [id, secret] = readFileSync(join(dev.folder, 'new-user.key'), 'utf8').split('\n')
      const type = async (consent: string) => {
        const terminal = liveTerminal('latchkey aws keys add dev-user', dev.env)
        await terminal.shows('access key id: ')
        terminal.type(`${id}\n`)
        await terminal.shows('secret access key: ')
        terminal.type(`${secret}\n`)
        await terminal.shows('put it in the place of that one? (y/N): ')
        terminal.type(consent)
        return { status: await terminal.ended, screen: terminal.screen() }
      }
      expect((await type('\n')).status).toBe(130)
      expect(await held(dev)).toBe(before)
      const { status, screen } = await type('y\n')
      expect(status).toBe(0)
      expect(screen).toContain('which is not among the MFA devices of')
      expect(screen).toContain('to get one: latchkey aws mfa enroll dev-user')
      expect(await held(dev)).toBe(id)
    })

    it('gives it back with the device of the first one', async () => {
      const { dev } = session
      writeFileSync(dev.env.LATCHKEY_CONFIG!, configOf(dev).replace('mfa/jo"', 'mfa/new"'))
      const { users } = JSON.parse(readFileSync(join(dev.folder, 'aws-state.json'), 'utf8')) as DevAwsState
      const [key] = users.find(({ name }) => name === 'jo')!.accessKeys
      writeFileSync(join(dev.folder, 'new-user.key'), `${key!.id}\n${key!.secret}\n`)
      const { status, stdout } = await addKey(dev, '--replace', 'dev-user')
      expect(status).toBe(0)
      expect(stdout).toMatch(new RegExp(`^its MFA device is ${serial('jo')}: .*; it was ${serial('new')}$`, 'm'))
      expect((await addKey(dev, 'dev-user')).stdout).toContain(`its MFA device is ${serial('jo')}, as before\n`)
    })
  })
})
