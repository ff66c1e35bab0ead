/** How a shell script begins that changes the settings of sshd: it is root's, one runs at a time, and all may read what it writes. */
export const rootScriptBeginning = `[ "$(id -u)" = 0 ] || {
  echo 'latchkey: nothing was changed: run this as root' >&2
  exit 1
}
umask 022
# Of two at once, each would take for somebody else's what the other has just set.
! command -v flock >/dev/null || { exec 9</etc/ssh && flock 9; }`
