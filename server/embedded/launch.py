"""Become a service process: give up rights, tie our life to the parent's, exec the program.

Run as a plain script between fork and exec, so that no Python code runs in a forked copy of a
process with threads.

    python -I -S launch.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM ARGUMENT...

PARENT_PID    who started us; when it is gone already, so are we
DEATH_SIGNAL  what the kernel sends us when the parent's starting thread ends, kill -9 included (Linux)
UID, GID      whom to become; `-` stays as it is
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PYTHON_CHANGES = (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ)


def become(uid: str, gid: str) -> None:
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))


def die_with(parent: int, death_signal: int) -> None:
    # After become(): a change of credentials clears the setting.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the starting process is gone")


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid, *command = arguments
    become(uid, gid)
    die_with(int(parent), int(death_signal))
    for number in PYTHON_CHANGES:
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"{sys.argv[5]}: {error.strerror}")
