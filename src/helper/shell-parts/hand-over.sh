# Becomes latchkey. It is found beside this file, through any links; only when it is needed, because each link costs a process.
latchkey() {
  case $0 in */*) file=$0 ;; *) file=./$0 ;; esac
  while [ -L "$file" ]; do
    link=$(readlink "$file")
    case $link in
      /*) file=$link ;;
      *) file=${file%/*}/$link ;;
    esac
  done
  exec "${file%/*}/latchkey.cjs" "$@"
}
