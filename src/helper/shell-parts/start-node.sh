# bash takes `set -eu` from its caller where SHELLOPTS is exported, and functions, which `command` passes over.
set +eu

# Becomes Node, which runs the file $1 with the arguments after it.
# On Node 20 NODE_EXTRA_CA_CERTS alone more than doubles the start-up time, and no short command needs it. The daemon does: it
# reads the other variable.
# A sh may drop variables whose names it cannot use itself, such as those of functions that bash exports: dash does. What
# latchkey starts is to have them (core/places/environment.ts). macOS has no /proc, but its sh is bash, which keeps them.
# No variable of ours has a name that a person's may have: it would be passed on.
start() {
  if ! command -v node >/dev/null; then
    echo 'latchkey: there is no node on PATH; hint: install Node.js, or put its folder on PATH' >&2
    exit 127
  fi
  export LATCHKEY_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"
  unset NODE_EXTRA_CA_CERTS
  if dropped -q; then
    LATCHKEY_DROPPED_VARIABLES=$(dropped | command base64 -w 0 2>/dev/null)
    # No program can be started with a variable that is much longer (MAX_ARG_STRLEN, execve(2)).
    [ ${#LATCHKEY_DROPPED_VARIABLES} -ge 130000 ] || export LATCHKEY_DROPPED_VARIABLES
  fi
  exec node "$@"
}
dropped() { LC_ALL=C command grep -zv "$@" '^[A-Za-z_][A-Za-z0-9_]*=' "/proc/$$/environ" 2>/dev/null; }
