# `latchkey aws credentials $1`: ends where the daemon gives them at once. Returns where it is left to Node, which asks for a code,
# and explains failures.
credentials() {
  # Spelled out because a range depends on the locale.
  plain=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
  case $1 in
    # Only names that mean the same in a URL.
    '' | . | .. | -* | *[!${plain}_.-]*) return ;;
  esac
  # Into a variable, so that a failure half-way has printed nothing.
  # 8 s: the daemon goes on with what it has begun, and Node's own 50 s must still end before Go's 60 s.
  if answer=$(ask exec --max-time 8 "http://localhost/v1/aws/credentials/$1" 2>/dev/null); then
    case $answer in
      # Credentials are base64, digits and times. Anything else may be a command to the terminal: Node judges it.
      *[!${plain}'{}":,+/=_-']*) ;;
      # printf is a builtin of every common sh: the credentials are in no argument list.
      '{"Version":1,'*'}')
        printf '%s\n' "$answer" 2>/dev/null && exit 0
        echo 'latchkey: cannot write the output' >&2
        exit 1
        ;;
    esac
  fi
}
