import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { hostSignHandler } from '../../../../src/daemon/api/host-sign-handler.ts'
import type { RunningHostCa } from '../../../../src/daemon/host-ca/running-host-ca.ts'
import type { RunningVault } from '../../../../src/daemon/running/running-vault.ts'
import type { SshCertificate } from '../../../../src/ssh/certificate.ts'
import { fingerprint, type PublicKey, publicKeyFromKeyObject } from '../../../../src/ssh/public-key.ts'
import { formatPublicKeyLine } from '../../../../src/ssh/public-key-line.ts'
import type { HostSigning } from '../../../../src/vault/ssh/host-signer.ts'

const newKey = () => publicKeyFromKeyObject(generateKeyPairSync('ed25519').publicKey)
const [key, ca] = [newKey(), newKey()]
const keys = [formatPublicKeyLine(key.blob, 'root@db')]
const body = { keys, principals: ['db.example'] }

function world(...names: readonly string[]) {
  const signed: (HostSigning & { vault: string })[] = []
  const vaultCalled = (name: string) =>
    ({
      config: { name },
      async signHostKey(publicKey: PublicKey, signing: HostSigning): Promise<Partial<SshCertificate>> {
        signed.push({ vault: name, ...signing })
        return { blob: key.blob, publicKey, signatureKey: ca, keyId: 'db', validAfter: 0n, validBefore: 1_800_000_000n }
      },
    }) as unknown as RunningVault
  const cas = names.map((name) => {
    const config = { name, vault: 'corp', mount: `mount-${name}`, role: name === 'bare' ? undefined : 'host' }
    return { config, vault: vaultCalled('corp') } as RunningHostCa
  })
  const handlers = hostSignHandler(
    () => cas,
    (name = 'only') => vaultCalled(name),
  )
  type Call = Parameters<typeof handlers.signHostKeys>[0]
  return { signed, sign: (more: object = {}) => handlers.signHostKeys({ body: { ...body, ...more } } as Call) }
}

it('the only section says where, and what comes back says by whom and until when', async () => {
  const { sign, signed } = world('corp')
  expect(await sign({ ttlSeconds: 600 })).toEqual({
    vault: 'corp',
    mount: 'mount-corp',
    role: 'host',
    certificates: [
      {
        certificate: formatPublicKeyLine(key.blob, ''),
        fingerprint: fingerprint(key.blob),
        keyId: 'db',
        ca: fingerprint(ca.blob),
        expiresAt: '2027-01-15T08:00:00Z',
      },
    ],
  })
  expect(signed).toEqual([
    { vault: 'corp', mount: 'mount-corp', role: 'host', principals: ['db.example'], ttlSeconds: 600 },
  ])
})

it('a section, a role, a vault and a mount can be named', async () => {
  const { sign, signed } = world('corp', 'lab')
  await sign({ ca: 'lab' })
  await sign({ ca: 'lab', role: 'other' })
  await sign({ vault: 'v', role: 'r' })
  await sign({ mount: 'm', role: 'r' })
  expect(signed.map(({ vault, mount, role }) => `${vault}/${mount}/${role}`)).toEqual([
    'corp/mount-lab/host',
    'corp/mount-lab/other',
    'v/ssh/r',
    'only/m/r',
  ])
})

it('what is not said is not guessed', async () => {
  await expect(world('corp', 'lab').sign()).rejects.toMatchObject({
    code: 'HOST_CA_NOT_NAMED',
    hint: expect.stringContaining('--ca corp'),
  })
  await expect(world('corp').sign({ ca: 'lab' })).rejects.toMatchObject({
    code: 'HOST_CA_UNKNOWN',
    message: 'no CA of hosts is called lab; there is corp',
  })
  await expect(world().sign({ ca: 'lab' })).rejects.toMatchObject({
    message: 'no CA of hosts is called lab; there is none',
  })
  for (const role of [world('bare').sign(), world().sign(), world('corp').sign({ mount: 'm' })])
    await expect(role).rejects.toMatchObject({ code: 'ROLE_NOT_NAMED', hint: expect.stringContaining('--role ROLE') })
})

it('nothing is signed where one of the keys is none', async () => {
  const { sign, signed } = world('corp')
  await expect(sign({ keys: [...keys, 'ssh-ed25519 AAAA'] })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  expect(signed).toEqual([])
})
