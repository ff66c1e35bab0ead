if [ -n "$LATCHKEY_RUNTIME_DIR" ]; then
  folder=$LATCHKEY_RUNTIME_DIR
elif [ -n "$XDG_RUNTIME_DIR" ]; then
  folder=$XDG_RUNTIME_DIR/latchkey
else
  folder=$HOME/.latchkey/run
fi
