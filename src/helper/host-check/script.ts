/**
 * What is run on the host, in one connection: it only reads. One line without apostrophes, backslashes and exclamation
 * marks, since the login shell there, whichever that is, hands it on to sh within apostrophes. Nothing of ours is put into
 * it: whom it asks sshd about is who is logged in.
 *
 * Each part is `latchkey:begin NAME`, lines that begin with a bar, and `latchkey:end STATUS`. sshd from 10.6 on writes its
 * keywords with capitals.
 */
const script = [
  'PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin; LC_ALL=C; export PATH LC_ALL; u=$(id -un)',
  'echo "latchkey:user $u"; echo "latchkey:groups $(id -Gn)"; echo "latchkey:time $(date +%Y-%m-%dT%H:%M:%S)"',
  'if [ "$(id -u)" = 0 ]; then r() { "$@"; }; else r() { sudo -n -- "$@"; }; fi',
  'show() { echo "latchkey:begin $1"; shift; o=$("$@" 2>&1 </dev/null); x=$?; printf %s "$o" | sed "s/^/|/"; echo; echo "latchkey:end $x"; }',
  'set -- $SSH_CONNECTION 127.0.0.1 0 127.0.0.1 22; c=$(command -v sshd || echo sshd)',
  'show sshd r "$c" -T -C "user=$u,host=$1,addr=$1,laddr=$3,lport=$4"; s=$o',
  'get() { printf %s "$s" | grep -i "^$1 " | sed "s/^[^ ]* //"; }',
  'file() { case $2 in ""|none) ;; *) show "$1" r head -c 65536 "$2" ;; esac; }',
  'file ca "$(get trustedusercakeys)"; file revoked "$(get revokedkeys)"',
  'f=$(get authorizedprincipalsfile | sed "s|%u|$u|g; s|%h|$HOME|g; s|%U|$(id -u)|g; s|%%|%|g")',
  'case $f in ""|none|/*) ;; *) f=$HOME/$f ;; esac; file principals "$f"',
  'get hostcertificate | while read -r h; do case $h in none) ;; *) show hostcertificate r ssh-keygen -L -f "$h" ;; esac; done',
  'echo latchkey:done',
].join('; ')

/** The command for ssh. */
export const hostCheckCommand = `exec /bin/sh -c '${script}'`
