import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FileError } from '../../../../src/core/files/read-file.ts'
import type { Section } from '../../../../src/daemon/config/sections.ts'
import { readVaultFiles } from '../../../../src/daemon/config/vault-files.ts'
import { pemSources } from '../../../../src/daemon/config/vault-pems.ts'
import { readVaultVariables } from '../../../../src/vault/environment.ts'

const pem = (name: string) => readFileSync(new URL(`../../../vectors/tls/${name}.pem`, import.meta.url), 'utf8')
const broken = pem('ca').replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA')
const files: Readonly<Record<string, string>> = {
  '/ca': pem('ca'),
  '/home/jo/other': pem('other-ca'),
  '/cert': pem('client'),
  '/key': pem('client-key'),
  '/wrong': pem('server-key'),
  '/text': 'hello',
}

function read(written: Section<'vault'>['written'], environment: Record<string, string>) {
  const section: Section<'vault'> = { kind: 'vault', name: 'corp', written }
  const sources = pemSources(section, readVaultVariables(environment).server, '/home/jo')
  const reach = { address: 'https://v.example', namespace: undefined, sources }
  return readVaultFiles(section, reach, {
    environment,
    readText: async (path) => {
      if (path === '/shared') throw new FileError('FILE_UNTRUSTED', 'not safe to use', { hint: 'chmod' })
      return files[path] ?? Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }))
    },
    readCaFolder: async (path) =>
      path === '/cas'
        ? `${broken}\n${pem('other-ca')}`
        : Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })),
  })
}

describe('what a vault is trusted by', () => {
  it.each([
    ['ca_file, whatever the environment says', { ca_file: '~/other' }, { VAULT_CACERT: '/ca' }, 'other-ca'],
    ['VAULT_CACERT', {}, { VAULT_CACERT: '/ca', VAULT_CACERT_BYTES: 'x', VAULT_CAPATH: '/cas' }, 'ca'],
    ['VAULT_CACERT_BYTES next', {}, { VAULT_CACERT_BYTES: pem('ca'), VAULT_CAPATH: '/cas' }, 'ca'],
    ['VAULT_CAPATH last, what can be read there', {}, { VAULT_CAPATH: '/cas' }, 'other-ca'],
  ])('is %s', async (_, written, environment: Record<string, string>, ca) => {
    const outcome = await read(written, environment)
    expect('files' in outcome && outcome.files.ca?.trim()).toBe(pem(ca).trim())
  })

  it('is nothing of its own where nothing is said', async () => {
    expect(await read({}, {})).toMatchObject({ files: { ca: undefined, clientCert: undefined } })
  })
})

describe('a client certificate', () => {
  const pair = { VAULT_CLIENT_CERT: '/cert', VAULT_CLIENT_KEY: '/key' }

  it('comes from the environment, or from config.toml with its key', async () => {
    for (const [written, environment] of [
      [{}, pair],
      [
        { client_cert_file: '/cert', client_key_file: '/key' },
        { ...pair, VAULT_CLIENT_KEY: '/none' },
      ],
    ] as const) {
      const outcome = await read(written, environment)
      expect(outcome).toMatchObject({ files: { clientCert: pem('client') } })
      expect('files' in outcome && outcome.files.clientKey?.expose()).toBe(pem('client-key'))
    }
  })

  it.each([
    [{}, { VAULT_CLIENT_CERT: '/cert' }, ['vault', 'corp'], 'VAULT_CLIENT_CERT: a client certificate needs a key'],
    [{}, { BAO_CLIENT_KEY: '/key' }, ['vault', 'corp'], 'BAO_CLIENT_KEY: a client certificate needs a key'],
    [
      {},
      { ...pair, VAULT_CLIENT_KEY: '/wrong' },
      ['vault', 'corp'],
      'VAULT_CLIENT_CERT: the client certificate and its',
    ],
    // Never one of a pair from here and the other from there.
    [{ client_cert_file: '/cert' }, pair, ['vault', 'corp', 'client_cert_file'], 'a client certificate needs a key'],
  ])('of %o and %o is a mistake', async (written, environment: Record<string, string>, path, reason) => {
    expect(await read(written, environment)).toMatchObject({ fault: { path, reason: expect.stringContaining(reason) } })
  })
})

describe('a mistake names the setting that is to blame', () => {
  it.each([
    [{ ca_file: '/none' }, {}, ['vault', 'corp', 'ca_file'], '/none does not exist'],
    [{ ca_file: '/text' }, {}, ['vault', 'corp', 'ca_file'], 'no readable certificate'],
    [{}, { VAULT_CACERT: '/none' }, ['vault', 'corp'], 'VAULT_CACERT: /none does not exist'],
    [{}, { VAULT_CACERT: 'ca.pem' }, ['vault', 'corp'], 'VAULT_CACERT: ca.pem is not an absolute path'],
    [{}, { VAULT_CACERT: '/shared' }, ['vault', 'corp'], 'VAULT_CACERT: not safe to use'],
    [{}, { VAULT_CACERT_BYTES: 'hello' }, ['vault', 'corp'], 'VAULT_CACERT_BYTES: '],
    [{}, { VAULT_CAPATH: '/secret' }, ['vault', 'corp'], 'VAULT_CAPATH: /secret cannot be read'],
    [{}, { HTTPS_PROXY: 'socks5://p:1080' }, ['vault', 'corp', 'address'], 'HTTPS_PROXY is not the address of'],
    [{}, { BAO_PROXY_ADDR: 'ftp://p' }, ['vault', 'corp', 'address'], 'BAO_PROXY_ADDR is not the address of'],
  ])('%o, %o', async (written, environment: Record<string, string>, path, reason) => {
    expect(await read(written, environment)).toMatchObject({ fault: { path, reason: expect.stringContaining(reason) } })
  })
})
