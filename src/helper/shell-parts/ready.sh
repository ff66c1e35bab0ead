# `latchkey ssh ready`: ends where there is a certificate already, or no daemon. Returns where it is left to Node, which looks
# for the ssh above this process, and asks for a login in its terminal.
ready() {
  shift 2
  # The exit status where there is no daemon.
  away=0
  if [ "$1" = --if-running ]; then
    away=1
    shift
  fi
  # `ask` leaves the folder, and with it what a relative path means.
  case $0 in /*) ;; *) return ;; esac
  [ "$1" = --user ] && [ "$3" = --port ] || return
  user=$2 port=$4
  case $# in
    5) host=$5 hostname=$5 ;;
    7) [ "$5" = --hostname ] && host=$7 hostname=$6 || return ;;
    *) return ;;
  esac
  # Spelled out because a range depends on the locale.
  capitals=ABCDEFGHIJKLMNOPQRSTUVWXYZ
  digits=0123456789
  for name in "$user" "$hostname" "$host"; do
    # Only names that mean the same in JSON.
    case $name in '' | -* | *[!abcdefghijklmnopqrstuvwxyz${capitals}${digits}_.:@%+-]*) return ;; esac
    # curl asks whether it may send a longer request.
    [ ${#name} -le 255 ] || return
  done
  case $port in '' | 0* | ??????* | *[!$digits]*) return ;; esac
  [ "$port" -le 65535 ] || return

  end=',"port":'$port'}'
  # An alias has no port (`knownTarget` of fast/ssh-ready.ts).
  [ "$host" = "$hostname" ] || end='}'
  target='{"user":"'$user'","host":"'$host'"'$end
  # 12 s as in Node (fast/ssh-ready.ts), which would begin anew: ssh is not kept waiting twice.
  # Three bytes are `{}` and the end of the line, and nobody has to read them. What is longer has a problem in it.
  ask command --max-time 12 --max-filesize 3 -H 'content-type: application/json' -d "$target" \
    http://localhost/v1/ssh/ready >/dev/null 2>&1
  case $? in
    0) exit 0 ;;
    # Not curl's own 7: so ends one that may not connect, such as Ubuntu's curl in a snap, though a daemon listens.
    200) exit "$away" ;;
    28)
      echo 'latchkey: the daemon has ensured no certificate within 12 s; hint: latchkey status' >&2
      exit 0
      ;;
  esac
}
