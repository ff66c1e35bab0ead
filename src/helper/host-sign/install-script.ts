import { rootScriptBeginning } from '../root-script.ts'

/** A certificate for a host that is to be installed. */
export interface HostCertificate {
  /** The line, without a comment. */
  certificate: string
  /** The line of the key. */
  key: string
  ca: string
  expiresAt: string
}

/** The names of sshd's own key files, by the types of keys (sshd_config(5), HostKey). */
const keyFiles: readonly (readonly [type: RegExp, name: string])[] = [
  [/^ssh-ed25519$/, 'ssh_host_ed25519_key'],
  [/^ecdsa-sha2-nistp/, 'ssh_host_ecdsa_key'],
  [/^ssh-rsa$/, 'ssh_host_rsa_key'],
]
const dropIn = '/etc/ssh/sshd_config.d/05-latchkey-host-certificate.conf'

/** The file where sshd has a key of this type, unless its HostKey says another; undefined: it makes none such. */
export function keyFileOf(keyLine: string): string | undefined {
  const [type = ''] = keyLine.split(' ')
  return keyFiles.find(([pattern]) => pattern.test(type))?.[1]
}

/**
 * A script that installs certificates on their machine, for root there: it can be read, or piped into `ssh root@HOST sh`. It
 * changes nothing where the keys are others or sshd does not take its configuration as it is, and puts its own setting back where
 * that is what sshd does not take.
 * @param certificates with keys that `keyFileOf` knows; all that goes into quotes is of base64, names of types and of hosts
 */
export function installScript(principals: readonly string[], certificates: readonly HostCertificate[]): string {
  const files = certificates.map(({ key }) => `/etc/ssh/${keyFileOf(key)!}`)
  const about = certificates.map(
    ({ ca, expiresAt }, index) => `#   ${files[index]}-cert.pub, until ${expiresAt}, by the CA ${ca}`,
  )
  const checks = certificates.map(({ key }, index) => `is_here ${files[index]} '${key.split(' ')[1]}'`)
  const writes = certificates.map(
    ({ certificate }, index) => `put ${files[index]}-cert.pub <<'END'\n${certificate} ${principals.join(',')}\nEND`,
  )
  return `#!/bin/sh
# For root on ${principals.join(', ')}: has sshd show
${about.join('\n')}
set -eu
${rootScriptBeginning}
sshd=$(command -v sshd || echo /usr/sbin/sshd)
is_here() {
  grep -qF "$2" "$1.pub" && return
  echo "latchkey: the key in $1.pub is not the one that was certified: nothing was changed" >&2
  exit 1
}
# Whole or not at all: each new connection reads the file. FILE
put() { cat >"$1.latchkey-new" && mv -f "$1.latchkey-new" "$1"; }
# Without the last two, sshd says nothing where a Match block asks for them.
in_force() {
  "$sshd" -T -C user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22 | grep -qiF "hostcertificate $1-cert.pub"
}
${checks.join('\n')}
case $("$sshd" -t 2>&1) in *'separation directory: /run/sshd'*) mkdir -p -m 755 /run/sshd ;; esac
wrong=$("$sshd" -t 2>&1) || {
  echo "latchkey: sshd does not take its configuration as it is, so nothing was changed: $wrong" >&2
  exit 1
}
${writes.join('\n')}
mkdir -p ${dropIn.slice(0, dropIn.lastIndexOf('/'))}
former=$(cat ${dropIn} 2>/dev/null || :)
put ${dropIn} <<'END'
${files.map((file) => `HostCertificate ${file}-cert.pub`).join('\n')}
END
wrong=$("$sshd" -t 2>&1) || {
  if [ -n "$former" ]; then printf '%s\\n' "$former" | put ${dropIn}; else rm -f ${dropIn}; fi
  echo "latchkey: sshd does not take the setting, which was taken back: $wrong" >&2
  exit 1
}
# Of a run for other keys: sshd shows their certificates no more.
printf '%s\\n' "$former" | while read -r line; do
  case $line in '' | '#'*) continue ;; esac
  grep -qxF -e "$line" ${dropIn} ||
    echo "latchkey: no longer in ${dropIn}: $line (whatever it is to have, certify in one run)" >&2
done
for file in ${files.join(' ')}; do
  in_force "$file" && continue
  echo 'latchkey: sshd_config does not read ${dropIn}: put its lines to the beginning of sshd_config' >&2
  exit 1
done
is_new=
for unit in ssh.service sshd.service; do
  [ -n "$is_new" ] || ! systemctl -q is-active "$unit" 2>/dev/null || { systemctl reload "$unit" && is_new=yes; } || :
done
# Where a socket starts it, the next connection reads its settings.
for unit in ssh.socket sshd.socket; do
  ! systemctl -q is-active "$unit" 2>/dev/null || is_new=yes
done
[ -n "$is_new" ] || {
  echo 'latchkey: the certificates are in place: have sshd read its settings again' >&2
  exit 1
}
echo 'latchkey: sshd shows the certificate of ${principals.join(', ')}'
`
}
