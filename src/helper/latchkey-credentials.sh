#!/bin/sh
# The fast path of `latchkey aws credentials PROFILE`: asks the daemon with curl, in a third of the time that node takes
# to start. Anything that does not succeed at once is left to latchkey itself, which asks for a code and explains failures.

. shell-parts/hand-over.sh

. shell-parts/runtime-folder.sh

. shell-parts/ask-daemon.sh

# As in latchkey itself (src/main.ts).
[ "$LATCHKEY_EXPLAIN" != 1 ] || exit 0
[ $# -eq 1 ] || latchkey aws credentials "$@"
# Spelled out because a range depends on the locale.
plain=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
case $1 in
  # Only names that mean the same in a URL.
  '' | . | .. | -* | *[!${plain}_.-]*) latchkey aws credentials "$1" ;;
esac

# Into a variable, so that a failure half-way has printed nothing.
# 8 s: the daemon goes on with what it has begun, and latchkey's own 50 s must still end before Go's 60 s.
if credentials=$(ask exec --max-time 8 "http://localhost/v1/aws/credentials/$1" 2>/dev/null); then
  case $credentials in
    # Credentials are base64, digits and times. Anything else may be a command to the terminal: latchkey judges it.
    *[!${plain}'{}":,+/=_-']*) ;;
    # printf is a builtin of every common sh: the credentials are in no argument list.
    '{"Version":1,'*'}') printf '%s\n' "$credentials" && exit 0 || exit 1 ;;
  esac
fi
latchkey aws credentials "$1"
