import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  describePurpose,
  isPermitted,
  signPurpose,
  signUseMistake,
} from '../../../../src/agent/connection/sign-policy.ts'
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

const isUserauthRequest = (data: Uint8Array) => signPurpose(data).type === 'login'

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
    ['a login of a user with a NUL', userauthRequest({ keyBlob, user: 'jo\0x' })],
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

/** What pam_ssh_agent_auth 0.10.3 has signed for sudo, as it was recorded with pamtester. */
function sudoRequest({ type = 101, message = 54, service = 'pam_ssh_agent_auth' } = {}): Uint8Array {
  const asked = new SshWriter().uint32(type).string(Buffer.alloc(37)).string('root').string('root').string('sudo')
  asked.string('/home/jo').string(Buffer.alloc(8)).string('vm').uint64(1_795_920_667n)
  const writer = new SshWriter().string(asked.bytes()).byte(message).string('root').string(service).string('publickey')
  return writer.byte(1).string('ssh-ed25519').string(keyBlob).bytes()
}

function sshsig(namespace: string): Uint8Array {
  const magic = Buffer.from('SSHSIG')
  return new SshWriter().raw(magic).string(namespace).string('').string('sha512').string(Buffer.alloc(64)).bytes()
}

describe('what a signature is for', () => {
  it('is told by the data: sudo, a namespace, or something else', () => {
    expect(signPurpose(sudoRequest())).toEqual({ type: 'sudo' })
    expect(signPurpose(sshsig('git'))).toEqual({ type: 'sshsig', namespace: 'git' })
    expect(signPurpose(dataOf('sign-sshsig'))).toMatchObject({ type: 'sshsig' })
    expect(signPurpose(dataOf('sign-ed25519'))).toEqual({ type: 'other' })
  })

  it.each([
    ['sudo of another version', sudoRequest({ type: 102 })],
    ['another message in its place', sudoRequest({ message: 50 })],
    ['another service', sudoRequest({ service: 'ssh-connection' })],
    ['sudo with something after it', withTrailingByte(sudoRequest())],
    ['an SSHSIG with something after it', withTrailingByte(sshsig('git'))],
    ['an SSHSIG without a namespace, which ssh-keygen does not make', sshsig('')],
  ])('is something else for %s', (_, data) => {
    expect(signPurpose(data)).toEqual({ type: 'other' })
  })

  it('is something else for parts', () => {
    for (const whole of [sudoRequest(), sshsig('git')])
      for (const cut of truncations(whole)) expect(signPurpose(cut)).toEqual({ type: 'other' })
  })
})

describe('the uses of a key', () => {
  const login = { type: 'login', user: 'jo' } as const
  const git = { type: 'sshsig', namespace: 'git' } as const

  it('permit what they name', () => {
    expect(isPermitted(['login'], login)).toBe(true)
    expect(isPermitted(['sudo', 'other'], login)).toBe(false)
    expect(isPermitted(['sshsig:git'], git)).toBe(true)
    expect(isPermitted(['sshsig:*'], git)).toBe(true)
    expect(isPermitted(['sshsig:file'], git)).toBe(false)
    // A client chooses its namespace.
    expect(isPermitted(['sshsig:git'], { type: 'sshsig', namespace: '*' })).toBe(false)
    expect(isPermitted([], login)).toBe(false)
  })

  it('are named in a setting', () => {
    for (const use of ['login', 'sudo', 'other', 'sshsig:*', 'sshsig:git', 'sshsig:a.b@c'])
      expect(signUseMistake(use)).toBeUndefined()
    for (const use of ['logins', 'sshsig', 'sshsig:', 'sshsig:g*', '']) expect(signUseMistake(use)).toBeDefined()
  })

  it('are shown in harmless characters', () => {
    expect(describePurpose({ type: 'sshsig', namespace: `g\u001b${'x'.repeat(100)}` })).toMatch(/^sshsig:g x{20,38}$/)
    expect(describePurpose(login)).toBe('login')
  })
})
