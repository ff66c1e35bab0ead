const line = `#cloud-config
bootcmd:
  - cloud-init-per once ssh-users-ca echo "TrustedUserCAKeys FILE" >> /etc/ssh/sshd_config
write_files:
  - path: FILE
    content: ssh-rsa AAAA…`

/** What is wrong with the user data that is often used for this, for the CA keys at hand (lines). */
export function explainUsualLine(caKeys: readonly string[]): string {
  const hasRsa = caKeys.some((key) => key.startsWith('ssh-rsa '))
  const faults = [
    'sshd may not start: after a last line without a line break the setting is glued to that line',
    'it may not count: after a Match block it belongs to that block, and sshd goes on trusting nobody',
    'it may lose: of two values sshd takes the first, so a drop-in or an earlier line wins, and the CA is not trusted',
    'where sshd_config is not in /etc/ssh (SUSE), it makes one that hides the whole configuration of the system',
    'nothing looks whether sshd still takes its configuration (sshd -t) or trusts the CA (sshd -T), and nothing is undone: a machine without a key is then out of reach',
    'after cloud-init clean it is appended once more',
    caKeys.length > 1
      ? `it knows one CA, and there are ${caKeys.length}: certificates of the others are refused`
      : 'it knows one CA: on the day that it is replaced, machines have to be touched or made anew',
    ...(hasRsa
      ? [
          'the CA has an RSA key: a role with algorithm_signer = "ssh-rsa" signs with SHA-1, which sshd refuses since OpenSSH 8.2; let the role use rsa-sha2-256 or rsa-sha2-512',
        ]
      : []),
    'it says nothing about principals, revoked keys, a way in without the CA, or the host key',
  ]
  return `${line}\n\n${faults.map((fault, index) => `${index + 1}. ${fault}\n`).join('')}`
}
