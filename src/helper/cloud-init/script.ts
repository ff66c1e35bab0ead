import { rootScriptBeginning } from '../root-script.ts'
import type { PrincipalsOfUser } from './principals.ts'

/** Where the CA keys are on the machine, one a line. */
export const caPath = '/etc/ssh/latchkey_user_ca.pub'
/** Sorts before those of cloud-init (50) and of distributions (50), because of two values sshd takes the first. */
export const dropInPath = '/etc/ssh/sshd_config.d/05-latchkey-user-ca.conf'
/** What is in the drop-in until the script has looked at what else is in force. */
export const earlyDropIn = `TrustedUserCAKeys ${caPath}`

/**
 * The shell script that has sshd trust the keys in `caPath`: it looks at what is in force (sshd -T), joins what is there,
 * and keeps no setting with which sshd would not start. A second run changes nothing.
 * @param caKeys what it is to write into that file, a line each; undefined: they are there
 */
export function trustScript(principals: readonly PrincipalsOfUser[], caKeys?: readonly string[]): string {
  const users = [...new Set(['root', ...principals.map(({ user }) => user)])]
  const calls = principals.map(
    ({ user, names }) => `principals ${[user, ...names].map((word) => `'${word}'`).join(' ')}`,
  )
  const writes = caKeys === undefined ? [] : [`cat >"$ca" <<'${endOfKeys}'`, ...caKeys, endOfKeys]
  const settings = [`ca=${caPath}`, `dropin=${dropInPath}`, `users='${users.join(' ')}'`]
  return [...settings, rootScriptBeginning, ...writes, steps, ...calls, ending].join('\n')
}

const endOfKeys = 'end-of-keys'

