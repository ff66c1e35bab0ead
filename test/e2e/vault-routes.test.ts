import { Resolver } from 'node:dns/promises'
import { expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createVaultClient } from '../../src/vault/client.ts'
import { createRouteTo } from '../../src/vault/route.ts'
import { startBuiltDaemon } from '../support/built-daemon.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { startDnsmasq, startTinyproxy } from '../support/network-peers.ts'
import { describeWithPeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { pem, pemPath, signingVault, tlsFront } from '../support/vault-network.ts'
import { recordingLog } from '../support/vault-world.ts'

describeWithPeers('tinyproxy on the way to a vault', ['tinyproxy', 'ssh-add'], () => {
  it('is passed by way of VAULT_PROXY_ADDR, even to this machine; another port it refuses', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    const other = await tlsFront(vault, 'server')
    const folder = temporaryFolder()
    const proxy = await startTinyproxy(folder, port)
    const list = async (vaultPort: number) => {
      const env = {
        VAULT_ADDR: `https://127.0.0.1:${vaultPort}`,
        VAULT_TOKEN: vault.vault.rootToken,
        VAULT_CACERT: pemPath('ca'),
        VAULT_PROXY_ADDR: proxy.address,
        NO_PROXY: '*',
      }
      const daemon = await startBuiltDaemon(folder, '[vault.corp]\n[ssh.identity.ops]\nrole = "ops"\n', { env })
      try {
        return { listed: (await daemon.run('ssh-add', ['-L'])).stdout, log: daemon.log() }
      } finally {
        await daemon.end('SIGTERM')
      }
    }
    expect((await list(port)).listed).toContain('ssh-ed25519-cert-v01@openssh.com')
    expect(proxy.log()).toContain(`CONNECT 127.0.0.1:${port}`)
    const { listed, log } = await list(other.port)
    expect(listed).not.toContain('cert-v01')
    expect(log).toMatch(/the proxy of VAULT_PROXY_ADDR \(.*\): it does not lead to 127\.0\.0\.1:\d+ \(HTTP 403\)/)
    expect(other.handshakes()).toBe(0)
  })
})

describeWithPeers('SRV records of dnsmasq', ['dnsmasq'], () => {
  it('lead to the node that is up, whose certificate must be for the configured name', async () => {
    const vault = await signingVault()
    const { port } = await tlsFront(vault, 'server')
    const srv = '_http._tcp'
    const dns = await startDnsmasq(temporaryFolder(), [
      `srv-host=${srv}.vault.example.test,localhost,1,10,5`,
      `srv-host=${srv}.vault.example.test,localhost,${port},20,5`,
      `srv-host=${srv}.other.example.test,localhost,${port},10,5`,
    ])
    const resolver = new Resolver()
    resolver.setServers([dns.server])
    const look = (address: string) => {
      const client = createVaultClient({
        name: 'corp',
        address,
        tls: { ca: pem('ca') },
        timeoutMs: 10_000,
        maxRetries: 0,
        routeTo: createRouteTo({
          address,
          srvLookup: true,
          environment: {},
          proxyRoots: undefined,
          resolveSrv: (name) => resolver.resolveSrv(name),
          random: () => 0,
        }),
        clock: fakeClock(),
        random: () => 0,
        log: recordingLog().log,
      })
      return client.request({
        method: 'GET',
        path: 'auth/token/lookup-self',
        purpose: { type: 'token', operation: 'look up' },
        token: new Secret(vault.vault.rootToken),
      })
    }
    expect(await look('https://vault.example.test')).toMatchObject({ status: 200 })
    expect(dns.log()).toContain('query[SRV] _http._tcp.vault.example.test')
    await expect(look('https://other.example.test')).rejects.toMatchObject({
      code: 'VAULT_TLS',
      message: expect.stringContaining('is for another name'),
    })
    // With a port there is nothing to look up; without a record the name itself counts.
    await expect(look('https://vault.example.test:8200')).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' })
    await expect(look('https://none.example.test')).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' })
    expect(dns.log().match(/query\[SRV\]/g)).toHaveLength(3)
  })
})
