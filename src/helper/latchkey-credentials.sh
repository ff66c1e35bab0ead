#!/bin/sh
# The fast path of `latchkey aws credentials PROFILE`: asks the daemon with curl, in a third of the time that node takes
# to start. Anything that does not succeed at once is left to latchkey itself, which asks for a code and explains failures.

# Found beside this file, through any links; only when it is needed, because each link costs a process.
latchkey() {
  case $0 in */*) file=$0 ;; *) file=./$0 ;; esac
  while [ -L "$file" ]; do
    link=$(readlink "$file")
    case $link in
      /*) file=$link ;;
      *) file=${file%/*}/$link ;;
    esac
  done
  exec "${file%/*}/latchkey.cjs" aws credentials "$@"
}

# As in latchkey itself (src/main.ts).
[ "$LATCHKEY_EXPLAIN" != 1 ] || exit 0
[ $# -eq 1 ] || latchkey "$@"
# Spelled out because a range depends on the locale.
plain=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
case $1 in
  # Only names that mean the same in a URL.
  '' | . | .. | -* | *[!${plain}_.-]*) latchkey "$1" ;;
esac

if [ -n "$LATCHKEY_RUNTIME_DIR" ]; then
  folder=$LATCHKEY_RUNTIME_DIR
elif [ -n "$XDG_RUNTIME_DIR" ]; then
  folder=$XDG_RUNTIME_DIR/latchkey
else
  folder=$HOME/.latchkey/run
fi

# Prints what the daemon answers, where it is certain who answers. From inside the folder no change of its parents matters.
# Folder and socket must be the user's own and no links, and nobody else may be able to put another socket in its place:
# the sticky bit, which the daemon sets, forbids that. Without it ls shows the mode, which costs a process. Any doubt is
# left to latchkey, which looks at every step of the path and says what is wrong.
# -q: no ~/.curlrc. `never`: curl cannot ask anyone.
# 8 s: the daemon goes on with what it has begun, and latchkey's own 50 s must still end before Go's 60 s.
# 64k a second: an answer without end brings a few MiB, not hundreds. Credentials come in one piece.
# The two variables spare curl a twentieth of its time: no TLS settings, no locale.
ask() {
  case $folder in /*) cd -P "$folder" ;; *) return 1 ;; esac && [ -O . ] && [ -O api.sock ] && [ ! -L api.sock ] || return 1
  [ -k . ] || case $(LC_ALL=C /bin/ls -ld .) in d????-??-*) ;; *) return 1 ;; esac
  OPENSSL_CONF=/dev/null LC_ALL=C exec curl -q -sf --noproxy '*' --max-time 8 --limit-rate 64k --unix-socket api.sock \
    -H 'latchkey-prompt: never' "http://localhost/v1/aws/credentials/$1"
}

# Into a variable, so that a failure half-way has printed nothing.
if credentials=$(ask "$1" 2>/dev/null); then
  case $credentials in
    # Credentials are base64, digits and times. Anything else may be a command to the terminal: latchkey judges it.
    *[!${plain}'{}":,+/=_-']*) ;;
    # printf is a builtin of every common sh: the credentials are in no argument list.
    '{"Version":1,'*'}') printf '%s\n' "$credentials" && exit 0 || exit 1 ;;
  esac
fi
latchkey "$1"
