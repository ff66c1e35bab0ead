import { describe, expect, it } from 'vitest'
import type { AwsFault } from '../../../../doubles/aws/faults.ts'
import {
  addUser,
  credentialsOf,
  send,
  startDevAws,
  type TestAws,
  trusting,
  withCode,
} from '../../../../support/dev-aws.ts'

const whoAmI = { Action: 'GetCallerIdentity' }
const role = 'arn:aws:iam::123456789012:role/Dev'

function addressOf(aws: TestAws): { hostname: string; port: number } {
  const { hostname, port } = new URL(aws.endpoint)
  return { hostname, port: Number(port) }
}

describe('an answer', () => {
  it('carries a request id of its own and the time of AWS', async () => {
    const aws = await startDevAws({ faults: { clockOffsetMs: () => 3_600_000 } })
    const first = await aws.call({ accessKeyId: 'a', secretAccessKey: 'b' }, whoAmI)
    const second = await aws.call({ accessKeyId: 'a', secretAccessKey: 'b' }, whoAmI)
    expect(first.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
    expect(first.text('RequestId')).toBe(first.headers['x-amzn-requestid'])
    expect(second.headers['x-amzn-requestid']).not.toBe(first.headers['x-amzn-requestid'])
    expect(first.headers['content-type']).toBe('text/xml')
    expect(first.headers.date).toBe('Fri, 02 Jan 2026 04:04:05 GMT')
    expect(first.message).toContain('Signature expired')
  })

  it('is 404 at another path', async () => {
    const aws = await startDevAws()
    const reply = await send({ ...addressOf(aws), path: '/doc?Action=GetCallerIdentity' })
    expect(reply).toMatchObject({ status: 404, xml: '<UnknownOperationException/>\n' })
    expect(aws.calls).toEqual([])
  })

  it('is 413 to a request of more than 64 KiB', async () => {
    const aws = await startDevAws()
    const body = `Action=A&Pad=${'x'.repeat(64 * 1024)}`
    expect((await send({ ...addressOf(aws), method: 'POST', path: '/', body })).status).toBe(413)
  })

  it.each([
    ['Action=AssumeRoot&Version=2011-06-15', 'sts', 'InvalidAction'],
    ['Action=constructor&Version=2011-06-15', 'sts', 'InvalidAction'],
    ['Action=CreateUser&Version=2010-05-08', 'iam', 'InvalidAction'],
    ['', 'sts', 'MissingAction'],
    ['%00%', 'sts', 'MissingAction'],
    ['Action=GetUser&Version=2010-05-08', 'iam', 'MissingAuthenticationToken'],
  ])('refuses %j in the namespace of %s', async (body, service, code) => {
    const aws = await startDevAws()
    const reply = await send({ ...addressOf(aws), method: 'POST', path: '/', body })
    expect(reply.code).toBe(code)
    expect(reply.xml).toContain(`<ErrorResponse xmlns="https://${service}.amazonaws.com/doc/`)
  })

  it('of a change that could not be saved is an internal failure, and the next call works', async () => {
    let isBroken = false
    const save = () => {
      if (isBroken) throw new Error('disk full')
    }
    const aws = await startDevAws({ state: { load: () => undefined, save } })
    const user = await addUser(aws)
    isBroken = true
    const reply = await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) })
    expect(reply).toMatchObject({ status: 500, code: 'InternalFailure' })
    expect(reply.xml).not.toContain('disk')
    expect(aws.calls.at(-1)?.error).toBe('InternalFailure: disk full')
    isBroken = false
    aws.clock.advance(30_000)
    expect((await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) })).status).toBe(200)
  })
})

describe('the log', () => {
  it('has a line for each call: who did what, and how it ended', async () => {
    const aws = await startDevAws()
    const user = await addUser(aws)
    await aws.addRole({ arn: role, trustPolicy: trusting('arn:aws:iam::111122223333:root') })
    const assume = { Action: 'AssumeRole', RoleArn: role, RoleSessionName: 'jo' }
    await aws.call(user, { Action: 'GetSessionToken', ...withCode(user) })
    aws.clock.advance(1500)
    const held = credentialsOf(await aws.call(user, assume))
    await aws.call(held, whoAmI)
    await aws.call({ ...user, secretAccessKey: 'wrong' }, assume)
    const time = '2026-01-02T03:04:06.500Z'
    const session = 'arn:aws:sts::123456789012:assumed-role/Dev/jo'
    expect(aws.calls).toEqual([
      {
        time: '2026-01-02T03:04:05.000Z',
        action: 'GetSessionToken',
        principal: user.arn,
        role: null,
        status: 200,
        error: null,
      },
      { time, action: 'AssumeRole', principal: user.arn, role, status: 200, error: null },
      { time, action: 'GetCallerIdentity', principal: session, role: null, status: 200, error: null },
      { time, action: 'AssumeRole', principal: null, role, status: 403, error: 'SignatureDoesNotMatch' },
    ])
  })

  it('never holds a secret, a token or a code', async () => {
    const aws = await startDevAws()
    const user = await addUser(aws)
    const code = withCode(user)
    const session = credentialsOf(await aws.call(user, { Action: 'GetSessionToken', ...code }))
    await aws.call(session, { Action: 'GetSessionToken', ...code })
    const log = JSON.stringify(aws.calls)
    for (const secret of [user.secretAccessKey, session.secretAccessKey, session.sessionToken, code.TokenCode]) {
      expect(log).not.toContain(secret)
    }
  })
})

