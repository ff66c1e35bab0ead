import { expect, it } from 'vitest'
import { caPath, dropInPath, trustScript } from '../../../../src/helper/cloud-init/script.ts'
import { type UserDataOptions, writeUserData } from '../../../../src/helper/cloud-init/user-data.ts'

const principals = [{ user: 'ubuntu', names: ['ops', 'dev'] }]
const write = (options: Partial<UserDataOptions> = {}) =>
  writeUserData({ format: 'cloud-config', caKeys: ['ssh-ed25519 AAAA'], principals: [], ...options })

it('cloud-config has the keys, the early drop-in, and the script as one argument of sh', () => {
  const text = write({ principals })
  expect(text.startsWith('#cloud-config\nwrite_files:\n')).toBe(true)
  expect(text).toContain(
    `  - path: ${caPath}\n    owner: root:root\n    permissions: '0644'\n    content: |\n      ssh-ed2`,
  )
  expect(text).toContain(`  - path: ${dropInPath}\n`)
  const [, script = ''] = text.split('runcmd:\n  - - sh\n    - -c\n    - |\n')
  expect(script.replace(/^ {6}/gm, '')).toBe(trustScript(principals))
})

it('keys that older sshds know come first, and each comes once', () => {
  const types = ['sk-ssh-ed25519@openssh.com A', 'ssh-ed25519 A', 'ecdsa-sha2-nistp256 A', 'ssh-rsa A', 'ssh-rsa A']
  const text = write({ caKeys: types, format: 'shell' })
  const [, keys] = /<<'end-of-keys'\n(.*?)\nend-of-keys\n/s.exec(text)!
  expect(keys!.split('\n')).toEqual([
    'ssh-rsa A',
    'ecdsa-sha2-nistp256 A',
    'ssh-ed25519 A',
    'sk-ssh-ed25519@openssh.com A',
  ])
})

it('MIME is one part that says how its lists are merged with those of others', () => {
  const text = write({ format: 'mime' })
  const [, boundary] = /^Content-Type: multipart\/mixed; boundary="(.+)"\nMIME-Version: 1.0\n\n/.exec(text)!
  const [, part = '', end] = text.split(`--${boundary}`)
  expect(part).toContain('\nContent-Type: text/cloud-config; charset="utf-8"\n')
  expect(part).toContain("\n\n#cloud-config\nmerge_how: 'list(append)+dict(no_replace,recurse_list)+str()'\n")
  expect(end).toBe('--\n')
})

it('a key for emergencies is one of the default user, quoted', () => {
  expect(write({ breakGlass: 'ssh-ed25519 AAAA "safe": yes' })).toContain(
    '#cloud-config\nssh_authorized_keys:\n  - "ssh-ed25519 AAAA \\"safe\\": yes"\n',
  )
  expect(write()).not.toContain('ssh_authorized_keys')
})

it('the script sets the principals of each user, and looks at the CA for root and for them', () => {
  expect(trustScript(principals)).toContain("users='root ubuntu'\n")
  expect(trustScript(principals)).toContain("\nprincipals 'ubuntu' 'ops' 'dev'\n")
  expect(trustScript([{ user: 'root', names: ['ops'] }])).toContain("users='root'\n")
})
