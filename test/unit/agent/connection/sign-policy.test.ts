import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUserauthRequest, maySign } from '../../../../src/agent/connection/sign-policy.ts'
import { decodeRequest } from '../../../../src/agent/protocol/requests.ts'
import { SshWriter } from '../../../../src/ssh/wire.ts'
import { userauthRequest } from '../../../support/agent-messages.ts'
import { agentVector } from '../../../support/agent-vectors.ts'
import { plainBlob, truncations, withTrailingByte } from '../../../support/ssh-vectors.ts'

const keyBlob = plainBlob('ed25519')

function dataOf(vector: string): Uint8Array {
  const request = decodeRequest(agentVector(vector, 'request'))
  if (request.type !== 'sign-request') throw new Error('not a sign request')
  return request.data
}

describe('a login', () => {
  it('is distinguished from other data by its whole form', () => {
    expect(isUserauthRequest(dataOf('sign-login'))).toBe(true)
    expect(isUserauthRequest(userauthRequest({ keyBlob }))).toBe(true)
    expect(isUserauthRequest(userauthRequest({ keyBlob, hostKeyBlob: keyBlob }))).toBe(true)
  })

  it.each([
    ['an SSHSIG, as of git', dataOf('sign-sshsig')],
    ['random bytes of ssh-add -T', dataOf('sign-ed25519')],
    ['nothing', Buffer.alloc(0)],
    ['a login with something after it', withTrailingByte(userauthRequest({ keyBlob }))],
    ['a login to another service', changed('ssh-connection', 'ssh-userauth1!')],
    ['a login by another method', changed('publickey', 'hostbased')],
    ['a login that only asks whether the key would do', notYetSigned()],
    ['another message of SSH', otherMessage()],
  ])('is not %s', (_, data) => {
    expect(isUserauthRequest(data)).toBe(false)
  })

  function changed(from: string, to: string): Uint8Array {
    const data = Buffer.from(userauthRequest({ keyBlob }))
    data.write(to, data.indexOf(from))
    return data
  }

  function notYetSigned(): Uint8Array {
    const data = Buffer.from(userauthRequest({ keyBlob }))
    data[data.indexOf('publickey') + 'publickey'.length] = 0
    return data
  }

  function otherMessage(): Uint8Array {
    return new SshWriter().string(Buffer.alloc(32)).byte(51).string('jo').bytes()
  }

  it('is not a part of one', () => {
    for (const cut of truncations(userauthRequest({ keyBlob }))) expect(isUserauthRequest(cut)).toBe(false)
  })

  it('is not made of random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        expect(isUserauthRequest(data)).toBe(false)
      }),
      { seed: 13, numRuns: 300 },
    )
  })
})

describe('the sign policy', () => {
  const local = { bindings: [], isForwarded: false }
  const forwarded = { bindings: [], isForwarded: true }

  it('lets a local connection have anything signed', () => {
    expect(maySign(local, Buffer.from('anything'))).toBe(true)
  })

  it('lets a forwarded one have logins signed, and nothing else', () => {
    expect(maySign(forwarded, userauthRequest({ keyBlob }))).toBe(true)
    expect(maySign(forwarded, dataOf('sign-sshsig'))).toBe(false)
  })
})
