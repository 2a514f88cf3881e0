"""What the tests of adapters share: commands of the fault kit, a small differential run, traces of processes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from telltale_conformance.oracle.adapters import (
    RESET,
    Adapter,
    AdapterFault,
    AdapterLimits,
    ReferenceAdapter,
    Request,
    SubprocessAdapter,
    fault_kit,
)

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = [sys.executable, "-m", "telltale_conformance.adapters.reference"]
MARK = "TELLTALE_CONFORMANCE_TEST_MARK"
OPEN = Request("open", b'{"roles":["A","B"],"initial_types":{}}')
SESSIONS = Request("session_ids", b"{}")
NEXT = Request("next_session_id", b"{}")
PROGRAM = [OPEN, SESSIONS, OPEN, NEXT, RESET, NEXT, OPEN, SESSIONS, OPEN, NEXT]
"""Two short programs over the three operations of the fault kit."""
PATIENT = AdapterLimits(deadline=30, start_deadline=60, close_deadline=30)
"""For adapters that answer: a busy machine must not make them late."""


def kit(name: str, at: int = 3) -> list[str]:
    """Return the command of one of the fault kit's adapters."""
    return [sys.executable, "-I", "-S", fault_kit.__file__, name, "--at", str(at)]


def script(text: str) -> list[str]:
    """Return the command of an adapter whose source is given."""
    return [sys.executable, "-I", "-S", "-c", text]


def marked(mark: str) -> dict[int, str]:
    """Return the command lines, by pid, of all processes started with the mark in their environment."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            environment = Path(f"/proc/{entry}/environ").read_bytes()
            if f"{MARK}={mark}".encode() in environment.split(b"\0"):
                command = Path(f"/proc/{entry}/cmdline").read_bytes()
                found[int(entry)] = command.replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def judge(adapter: Adapter, program: Sequence[Request | None] = PROGRAM) -> str:
    """Run a program on the adapter and on the reference, and say what is concluded."""
    expected = ReferenceAdapter().submit(program)
    for wanted, answer in zip(expected, adapter.submit(program), strict=True):
        if answer.kind in ("panic", "unsupported", "bad_request"):
            return answer.kind
        if answer.kind != wanted.kind or json.loads(answer.payload) != json.loads(wanted.payload):
            return "diverge"
    return "agree"


def conclude(command: Sequence[str], limits: AdapterLimits = PATIENT) -> tuple[str, AdapterFault | None]:
    """Say what becomes of a run, closing included: a verdict, or the code of the failure with the failure.

    After a failure the adapter is reset once, as a run would do to go on.
    """
    failed: AdapterFault | None = None
    try:
        with SubprocessAdapter(command, limits) as adapter:
            try:
                verdict = judge(adapter)
            except AdapterFault as fault:
                failed = fault
                adapter.reset()
        return (failed.code, failed) if failed else (verdict, None)
    except AdapterFault as fault:
        if failed is None or fault.code == "hello-changed":
            failed = fault
        return failed.code, failed
