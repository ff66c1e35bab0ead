#!/bin/sh
# Installs the third-party programs that the end-to-end tests talk to. As root on Debian and its kin it installs what is
# missing; elsewhere it says what is missing and changes nothing. It is safe to run again.
set -eu
unpack=$(dirname "$0")/unpack-cloud-init.sh

packages='openssh-server openssh-client gnome-keyring dbus dbus-user-session systemd libpam-systemd awscli
  python3-boto3 python3-hvac oathtool zbar-tools chromium curl git util-linux procps passwd xvfb xdotool zenity kdialog
  pinentry-gtk2 ssh-askpass-gnome libpam-ssh-agent-auth pamtester fish tcsh ansible-core rsync putty-tools python3-paramiko
  python3-asyncssh libssh-4 ruby ruby-net-ssh ruby-ed25519
  openssh-tests gdb make sudo softhsm2 openssl gpg gpg-agent tinyproxy-bin dnsmasq-base'
programs='sshd ssh ssh-agent ssh-keygen gnome-keyring-daemon dbus-run-session aws oathtool zbarimg chromium curl git setpriv
  script Xvfb xdotool zenity kdialog pinentry-gtk-2 pamtester fish tcsh ansible rsync plink ruby gdb make sudo
  softhsm2-util gpg-agent tinyproxy
  dnsmasq'

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  missing=''
  for program in $programs; do
    [ -n "$(PATH="$PATH:/usr/sbin:/sbin" command -v "$program")" ] || missing="$missing $program"
  done
  [ -z "$missing" ] || echo "not installed, so the tests that need them are skipped:$missing"
  exit 0
fi

missing=''
for package in $packages; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exec "$unpack"
if [ "$(id -u)" -ne 0 ]; then
  echo "not installed, so the tests that need them are skipped; to install: sudo apt-get install --no-install-recommends$missing"
  exec "$unpack"
fi

# The tests start what they need themselves: installing openssh-server must not open port 22 on this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

log=$(mktemp)
quietly() {
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "failed: $*" >&2
    rm -f "$log"
    exit 1
  fi
}
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# Another apt may be running, such as the unattended upgrades of a machine that has just booted.
quietly apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq update
# shellcheck disable=SC2086 # a list of words
quietly apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq -y --no-install-recommends install $missing
rm -f "$log"
"$unpack"
