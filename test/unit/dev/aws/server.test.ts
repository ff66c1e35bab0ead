import { once } from 'node:events'
import { createConnection } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createDevAws } from '../../../../src/dev/aws/server.ts'
import { addUser, credentialsOf, startDevAws, trusting, withCode } from '../../../support/dev-aws.ts'

const quiet = { port: 0, now: () => 0, log: () => {} }

function memory(first?: string) {
  const saved = first === undefined ? [] : [first]
  const save = async (text: string) => {
    // A slow disk: what was begun first must also be written first.
    await new Promise((resolve) => setImmediate(resolve))
    saved.push(text)
  }
  return { saved, store: { load: async () => saved.at(-1), save } }
}

describe('the endpoint', () => {
  it('is on loopback only', async () => {
    const aws = await startDevAws()
    expect(aws.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('is refused where the port is taken', async () => {
    const aws = await startDevAws()
    const port = Number(new URL(aws.endpoint).port)
    await expect(createDevAws({ ...quiet, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('closes with connections that are idle or in the middle of a request', async () => {
    const aws = await startDevAws()
    const port = Number(new URL(aws.endpoint).port)
    const sockets = [createConnection(port, '127.0.0.1'), createConnection(port, '127.0.0.1')]
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    sockets[1]!.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nAction')
    const closed = sockets.map(
      (socket) =>
        new Promise((resolve) =>
          socket
            .on('error', () => {})
            .on('close', resolve)
            .resume(),
        ),
    )
    await aws.close()
    await Promise.all(closed)
  })
})

describe('the state', () => {
  it('lets a second run go on: keys, roles and issued sessions', async () => {
    const { store } = memory()
    const first = await startDevAws({ state: store })
    const user = await addUser(first)
    const role = 'arn:aws:iam::123456789012:role/Dev'
    await first.addRole({ arn: role, trustPolicy: trusting('*', { Bool: { 'aws:MultiFactorAuthPresent': true } }) })
    const session = credentialsOf(await first.call(user, { Action: 'GetSessionToken', ...withCode(user) }))
    const assume = { Action: 'AssumeRole', RoleArn: role, RoleSessionName: 'jo' }
    const roleSession = credentialsOf(await first.call(session, assume))
    await first.close()

    const second = await startDevAws({ state: store, clock: first.clock })
    expect((await second.call(user, { Action: 'GetCallerIdentity' })).status).toBe(200)
    expect((await second.call(session, assume)).status).toBe(200)
    expect((await second.call(roleSession, { Action: 'GetCallerIdentity' })).status).toBe(200)
  })

  it('is saved in order, the last one being what is true', async () => {
    const { saved, store } = memory()
    const aws = await startDevAws({ state: store })
    const arns = ['a', 'b', 'c'].map((name) => `arn:aws:iam::111122223333:user/${name}`)
    await Promise.all(arns.map((arn) => aws.addUser({ arn })))
    expect(saved).toHaveLength(3)
    expect(JSON.parse(saved.at(-1)!).users.map(({ name }: { name: string }) => name)).toEqual(['a', 'b', 'c'])
  })

  it('that cannot be read is not overwritten', async () => {
    const { saved, store } = memory('{"version":1')
    await expect(createDevAws({ ...quiet, state: store })).rejects.toMatchObject({ code: 'DEV_AWS_STATE_INVALID' })
    expect(saved).toEqual(['{"version":1'])
  })
})
