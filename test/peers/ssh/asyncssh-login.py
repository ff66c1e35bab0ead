"""Logs in with asyncssh by the agent of SSH_AUTH_SOCK alone, and prints what `echo in` says there."""

import asyncio
import sys
import warnings

# On stderr: algorithms that the library of another package calls old.
warnings.simplefilter("ignore")
import asyncssh

port, user = sys.argv[1:]


async def log_in():
    async with asyncssh.connect("127.0.0.1", int(port), username=user, known_hosts=None, config=None) as connection:
        print((await connection.run("echo in", check=True)).stdout, end="")


try:
    asyncio.run(log_in())
except asyncssh.Error as error:
    sys.exit(f"{type(error).__name__}: {error}")