describe('a fault', () => {
  async function withFault(fault: AwsFault) {
    const faults: (AwsFault | undefined)[] = [fault]
    const asked: (string | undefined)[] = []
    const next = (action: string | undefined) => {
      asked.push(action)
      return faults.shift()
    }
    const aws = await startDevAws({ faults: { next } })
    const user = await addUser(aws)
    const getSession = () => aws.call(user, { Action: 'GetSessionToken', ...withCode(user) })
    return { aws, user, asked, getSession }
  }

  it.each([
    ['InternalFailure', 500, 'We encountered an internal error. Please try again.', 'Receiver'],
    ['ServiceUnavailable', 503, 'The request has failed due to a temporary failure of the server.', 'Receiver'],
    ['Throttling', 400, 'Rate exceeded', 'Sender'],
    [
      'RegionDisabledException',
      403,
      'STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.',
      'Sender',
    ],
  ] as const)('%s answers with its status and text, once, and spends no code', async (code, status, message, type) => {
    const { asked, getSession } = await withFault({ type: 'refuse', code })
    const reply = await getSession()
    expect(reply).toMatchObject({ status, code, message })
    expect(reply.text('Type')).toBe(type)
    expect(asked).toEqual(['GetSessionToken'])
    expect((await getSession()).status).toBe(200)
  })

  it('of delay holds the call back, before it is judged, until its promise resolves', async () => {
    let open = () => {}
    const until = new Promise<void>((resolve) => {
      open = resolve
    })
    const { aws, user, asked } = await withFault({ type: 'delay', until })
    const late = aws.call(user, whoAmI)
    while (asked.length === 0) await send({ ...addressOf(aws), path: '/nowhere' })
    expect((await aws.call(user, whoAmI)).status).toBe(200)
    expect(aws.calls).toHaveLength(1)
    aws.clock.advance(16 * 60_000)
    open()
    expect((await late).message).toContain('Signature expired')
  })

  it('of hang never answers, and does not keep the double from closing', async () => {
    const { aws, getSession } = await withFault({ type: 'hang' })
    const unanswered = expect(getSession()).rejects.toThrow('socket hang up')
    // Another connection is answered meanwhile, which also shows that the first has arrived.
    while (aws.calls.length === 0) await send({ ...addressOf(aws), path: '/nowhere' })
    expect(aws.calls).toEqual([
      expect.objectContaining({ action: 'GetSessionToken', principal: null, status: null, error: 'hang' }),
    ])
    await aws.close()
    await unanswered
  })

  it('of reset before the call takes effect spends no code', async () => {
    const { aws, getSession } = await withFault({ type: 'reset', when: 'before' })
    await expect(getSession()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect((await getSession()).status).toBe(200)
    expect(aws.calls.map(({ status, error }) => ({ status, error }))).toEqual([
      { status: null, error: 'reset' },
      { status: 200, error: null },
    ])
  })

  it('of reset after the call took effect spends the code', async () => {
    const { aws, user, getSession } = await withFault({ type: 'reset', when: 'after' })
    await expect(getSession()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await getSession()).toMatchObject({ code: 'AccessDenied', message: expect.stringContaining('invalid MFA') })
    expect(aws.calls[0]).toMatchObject({ principal: user.arn, status: null, error: 'reset' })
  })

  it('of truncate sends half of an answer that took effect', async () => {
    const { getSession } = await withFault({ type: 'truncate' })
    const reply = await getSession()
    expect(reply.status).toBe(200)
    expect(reply.xml).toMatch(/^<GetSessionTokenResponse /)
    expect(reply.xml).not.toContain('</GetSessionTokenResponse>')
    expect((await getSession()).code).toBe('AccessDenied')
  })
})
