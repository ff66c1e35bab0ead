import { describe, expect, it } from 'vitest'
import { decodeSession, encodeSession } from '../../../../src/aws/session/session-item.ts'
import { Secret } from '../../../../src/core/secret.ts'

const session = {
  credentials: {
    accessKeyId: 'ASIA1',
    secretAccessKey: new Secret('secret'),
    sessionToken: new Secret('token'),
    expiresAtMs: 2_000,
  },
  issuedAtMs: 1_000,
}
const fields = JSON.parse(encodeSession({ ...session, region: 'eu-west-1' }).expose()) as Record<string, unknown>
const decode = (item: unknown) => decodeSession(new Secret(JSON.stringify(item)), 2_000)

describe('the item of a session', () => {
  it('gives the session back, with the region that it was made in', () => {
    const read = decode(fields)!
    expect(read).toMatchObject({
      credentials: { accessKeyId: 'ASIA1', expiresAtMs: 2_000 },
      issuedAtMs: 1_000,
      region: 'eu-west-1',
    })
    expect(read.credentials.secretAccessKey.expose()).toBe('secret')
    expect(read.credentials.sessionToken.expose()).toBe('token')
  })

  it('of before regions were kept, or with something else for one, has none', () => {
    const { region: _, ...older } = fields
    for (const item of [older, { ...fields, region: 1 }]) expect(decode(item)).not.toHaveProperty('region')
  })

  it.each(['accessKeyId', 'secretAccessKey', 'sessionToken', 'issuedAtMs'])(
    'without %s, or with something else for it, is none',
    (name) => {
      const { [name]: _, ...others } = fields
      for (const item of [others, { ...others, [name]: null }, { ...others, [name]: [] }]) {
        expect(decode(item)).toBeUndefined()
      }
    },
  )
})