// No braces around variables in here: to the template they would be its own.
const steps = String.raw`revoked=/etc/ssh/latchkey_revoked_keys
names=/etc/ssh/latchkey_principals
main=/etc/ssh/sshd_config
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL

fail() {
  [ ! -f "$dropin.early" ] || [ -e "$dropin" ] || mv "$dropin.early" "$dropin"
  echo "latchkey: sshd does NOT trust the CA keys of $ca as it should: $*" >&2
  exit 1
}
# What is in force. Without the last two, sshd says nothing where a Match block asks for them. From OpenSSH 10.6 on it
# writes keywords with capitals. USER KEYWORD
now() {
  sshd -T -C "user=$1,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22" 2>/dev/null |
    grep -i "^$2 " | sed 's/^[^ ]* //'
}
# The lines that set it in files, in force or not. KEYWORD
anywhere() { grep -ihs "^[[:space:]]*$1[[:space:]=]" "$main" /etc/ssh/sshd_config.d/*.conf; }
settings() { cat "$main" "$dropin" 2>/dev/null | cksum; }
# Puts the standard input into a file: whole or not at all, with its owner and mode, where links lead. FILE
replace() {
  to=$(readlink -f "$1") || to=$1
  new=$(mktemp "$to.latchkey-XXXXXX") || return 1
  if [ -f "$to" ]; then cp -p "$to" "$new"; else chmod 644 "$new"; fi
  if cat >"$new" && mv -f "$new" "$to"; then
    ! command -v restorecon >/dev/null || restorecon -F "$to" 2>/dev/null || :
  else
    rm -f "$new"
    return 1
  fi
}
parses() { printf '%s\n' "$1" | ssh-keygen -l -f - >/dev/null 2>&1; }
# The keys that sshd takes from a file: it stops at the first line that it cannot parse. FILE
taken() {
  while read -r type key rest || [ -n "$type" ]; do
    case $type in '' | '#'*) continue ;; ssh-* | ecdsa-* | sk-*) ;; *) return 0 ;; esac
    parses "$type $key" || return 0
    printf '%s\n' "$type $key"
  done <"$1"
}
# Those of our keys that sshd does not take from a file. FILE
lacking() {
  there=$(taken "$1" 2>/dev/null)
  while read -r type key rest; do
    printf '%s\n' "$there" | grep -qxF "$type $key" || printf '%s\n' "$type $key"
  done <"$ca"
}
# Our keys go first: a line that sshd cannot parse would hide them. FILE
join() {
  lacks=$(lacking "$1")
  [ -z "$lacks" ] || { printf '%s\n' "$lacks"; cat "$1"; } | replace "$1"
}
# Adds lines in the first place where sshd still starts and the setting is in force. USER KEYWORD VALUE PLACES LINES
add() {
  for place in $4; do
    file=$main
    [ "$place" != drop-in ] || file=$dropin
    # SUSE may have none of its own in /etc/ssh: one made here would hide the system's.
    [ -f "$file" ] || { [ "$place" = drop-in ] && [ -d /etc/ssh/sshd_config.d ]; } || continue
    old=
    [ ! -f "$file" ] || { old=$file.latchkey-old; cp -p "$file" "$old" || return 1; }
    case $place in
      drop-in) [ -z "$old" ] && echo '# by latchkey ssh cloud-init' || cat "$old"; printf '%s\n' "$5" ;;
      end) cat "$old"; printf '\n# by latchkey ssh cloud-init\nMatch all\n%s\n' "$5" ;;
      top) printf '# by latchkey ssh cloud-init\n%s\n' "$5"; cat "$old" ;;
    esac | replace "$file" && sshd -t 2>/dev/null && [ "$(now "$1" "$2")" = "$3" ] && {
      rm -f "$file.latchkey-old"
      return 0
    }
    if [ -n "$old" ]; then replace "$file" <"$old" && rm -f "$old"; else rm -f "$file"; fi
  done
  return 1
}
# Which principals a user takes: in the file that is in force for them, else in one of ours. USER NAME...
principals() {
  user=$1
  shift
  setting=$(now "$user" authorizedprincipalsfile)
  case $setting in '' | none) setting=$names/%u isnew=yes ;; *) isnew= ;; esac
  entry=$(getent passwd "$user")
  id=$(printf '%s\n' "$entry" | cut -d: -f3)
  group=$(printf '%s\n' "$entry" | cut -d: -f4)
  home=$(printf '%s\n' "$entry" | cut -d: -f6)
  file=$(printf '%s\n' "$setting" | sed -e "s|%u|$user|g" -e "s|%U|$id|g" -e "s|%h|$home|g" -e 's|%%|%|g')
  case $setting in
    *%h* | *%U* | [!/]*)
      [ -d "$home" ] || fail "AuthorizedPrincipalsFile is $setting, and $user has no home folder, or does not exist"
      case $file in /*) ;; *) file=$home/$file ;; esac
      ;;
  esac
  folder=$(dirname "$file")
  case $file in
    "$home"/*)
      # Root would write wherever their user has led them.
      [ ! -L "$file" ] && [ ! -L "$folder" ] || fail "$file, or its folder, is a link: write the principals of $user there yourself"
      [ -d "$folder" ] || { mkdir -p -m 700 "$folder" && chown "$id:$group" "$folder"; }
      ;;
    *) mkdir -p "$folder" ;;
  esac
  lacks=$(for name; do grep -qsxF -e "$name" "$file" || printf '%s\n' "$name"; done)
  [ -z "$lacks" ] || { printf '%s\n' "$lacks"; cat "$file" 2>/dev/null; } | replace "$file" || fail "$file cannot be written"
  [ -z "$isnew" ] || add "$user" authorizedprincipalsfile "$setting" 'drop-in end' "Match User $user
  AuthorizedPrincipalsFile $setting
Match all" || fail "the principals of $user cannot be set"
}

before=$(settings)
# What cloud-init has put there, so that sshd trusts the CA from its start, would hide what else is in force.
[ "$(cat "$dropin" 2>/dev/null)" != "TrustedUserCAKeys $ca" ] || mv "$dropin" "$dropin.early"
case $(sshd -t 2>&1) in *'separation directory: /run/sshd'*) mkdir -p -m 755 /run/sshd ;; esac
# What a run has left that was ended half-way.
for file in "$main" "$dropin"; do
  [ ! -f "$file.latchkey-old" ] || sshd -t 2>/dev/null || replace "$file" <"$file.latchkey-old"
  rm -f "$file".latchkey-*
done
wrong=$(sshd -t 2>&1) || fail "sshd -t: $wrong"

own=$(while read -r type key rest; do
  if parses "$type $key"; then printf '%s\n' "$type $key"; else
    echo "latchkey: left out a CA key that this machine cannot read ($type)" >&2
  fi
done <"$ca")
[ -n "$own" ] || fail 'this machine can read none of them'
[ "$own" = "$(cat "$ca")" ] || printf '%s\n' "$own" | replace "$ca" || fail "$ca cannot be written"

for user in $users; do
  file=$(now "$user" trustedusercakeys)
  case $file in
    "$ca") continue ;;
    '' | none)
      # At the end it overrides no Match block that has a CA of its own.
      places='drop-in end'
      [ -z "$(anywhere trustedusercakeys)" ] || places=end
      ;;
    *)
      if [ -f "$file" ] && join "$file"; then continue; fi
      echo "latchkey: $file, which sshd has for its CA keys, cannot be joined; it takes $ca in its place"
      places='drop-in top'
      ;;
  esac
  add "$user" trustedusercakeys "$ca" "$places" "TrustedUserCAKeys $ca" || fail "it cannot be set for $user"
done

# Another one of ours would bring back what theirs revokes, and without its file sshd refuses every key.
file=$(now root revokedkeys)
case $file in
  '' | none)
    if [ -z "$(anywhere revokedkeys)" ]; then
      [ -f "$revoked" ] || : | replace "$revoked"
      add root revokedkeys "$revoked" 'drop-in end' "RevokedKeys $revoked" || echo "latchkey: RevokedKeys cannot be set" >&2
    fi
    ;;
  *) [ -f "$file" ] || fail "RevokedKeys is $file, which does not exist, so that sshd refuses every key" ;;
esac
`

const ending = `
for user in $users; do
  file=$(now "$user" trustedusercakeys)
  [ -f "$file" ] && [ -z "$(lacking "$file")" ] || fail "for $user it has $file"
done
wrong=$(sshd -t 2>&1) || fail "sshd -t: $wrong"
rm -f "$dropin.early"
if [ "$before" != "$(settings)" ]; then
  for unit in ssh.service sshd.service; do
    ! systemctl -q is-active "$unit" 2>/dev/null || systemctl reload "$unit"
  done
fi
echo "latchkey: sshd trusts the CA keys of $ca"
`
