"""Serves the reference with rare faults, all at once; it can do something bad once, whichever process does it first.

``main NAME… [--version V] [--once WHAT FILE AFTER]``: after so many answers of a process that finds no FILE, it writes
FILE and does WHAT: ``hang``, ``die``, or kill with SIGKILL the ``worker`` that started it or the ``campaign`` above.
``SERVED_VERSION`` in the environment is another way to name its version.
"""

import argparse
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import reference, serve_reference
from tests.wrong_stores.rare import RARE

Step = Callable[[Store, Operation, tuple[Any, ...]], Outcome]


def parent_of(process: int) -> int:
    """Return the process that started another."""
    status = Path(f"/proc/{process}/stat").read_text()
    return int(status.rpartition(")")[2].split()[1])


def hang() -> None:
    """Never answer."""
    while True:
        signal.pause()


def kill_worker() -> None:
    """Kill the process that judges; between it and this one is the adapter's keeper."""
    os.kill(parent_of(os.getppid()), signal.SIGKILL)


def kill_campaign() -> None:
    """Kill the process above the one that judges."""
    os.kill(parent_of(parent_of(os.getppid())), signal.SIGKILL)


BAD: dict[str, Callable[[], None]] = {
    "hang": hang,
    "die": lambda: os._exit(7),
    "worker": kill_worker,
    "campaign": kill_campaign,
}


def once(what: str, place: Path, after: int, carry_out: Step) -> Step:
    """Return what carries out a step, and does something bad once."""
    count = 0

    def step(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Outcome:
        nonlocal count
        count += 1
        if count == after:
            try:
                place.touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                BAD[what]()
        return carry_out(store, operation, arguments)

    return step


def wrong(names: list[str], carry_out: Step) -> Step:
    """Return what carries out a step with these faults."""
    faults = [RARE[name] for name in names]

    def step(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Outcome:
        for fault in faults:
            arguments = fault.given(store, operation, arguments)
        outcome = carry_out(store, operation, arguments)
        for fault in faults:
            outcome = fault.left(store, operation, arguments, outcome)
        return outcome

    return step


def main() -> None:
    """Serve stdin and stdout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--version")
    parser.add_argument("--once", nargs=3)
    given = parser.parse_args()
    carry_out = wrong(given.names, reference.step)
    if given.once:
        what, place, after = given.once
        carry_out = once(what, Path(place), int(after), carry_out)
    reference.step = carry_out
    version = given.version or os.environ.get("SERVED_VERSION")
    if version:
        hello = serve_reference.reference_hello
        serve_reference.reference_hello = lambda contract: msgspec.structs.replace(hello(contract), version=version)
    serve_reference.main([])
