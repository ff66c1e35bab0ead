import type { Status } from '../../src/ipc/endpoints/status.ts'

/** A status with something of everything. */
export const fullStatus: Status = {
  version: '1.2.3',
  pid: 42,
  startedAt: '2026-01-02T08:48:00Z',
  configFile: '/home/jo/.config/latchkey/config.toml',
  config: { file: '/home/jo/.config/latchkey/config.toml', errors: [], warnings: [] },
  sockets: { agent: '/run/user/1000/latchkey/agent.sock', api: '/run/user/1000/latchkey/api.sock' },
  prompt: { terminal: true, programs: ['/usr/bin/pinentry', '/usr/bin/zenity'] },
  keychain: { description: 'Secret Service' },
  ssh: {
    locked: true,
    addedKeys: 2,
    identities: [
      {
        name: 'ops',
        vault: 'corp',
        role: 'operators',
        state: 'fresh',
        keyType: 'ssh-ed25519',
        principals: ['ubuntu', 'jo'],
        keyId: 'vault-jo',
        serial: '7',
        validBefore: '2026-01-02T12:52:00Z',
      },
      {
        name: 'old',
        vault: 'lab',
        role: 'root',
        state: 'none',
        keyType: 'ssh-ed25519',
        principals: [],
        error: { code: 'VAULT_SEALED', message: 'lab is sealed', hint: 'ask its operators' },
      },
    ],
  },
  vaults: [
    {
      name: 'corp',
      address: 'https://vault.example.com:8200',
      method: 'userpass',
      state: 'logged-in',
      expiresAt: '2026-01-02T23:58:00Z',
    },
    { name: 'lab', address: 'http://127.0.0.1:8200', method: 'token', state: 'logged-in' },
    { name: 'test', address: 'http://127.0.0.1:8300', method: 'approle', state: 'idle' },
  ],
  aws: {
    sessions: [{ source: 'master', mfaSerial: 'arn:aws:iam::111122223333:mfa/jo', expiresAt: '2026-01-02T23:02:00Z' }],
    roles: [
      { profile: 'dev', roleArn: 'arn:aws:iam::123456789012:role/Dev', expiresAt: '2026-01-02T12:43:00Z' },
      { profile: 'prod', roleArn: 'arn:aws:iam::210987654321:role/Prod', expiresAt: '2026-01-02T11:59:00Z' },
    ],
    profiles: ['dev', 'prod'],
  },
}
