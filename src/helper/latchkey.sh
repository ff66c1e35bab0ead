#!/bin/sh
':' /*
# The beginning of dist/latchkey.cjs: a script to sh, which never reads what follows it, and a comment to Node. AWS's tools and
# ssh run two of the commands again and again: curl asks the daemon in a third of the time that Node takes to start. All else
# is left to Node, which finds this file through any links by itself.

. shell-parts/start-node.sh

# As in src/main.ts.
[ "$LATCHKEY_EXPLAIN" != 1 ] || exit 0
case "$1 $2" in
  'aws credentials' | 'ssh ready') ;;
  *) start "$0" "$@" ;;
esac

. shell-parts/runtime-folder.sh

. shell-parts/ask-daemon.sh

. shell-parts/credentials.sh

# A sh reads no further than it has to.
if [ "$1" = aws ]; then
  [ $# -ne 3 ] || credentials "$3"
  start "$0" "$@"
fi

. shell-parts/ready.sh

ready "$@"
# ssh is not to hear of it.
command -v node >/dev/null || exit "$away"
start "$0" "$@"
*/
