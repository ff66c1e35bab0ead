import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { hostCaHandlers } from '../../../../src/daemon/api/host-ca-handlers.ts'
import { ConfigError } from '../../../../src/daemon/config/config.ts'
import type { RunningHostCa } from '../../../../src/daemon/host-ca/running-host-ca.ts'
import { fingerprint, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { VaultError } from '../../../../src/vault/vault-error.ts'
import { noHostCas } from '../../../support/host-cas.ts'

const { blob } = publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const config = { name: 'corp', vault: 'v', mount: 'ssh-host', hosts: ['*.example'], issuers: [] }
const caWith = (more: Partial<RunningHostCa>) =>
  ({ config, known: () => undefined, error: () => undefined, ...more }) as RunningHostCa

function ask(hostCas: Partial<typeof noHostCas>, unread?: ConfigError) {
  const handlers = hostCaHandlers({ hostCas: { ...noHostCas, ...hostCas }, whyUnread: () => unread })
  return handlers.getHostCas({} as Parameters<typeof handlers.getHostCas>[0])
}

it('has the lines of each, after a look, and why one is not known anew', async () => {
  let looks = 0
  const known = { keys: [blob], issuers: [] }
  const error = new VaultError('VAULT_SEALED', 'vault v: it is sealed', { hint: 'unseal it' })
  const answer = await ask({
    async look() {
      looks += 1
    },
    file: () => '/run/known_hosts',
    all: () => [caWith({ known: () => known, error: () => error }), caWith({})],
    linesOf: (ca) => (ca.known() === undefined ? [] : ['@cert-authority …']),
    fileFaults: () => ['in the way'],
  })
  const about = { name: 'corp', vault: 'v', mount: 'ssh-host' }
  expect(answer).toEqual({
    file: '/run/known_hosts',
    faults: ['in the way'],
    cas: [
      {
        ...about,
        lines: ['@cert-authority …'],
        fingerprints: [fingerprint(blob)],
        error: { code: 'VAULT_SEALED', message: 'vault v: it is sealed', hint: 'unseal it' },
      },
      { ...about, lines: [], fingerprints: [] },
    ],
  })
  expect(looks).toBe(1)
})

it('without one, what is wrong with a section is said before that there is none', async () => {
  const fault = new ConfigError('CONFIG_INVALID', 'hosts: fits every host')
  await expect(ask({})).rejects.toMatchObject({
    code: 'HOST_CA_UNKNOWN',
    hint: expect.stringContaining('[ssh.host_ca.NAME]'),
  })
  await expect(ask({ off: () => new Map([['corp', fault]]) })).rejects.toBe(fault)
  const unread = new ConfigError('CONFIG_UNREADABLE', 'cannot be read')
  await expect(ask({}, unread)).rejects.toBe(unread)
})
