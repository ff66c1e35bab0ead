"""Logs in with libssh by the agent of SSH_AUTH_SOCK alone, and prints what `echo in` says there."""

import ctypes
import sys

# libssh/libssh.h: enum ssh_options_e, enum ssh_auth_e.
HOST, PORT, USER, PROCESS_CONFIG = 0, 1, 4, 38
AUTH_SUCCESS = 0

library = ctypes.CDLL("libssh.so.4")
for function in (library.ssh_new, library.ssh_channel_new, library.ssh_get_error):
    function.restype = ctypes.c_void_p


def get_error():
    return ctypes.string_at(library.ssh_get_error(session)).decode()


def must(status):
    if status != 0:
        sys.exit(f"libssh: {get_error()}")


port, user = sys.argv[1:]
session = ctypes.c_void_p(library.ssh_new())
must(library.ssh_options_set(session, HOST, b"127.0.0.1"))
must(library.ssh_options_set(session, PORT, ctypes.byref(ctypes.c_uint(int(port)))))
must(library.ssh_options_set(session, USER, user.encode()))
must(library.ssh_options_set(session, PROCESS_CONFIG, ctypes.byref(ctypes.c_bool(False))))
must(library.ssh_connect(session))
if library.ssh_userauth_agent(session, None) != AUTH_SUCCESS:
    sys.exit(f"libssh: not logged in: {get_error()}")
channel = ctypes.c_void_p(library.ssh_channel_new(session))
must(library.ssh_channel_open_session(channel))
must(library.ssh_channel_request_exec(channel, b"echo in"))
output = ctypes.create_string_buffer(100)
library.ssh_channel_read(channel, output, len(output) - 1, 0)
print(output.value.decode(), end="")
library.ssh_disconnect(session)
