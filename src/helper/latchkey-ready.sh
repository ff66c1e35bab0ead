#!/bin/sh
# The fast path of `latchkey ssh ready`, for Match exec of ssh_config: asks the daemon with curl, in a third of the time that
# node takes to start. Unless a certificate is there already, it is left to latchkey itself, which
# becomes this process: it looks for the ssh above itself, and asks for a login in its terminal.

. shell-parts/hand-over.sh

. shell-parts/runtime-folder.sh

. shell-parts/ask-daemon.sh

# As in latchkey itself (src/main.ts).
[ "$LATCHKEY_EXPLAIN" != 1 ] || exit 0

# The exit status where there is no daemon.
away=0
if [ "$1" = --if-running ]; then
  away=1
  shift
fi

# Without Node there is nobody to leave it to, and ssh is not to hear of it.
leave() {
  command -v node >/dev/null || exit "$away"
  [ "$away" = 0 ] || set -- --if-running "$@"
  latchkey ssh ready "$@"
}

# `ask` leaves the folder, and with it what a relative path means.
case $0 in /*) ;; *) leave "$@" ;; esac
[ "$1" = --user ] && [ "$3" = --port ] || leave "$@"
user=$2 port=$4
case $# in
  5) host=$5 hostname=$5 ;;
  7) [ "$5" = --hostname ] && host=$7 hostname=$6 || leave "$@" ;;
  *) leave "$@" ;;
esac
# Spelled out because a range depends on the locale.
capitals=ABCDEFGHIJKLMNOPQRSTUVWXYZ
digits=0123456789
for name in "$user" "$hostname" "$host"; do
  # Only names that mean the same in JSON.
  case $name in '' | -* | *[!abcdefghijklmnopqrstuvwxyz${capitals}${digits}_.:@%+-]*) leave "$@" ;; esac
  # curl asks whether it may send a longer request.
  [ ${#name} -le 255 ] || leave "$@"
done
case $port in '' | 0* | ??????* | *[!$digits]*) leave "$@" ;; esac
[ "$port" -le 65535 ] || leave "$@"

end=',"port":'$port'}'
# An alias has no port (`knownTarget` of fast/ssh-ready.ts).
[ "$host" = "$hostname" ] || end='}'
target='{"user":"'$user'","host":"'$host'"'$end
# 12 s as in latchkey itself (fast/ssh-ready.ts), which would begin anew: ssh is not kept waiting twice.
# Three bytes are `{}` and the end of the line, and nobody has to read them. What is longer has a problem in it.
ask command --max-time 12 --max-filesize 3 -H 'content-type: application/json' -d "$target" \
  http://localhost/v1/ssh/ready >/dev/null 2>&1
case $? in
  0) exit 0 ;;
  7) exit "$away" ;;
  28)
    echo 'latchkey: the daemon has ensured no certificate within 12 s; hint: latchkey status' >&2
    exit 0
    ;;
esac
leave "$@"
