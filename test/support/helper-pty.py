"""Runs a program on a terminal of its own and types into it.

Takes one JSON argument: argv, and steps of {expect, type?, signal?}: wait until the screen shows the text, then type, or
send the program a signal. Prints JSON: screen, status (negative: the signal that ended it), and per step whether the
terminal echoed at that moment, and whether it does at the end. What waits is bounded by the caller.
"""

import json
import os
import pty
import select
import signal
import sys
import termios

spec = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(spec["argv"][0], spec["argv"])

screen = b""
steps = list(spec["steps"])
echoes = []
seen = 0


def echoes_now():
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


while True:
    while steps and steps[0]["expect"].encode() in screen[seen:]:
        step = steps.pop(0)
        expected = step["expect"].encode()
        seen = screen.index(expected, seen) + len(expected)
        echoes.append(echoes_now())
        if "signal" in step:
            os.kill(pid, getattr(signal, step["signal"]))
        if "type" in step:
            os.write(terminal, step["type"].encode())
    select.select([terminal], [], [])
    try:
        chunk = os.read(terminal, 4096)
    except OSError:  # EIO: the last process has left the terminal
        break
    if not chunk:
        break
    screen += chunk

_, status = os.waitpid(pid, 0)
print(
    json.dumps(
        {
            "screen": screen.decode(),
            "status": os.waitstatus_to_exitcode(status),
            "echoes": echoes,
            "echoesAtEnd": echoes_now(),
            "stepsLeft": len(steps),
        }
    )
)
