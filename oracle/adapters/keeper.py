"""Starts one adapter and sees that nothing which it started outlives the harness.

It is run as a script of its own, ``python -I -S keeper.py CONTROL_FD HARNESS_PID COMMAND…``, between the harness
and the adapter, and imports nothing of this project so that it starts in a few milliseconds. The adapter has the
harness's ends of stdin, stdout and stderr, so no byte passes through here.

On the control socket it says ``started PID``, ``failed ERRNO``, and, when the adapter is gone,
``exited STATUS LEFT`` (a wait status, and how many processes were still there). When the harness closes the
socket or dies in whatever manner, and when the adapter is gone, everything left is killed.

On Linux it is the reaper of all its descendants, so also those that went into a session of their own are found;
elsewhere only the adapter's process group is.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

TYPE_CHECKING = False  # as in typing, whose import would cost as much as all the rest

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LINGER_SECONDS = 0.25
"""How long what the adapter started may take to follow it."""
SWEEP_SECONDS = 10.0


def _prctl(option: int, argument: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    done: int = ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)
    return done == 0


def _children() -> list[int]:
    """Return the processes whose parent is this one now; grandchildren become ours when their parent is gone."""
    mine = str(os.getpid()).encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb", buffering=0) as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields[1] == mine and fields[0] != b"Z":
            found.append(int(entry))
    return found


def _reap() -> dict[int, int] | None:
    """Collect what has ended; None when this process has no child any more."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended or None
        if pid == 0:
            return ended
        ended[pid] = status


def _start(command: list[str]) -> tuple[int, int]:
    """Start the adapter in a session of its own; gives its pid, and the error number or 0."""
    reader, writer = os.pipe()
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != me:
                os._exit(127)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            os.execvp(command[0], command)  # noqa: S606 # the command that the user named
        except OSError as error:
            os.write(writer, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(writer)
    problem = os.read(reader, 16)
    os.close(reader)
    return pid, int(problem or b"0")


def _kill(how: Callable[[int, int], None], pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        how(pid, signal.SIGKILL)


def _sweep(adapter: int) -> None:
    """Kill everything that is left and wait until it is gone."""
    until = time.monotonic() + SWEEP_SECONDS
    pause = 0.001
    while _reap() is not None and time.monotonic() < until:
        if reaper:
            for pid in _children():
                _kill(os.kill, pid)
        else:
            _kill(os.killpg, adapter)
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def _left() -> int:
    """How many processes are still there once those that are just ending had time to."""
    if not reaper:
        return 0
    until = time.monotonic() + LINGER_SECONDS
    while _reap() is not None:
        if time.monotonic() > until:
            return len(_children())
        time.sleep(0.002)
    return 0


def _say(control: int, message: str) -> None:
    with suppress(OSError):
        os.write(control, message.encode() + b"\n")


def _watch(control: int, harness: int, adapter: int, wake: int) -> None:
    """Return when the harness wants an end, the harness is gone, or the adapter is."""
    watched = select.poll()
    watched.register(control, select.POLLIN)
    watched.register(wake, select.POLLIN)
    lifeline = _lifeline(harness)
    if lifeline is not None:
        watched.register(lifeline, select.POLLIN)
    if os.getppid() != harness:
        return
    while True:
        ended = _reap()
        if ended is None or adapter in ended:
            status = (ended or {}).get(adapter, 0)
            _say(control, f"exited {status} {_left()}")
            return
        ready = {fd for fd, _ in watched.poll()}
        if control in ready or lifeline in ready:
            return
        if wake in ready:
            os.read(wake, 4096)


def _lifeline(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _stop(number: int, frame: object) -> None:
    raise SystemExit


def main(arguments: list[str]) -> None:
    """Keep one adapter until it or the harness is gone."""
    control, harness, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    os.set_inheritable(control, False)
    wake, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    adapter, problem = _start(command)
    if problem:
        _say(control, f"failed {problem}")
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    try:
        _say(control, f"started {adapter}")
        _watch(control, harness, adapter, wake)
    finally:
        _sweep(adapter)


reaper = _prctl(PR_SET_CHILD_SUBREAPER, 1)

if __name__ == "__main__":
    main(sys.argv[1:])
