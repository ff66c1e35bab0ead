"""Logs in with paramiko by the agent of SSH_AUTH_SOCK alone, and prints what `echo in` says there."""

import sys
import warnings

# On stderr: algorithms that the library of another package calls old.
warnings.simplefilter("ignore")
import paramiko

port, user = sys.argv[1:]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
try:
    client.connect("127.0.0.1", int(port), user, look_for_keys=False)
except paramiko.SSHException as error:
    sys.exit(f"{type(error).__name__}: {error}")
print(client.exec_command("echo in")[1].read().decode(), end="")
client.close()
