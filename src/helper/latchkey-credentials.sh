#!/bin/sh
# `latchkey aws credentials PROFILE` as one word.

. shell-parts/start-node.sh

. shell-parts/runtime-folder.sh

. shell-parts/ask-daemon.sh

. shell-parts/credentials.sh

# As in src/main.ts.
[ "$LATCHKEY_EXPLAIN" != 1 ] || exit 0
[ $# -ne 1 ] || credentials "$1"

# The command is found beside this file, through any links; only when it is needed, because each link costs a process.
case $0 in */*) file=$0 ;; *) file=./$0 ;; esac
while [ -L "$file" ]; do
  link=$(readlink "$file")
  case $link in
    /*) file=$link ;;
    *) file=${file%/*}/$link ;;
  esac
done
start "${file%/*}/latchkey.cjs" aws credentials "$@"
