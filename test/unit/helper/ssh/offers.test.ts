import { describe, expect, it } from 'vitest'
import { offersOf } from '../../../../src/helper/ssh/offers.ts'
import type { ListedIdentity } from '../../../../src/ipc/endpoints/ssh-explain.ts'

const listed = (name: string, more: Partial<ListedIdentity> = {}): ListedIdentity => ({
  identity: name,
  comment: name,
  kind: 'certificate',
  keyType: 'ssh-ed25519',
  blob: name,
  isForwarded: false,
  confirm: 'never',
  signsLogins: true,
  warnings: [],
  ...more,
})
const noFiles = { certificates: [], identities: [] }
const { blob: _, ...awaited } = listed('awaited')
const all = [listed('a'), listed('b'), listed('c'), awaited]
const settings = { identitiesOnly: false, acceptedAlgorithms: undefined }

function order(...args: Parameters<typeof offersOf>) {
  const { offers, withheld } = offersOf(...args)
  return {
    offers: offers.map(({ identity, file }) => `${identity.identity}${file === undefined ? '' : ` by ${file}`}`),
    withheld: withheld.map(({ identity, why }) => `${identity.identity}: ${why}`),
  }
}

describe('what ssh offers', () => {
  it('comes in the order of the agent', () => {
    expect(order(all, noFiles, settings, false)).toEqual({ offers: ['a', 'b', 'c', 'awaited'], withheld: [] })
  })

  it('begins with what CertificateFile names, then IdentityFile, in the order of the agent', () => {
    const files = {
      certificates: [{ file: '/c', blob: 'c' }],
      identities: [
        { file: '/other', blob: 'other' },
        { file: '/b', blob: 'b' },
      ],
    }
    expect(order(all, files, settings, false).offers).toEqual(['c by /c', 'b by /b', 'a', 'awaited'])
    expect(order(all, files, { ...settings, identitiesOnly: true }, false)).toEqual({
      offers: ['c by /c', 'b by /b'],
      withheld: ['a: identities-only', 'awaited: identities-only'],
    })
  })

  it('has certificates before plain keys in newer versions, but for what files name', () => {
    const mixed = [listed('k1', { kind: 'key' }), listed('c1'), listed('k2', { kind: 'key' }), listed('c2')]
    const files = { certificates: [], identities: [{ file: '/k2', blob: 'k2' }] }
    expect(order(mixed, files, settings, true).offers).toEqual(['k2 by /k2', 'c1', 'c2', 'k1'])
    expect(order(mixed, files, settings, false).offers).toEqual(['k2 by /k2', 'k1', 'c1', 'c2'])
  })

  it('leaves out what its algorithms do not have, a certificate apart from its key', () => {
    const types = [
      listed('ed', {}),
      listed('ed key', { kind: 'key' }),
      listed('rsa', { keyType: 'ssh-rsa' }),
      listed('rsa key', { keyType: 'ssh-rsa', kind: 'key' }),
    ]
    const accepting = (...acceptedAlgorithms: string[]) =>
      order(types, noFiles, { ...settings, acceptedAlgorithms }, false)
    expect(accepting('ssh-ed25519', 'rsa-sha2-512-cert-v01@openssh.com')).toEqual({
      offers: ['ed key', 'rsa'],
      withheld: ['ed: algorithm', 'rsa key: algorithm'],
    })
    expect(accepting('ssh-ed25519-cert-v01@openssh.com', 'rsa-sha2-256').offers).toEqual(['ed', 'rsa key'])
    const sk = [listed('sk', { keyType: 'sk-ssh-ed25519@openssh.com' })]
    const acceptedAlgorithms = ['sk-ssh-ed25519-cert-v01@openssh.com']
    expect(order(sk, noFiles, { ...settings, acceptedAlgorithms }, false).offers).toEqual(['sk'])
  })
})
