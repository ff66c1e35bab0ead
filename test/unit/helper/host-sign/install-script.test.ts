import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { installScript, keyFileOf } from '../../../../src/helper/host-sign/install-script.ts'

it.each([
  ['ssh-ed25519 AAAA', 'ssh_host_ed25519_key'],
  ['ecdsa-sha2-nistp384 AAAA', 'ssh_host_ecdsa_key'],
  ['ssh-rsa AAAA', 'ssh_host_rsa_key'],
  ['sk-ssh-ed25519@openssh.com AAAA', undefined],
])('sshd has %s in %s', (line, file) => {
  expect(keyFileOf(line)).toBe(file)
})

it('is a script of a shell that names each certificate, its CA and its end', () => {
  const of = (type: string) => ({
    key: `${type} AAAAkey root@db`,
    certificate: `${type}-cert-v01@openssh.com AAAAcert`,
    ca: 'SHA256:abc',
    expiresAt: '2026-12-01T00:00:00Z',
  })
  const script = installScript(['db.example', 'db'], [of('ssh-ed25519'), of('ssh-rsa')])
  execFileSync('sh', ['-n'], { input: script })
  expect(script).toContain('#   /etc/ssh/ssh_host_rsa_key-cert.pub, until 2026-12-01T00:00:00Z, by the CA SHA256:abc\n')
  expect(script).toContain("is_here /etc/ssh/ssh_host_ed25519_key 'AAAAkey'\n")
  expect(script).toContain("<<'END'\nssh-rsa-cert-v01@openssh.com AAAAcert db.example,db\nEND\n")
  expect(script).toContain(
    'HostCertificate /etc/ssh/ssh_host_ed25519_key-cert.pub\nHostCertificate /etc/ssh/ssh_host_rsa_key-cert.pub\n',
  )
})
