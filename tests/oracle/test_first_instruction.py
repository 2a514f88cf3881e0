"""Signals are heard from the first instruction of the program to its last, also where its parent ignores them."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

ARGUMENTS = ("check", "--lanes", "programs", "--effort", "thorough")


@pytest.mark.parametrize(
    ("module", "number", "ignored"),
    [
        ("typer.core", signal.SIGINT, False),
        ("typer.core", signal.SIGTERM, True),
        ("telltale_conformance.oracle.process.interrupts", signal.SIGTERM, False),
        ("telltale_conformance.oracle.gate", signal.SIGINT, True),
    ],
)
def test_a_signal_while_the_program_is_imported_ends_it_with_3(
    module: str, number: signal.Signals, ignored: bool
) -> None:
    def ignore() -> None:
        if ignored:
            signal.signal(number, signal.SIG_IGN)

    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "telltale_conformance", *ARGUMENTS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        restore_signals=False,
        preexec_fn=ignore,  # noqa: PLW1509 # no thread is there that could hold a lock
    )
    assert process.stderr is not None
    while not (line := process.stderr.readline()).rstrip().endswith(f" {module}"):
        assert line, f"{module} is not imported"
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3, said[-2000:]
    assert number.name in said


AT_THE_END = """
import os, sys
from telltale_conformance.__main__ import main

class Late:
    def __del__(self, kill=os.kill, process=os.getpid(), write=os.write):  # Python has dropped its handlers by then
        kill(process, {number})
        write(2, b"was sent")

sys.late = Late()
sys.argv = ["telltale-conformance", "--version"]
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_python_takes_itself_apart_changes_no_exit_code(number: signal.Signals) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END.format(number=int(number))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    assert "was sent" in done.stderr


STANDS_IN = """
import ctypes, sys, types
from telltale_conformance.__main__ import main

class StandsIn(types.ModuleType):
    def main(self):
        {ends}

sys.modules["telltale_conformance.oracle.cli"] = cli = types.ModuleType("cli")
cli.app = StandsIn("app")
main()
"""


@pytest.mark.parametrize(
    ("ends", "code", "said"),
    [
        ("ctypes.CDLL(None).exit(0)", 3, "inconclusive: a library ended the process"),
        ("ctypes.CDLL(None).exit(1)", 3, "inconclusive: a library ended the process"),
        ("ctypes.CDLL(None).exit(101)", 3, "inconclusive: a library ended the process"),
        ("raise MemoryError", 3, "inconclusive: it cannot be started: MemoryError()"),
        ("""raise RuntimeError("can't start new thread")""", 3, "can't start new thread"),
        ("raise SystemExit(0)", 0, ""),
        ("raise SystemExit(1)", 1, ""),
    ],
)
def test_what_ends_the_program_from_below_has_the_code_of_no_verdict(ends: str, code: int, said: str) -> None:
    """As OpenBLAS does, which dask loads, where it gets no memory: it calls C's ``exit(1)``."""
    done = subprocess.run(
        [sys.executable, "-c", STANDS_IN.format(ends=ends)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, bool(done.stderr)) == (code, bool(said)), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
