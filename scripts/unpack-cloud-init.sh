#!/bin/sh
# Unpacks cloud-init and the modules of Python that it needs into a folder of the tests, which judge user data by it. It is
# never installed: its first boot deletes the host keys of the machine. It is safe to run again.
set -eu

cache=$(cd "$(dirname "$0")/.." && pwd)/node_modules/.cache
folder=$cache/cloud-init
[ ! -d "$folder" ] || exit 0

skipped='not unpacked, so the tests that need it are skipped: cloud-init'
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "$skipped (Debian and its kin only)"
  exit 0
fi
if ! apt-cache show cloud-init >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
  apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq update
fi

mkdir -p "$cache"
new=$(mktemp -d "$cache/unpack-XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
only='--no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances'
# shellcheck disable=SC2086 # a list of options
modules=$(apt-cache depends --recurse $only cloud-init 2>/dev/null | grep '^python3-[a-z0-9.-]*$' | grep -v minimal | sort -u)
# As root it would warn that its own user cannot write here.
# shellcheck disable=SC2086 # a list of words
if ! (cd "$new" && apt-get -o APT::Sandbox::User=root -o Acquire::Retries=3 -qq download cloud-init $modules) 2>"$new/log"; then
  echo "$skipped ($(tail -n 1 "$new/log"))"
  exit 0
fi
for package in "$new"/*.deb; do dpkg-deb -x "$package" "$new/root"; done
mv -T "$new/root" "$folder"
