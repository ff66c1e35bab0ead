import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startDevSession } from '../support/dev-session.ts'
import { debianPython, describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Session = Awaited<ReturnType<typeof startDevSession>>
type Key = { id: string; secret: string; status: string }

/** A session of its own: a rotation changes it for good. */
async function inSession(work: (dev: Session) => Promise<void>, folder = join(temporaryFolder(), 'dev')) {
  const dev = await startDevSession(folder)
  try {
    await work(dev)
  } finally {
    await dev.stop()
  }
}

/** The keys of the user as the embedded AWS has them, secrets included. */
const keysOf = (dev: Session): Key[] =>
  JSON.parse(readFileSync(join(dev.folder, 'aws-state.json'), 'utf8')).users[0].accessKeys
const latchkey = (dev: Session, ...args: string[]) => dev.run('latchkey', ['aws', ...args])
const actions = (dev: Session) => dev.log('aws-calls').map(({ action }) => action)

describeWithPeers('aws keys rotate', ['aws', 'python:boto3'], () => {
  /** Asks AWS by its own command line tool, with the credentials that latchkey gives it. */
  const iam = async (dev: Session, ...args: string[]) =>
    JSON.parse(
      await dev.runOk('latchkey', [
        'aws',
        'exec',
        'dev-user',
        '--',
        'aws',
        'iam',
        ...args,
        '--endpoint-url',
        dev.env.AWS_ENDPOINT_URL_IAM!,
        '--output',
        'json',
      ]),
    )

  /** What boto3 is told by AWS, with a long-term key. */
  const whoami = (dev: Session, { id, secret }: Key) =>
    dev.runOk(debianPython, ['-c', script], {
      env: { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: undefined },
    })
  const script = `
import boto3, os
from botocore.exceptions import ClientError
try:
    print(boto3.client('sts', region_name='us-east-1', endpoint_url=os.environ['AWS_ENDPOINT_URL_STS']).get_caller_identity()['Arn'], end='')
except ClientError as error:
    print(error.response['Error']['Code'], end='')
`

  it('replaces the key, as AWS’s own tools see it, for one code more', async () => {
    await inSession(async (dev) => {
      const [former] = keysOf(dev)
      await dev.runOk('latchkey', ['aws', 'login'])
      const before = actions(dev).length
      const { status, stdout, stderr } = await latchkey(dev, 'keys', 'rotate', 'dev-user')
      const [, { id }] = keysOf(dev) as [Key, Key]
      expect({ status, stdout: stdout.split('\n') }).toEqual({
        status: 0,
        stdout: [
          expect.stringMatching(
            new RegExp(
              `^${former!.id}, the access key of jo: age \\S+, last used \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:00Z$`,
            ),
          ),
          `${id} is made, stored and read back; it is not in use yet`,
          `${id} is known to AWS, and is the key of dev-user now`,
          `${former!.id} is inactive`,
          'if nothing has missed it for some days, this deletes it: latchkey aws keys rotate dev-user --finish',
          '',
        ],
      })
      expect(stderr).toMatch(/^an MFA session has begun: dev-user, /)
      expect(dev.log('prompts')).toHaveLength(2)

      // The former key signs nothing any more, nor does what it had made.
      expect(await whoami(dev, former!)).toBe('InvalidClientTokenId')
      expect(await whoami(dev, keysOf(dev)[1]!)).toBe('arn:aws:iam::111122223333:user/jo')
      const calls = actions(dev).slice(before)
      expect(calls.slice(0, 3)).toEqual(['ListAccessKeys', 'GetAccessKeyLastUsed', 'CreateAccessKey'])
      // It is not known at first, and asked about again and again.
      const probes = calls.slice(3).findIndex((action) => action !== 'GetCallerIdentity')
      expect(probes).toBeGreaterThan(1)
      expect(calls.slice(3 + probes, 5 + probes)).toEqual(['GetSessionToken', 'UpdateAccessKey'])

      const { AccessKeyMetadata } = await iam(dev, 'list-access-keys', '--user-name', 'jo')
      expect(AccessKeyMetadata).toMatchObject([
        { AccessKeyId: former!.id, Status: 'Inactive' },
        { AccessKeyId: id, Status: 'Active' },
      ])
      expect(JSON.parse(await dev.runOk('latchkey', ['aws', 'credentials', 'dev']))).toMatchObject({ Version: 1 })

      const again = await latchkey(dev, 'keys', 'rotate', 'dev-user')
      expect(again.status).toBe(0)
      expect(again.stdout).toContain(`${id} has replaced ${former!.id}, which is inactive since 2`)

      const early = await latchkey(dev, 'keys', 'rotate', 'dev-user', '--finish')
      expect(early.status).toBe(1)
      expect(early.stderr).toMatch(
        /may not have missed it yet\nhint: .* deletes it from 2.* on, and with --now at once\n$/,
      )
      const unfinished = new RegExp(
        `^  ! dev-user: warning: ${former!.id}, which it has replaced, is inactive since .* and still there: latchkey aws keys rotate dev-user --finish$`,
        'm',
      )
      expect(await dev.runOk('latchkey', ['aws', 'keys', 'list'])).toMatch(unfinished)
      expect(await dev.runOk('latchkey', ['status'])).toContain(
        '  ! warning: the rotation of the key of dev-user is not finished: latchkey aws keys list\n',
      )
      expect((await latchkey(dev, 'check')).stdout).not.toContain(former!.id)
      expect(await latchkey(dev, 'keys', 'rotate', 'dev-user', '--finish', '--now')).toMatchObject({
        status: 0,
        stdout: `${former!.id} is deleted\n`,
      })
      expect(keysOf(dev).map((key) => key.id)).toEqual([id])
      expect(await latchkey(dev, 'keys', 'rotate', 'dev-user', '--finish')).toMatchObject({
        status: 1,
        stderr:
          'latchkey: no key of dev-user has been replaced and waits to be deleted\nhint: latchkey aws keys rotate dev-user\n',
      })
      expect(dev.log('prompts')).toHaveLength(2)
      for (const { secret } of [former!, ...keysOf(dev)]) {
        expect(readFileSync(join(dev.folder, 'daemon.log'), 'utf8')).not.toContain(secret)
        expect(stdout + stderr).not.toContain(secret)
      }
    })
  })

  it('changes nothing where the user has two keys, and says which, and what to run', async () => {
    await inSession(async (dev) => {
      await dev.runOk('latchkey', ['aws', 'login'])
      const { AccessKey } = await iam(dev, 'create-access-key', '--user-name', 'jo')
      const keys = keysOf(dev)
      const { status, stdout, stderr } = await latchkey(dev, 'keys', 'rotate', 'dev-user')
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(
        new RegExp(
          `^latchkey: jo has two access keys, and AWS allows no third: ${keys[0]!.id}, which is in the keychain \\(active, .* old, last used .* for sts\\), and ${AccessKey.AccessKeyId} \\(active, .* old, never used\\)$`,
          'm',
        ),
      )
      expect(keysOf(dev).map(({ id }) => id)).toEqual(keys.map(({ id }) => id))
      // The hint is a command that works as it stands, but for the endpoint that only this AWS needs.
      const [, command] = /if nothing does: latchkey (.*), and delete it/.exec(stderr)!
      await dev.runOk('latchkey', [...command!.split(' '), '--endpoint-url', dev.env.AWS_ENDPOINT_URL_IAM!])
      expect(keysOf(dev).map((key) => key.status)).toEqual(['Active', 'Inactive'])
      const inactive = await latchkey(dev, 'keys', 'rotate', 'dev-user')
      expect(inactive.stderr).toContain('never used), perhaps left by an earlier rotation')
      const [, remove] = /if nothing needs \w+: latchkey (.*)\n/.exec(inactive.stderr)!
      await dev.runOk('latchkey', [...remove!.split(' '), '--endpoint-url', dev.env.AWS_ENDPOINT_URL_IAM!])
      expect((await latchkey(dev, 'keys', 'rotate', 'dev-user')).status).toBe(0)
    })
  })
})

describe('the age and use of keys', () => {
  it('are asked of AWS by keys list --refresh alone, and shown as they were seen', async () => {
    const folder = join(temporaryFolder(), 'dev')
    let id = ''
    await inSession(async (dev) => {
      id = keysOf(dev)[0]!.id
      const bare = await dev.runOk('latchkey', ['aws', 'keys', 'list'])
      expect(bare).toMatch(
        new RegExp(`^ACCESS KEY OF +ID +AGE +LAST USED +AS OF\ndev-user +${id} +- +- +-\n.*--refresh\n$`),
      )
      expect(actions(dev)).toEqual(['GetCallerIdentity'])
      await dev.runOk('latchkey', ['aws', 'keys', 'list', '--refresh'])
      expect(actions(dev).slice(1)).toEqual(['GetSessionToken', 'ListAccessKeys', 'GetAccessKeyLastUsed'])
    }, folder)
    await inSession(async (dev) => {
      const before = actions(dev).length
      const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/
      const { keys } = JSON.parse(await dev.runOk('latchkey', ['aws', 'keys', 'list', '--json']))
      const seen = { createdAt: expect.stringMatching(time), lastUsedAt: expect.stringMatching(time), use: 'used' }
      expect(keys).toEqual([
        { source: 'dev-user', accessKeyId: id, seen: { ...seen, seenAt: expect.stringMatching(time) } },
      ])
      expect(await dev.runOk('latchkey', ['status'])).toMatch(
        new RegExp(`^ACCESS KEY OF .*AS OF\ndev-user +${id} +\\S+( \\S+)? +${time.source} +${time.source}$`, 'm'),
      )
      expect(actions(dev)).toHaveLength(before)
    }, folder)
  })
})

it('a rotation without a session takes two codes, and latchkey dev goes on with the new key', async () => {
  const folder = join(temporaryFolder(), 'dev')
  await inSession(async (dev) => {
    expect((await latchkey(dev, 'keys', 'rotate', 'dev-user')).status).toBe(0)
    expect(dev.log('prompts')).toHaveLength(2)
    expect(actions(dev).filter((action) => action === 'GetSessionToken')).toHaveLength(2)
  }, folder)
  await inSession(async (dev) => {
    expect(JSON.parse(await dev.runOk('latchkey', ['aws', 'credentials', 'dev']))).toMatchObject({ Version: 1 })
    expect((await latchkey(dev, 'keys', 'rotate', 'dev-user', '--finish', '--now')).status).toBe(0)
    expect(keysOf(dev)).toHaveLength(1)
  }, folder)
})
