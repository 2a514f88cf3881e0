"""The tests run against mutants, each in a process forked from one that has imported everything."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from tools.mutation.mutants import Mutant
from tools.mutation.rooms import SECONDS, SECONDS_AGAIN, Room

Fate = Literal["killed", "timeout", "survived", "fault"]
_MAY_FAIL: Final = 12
_ARGUMENTS: Final = ("-q", "-p", "no:cacheprovider", "--no-header")
_FATE_OF: Final[dict[int, Fate]] = {0: "survived", 1: "killed", 3: "killed"}
"""By pytest's exit code."""
_BROKEN: Final = (2, 4)
"""How pytest ends where code cannot be imported: of a new interpreter that is the mutant's doing."""
_STARTING: Final = 10.0
"""CPU seconds that pytest may take to start."""
_SLOWER: Final = 6.0
"""By how much a mutant may slow its tests down before it counts as endless."""
_WAITING: Final = 4.0
"""How many times its CPU a mutant may take by the clock before it counts as waiting for ever."""


class Reached(NamedTuple):
    """What the tests do without a mutant."""

    seconds: dict[str, float]
    """CPU by test, with what it starts: a busy machine changes little of it."""
    tests: dict[str, list[str]]
    """By function: the tests that reach it."""
    left_out: list[str]
    """The tests that fail by the detour over which mutmut leads every call: those that count calls."""


def enter(tree: Path) -> None:
    """Work in a mutated tree from now on, and import what the tests share, so that no mutant pays for it."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the tests need none, and starting is what costs
    os.chdir(tree)
    sys.path[:0] = [str(tree / "src"), str(tree)]
    import hypothesis  # noqa: F401 # for the forks
    import jsonschema  # noqa: F401 # for the forks
    import lark  # noqa: F401 # for the forks
    import pytest  # noqa: F401 # for the forks
    from mutmut.configuration import config

    import telltale_conformance.oracle.cli.app  # noqa: F401 # for the forks

    config()  # reads the folder that it is first asked in


def import_tests(room: Room) -> None:
    """Import the test modules of a room here, so that the forks find them."""
    import pytest

    with open(os.devnull, "w", encoding="utf-8") as silent, contextlib.redirect_stdout(silent):
        pytest.main(["--collect-only", *_ARGUMENTS, *room.tests])


def reached(room: Room, notes: Path) -> Reached:
    """Run the room's tests on the unchanged code, in a fork, and return what reaches what.

    Raises:
        RuntimeError: they cannot be run, or more fail than count calls.
    """
    pid = os.fork()
    if pid == 0:
        os._exit(_collect(room, notes))
    _, status = os.waitpid(pid, 0)
    found = Reached(**json.loads(notes.read_text(encoding="utf-8")))
    if os.waitstatus_to_exitcode(status) not in (0, 1) or len(found.left_out) > _MAY_FAIL:
        raise RuntimeError(f"tests fail on the unchanged code: {', '.join(found.left_out)}")
    return found


def _collect(room: Room, notes: Path) -> int:
    import pytest
    from mutmut.mutation.trampoline import set_mutant_under_test
    from mutmut.state import state

    seconds: dict[str, float] = {}
    tests: dict[str, list[str]] = defaultdict(list)
    left_out: list[str] = []

    class Notes:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
            before = sum(os.times()[:4])
            done = yield
            seconds[item.nodeid] = sum(os.times()[:4]) - before
            return done

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                left_out.append(report.nodeid)
            if report.when == "teardown":
                if report.nodeid not in left_out:
                    for function in state()._stats:
                        tests[function].append(report.nodeid)
                state()._stats.clear()

    set_mutant_under_test("stats")
    code = pytest.main([*_ARGUMENTS, *room.tests], plugins=[Notes()])
    found = Reached(seconds, tests, left_out)._asdict()
    notes.write_text(json.dumps(found), encoding="utf-8")
    return int(code)


def fates(room: Room, mutants: Iterable[Mutant], known: Reached) -> Iterator[tuple[Mutant, Fate]]:
    """Yield what becomes of each mutant.

    A function that no test reaches may run while modules are imported, when tables are built, say. So its mutants get
    a new interpreter, and all tests of the room.
    """
    for mutant in mutants:
        quick, slow = _quickest(known, mutant)
        if quick:
            fate = _fate(mutant, quick, sum(known.seconds[test] for test in quick))
            if fate == "survived" and slow:
                fate = _fate(mutant, slow, sum(known.seconds[test] for test in slow))
            yield mutant, fate
        else:
            every = (*room.tests, *(f"--deselect={test}" for test in known.left_out))
            yield mutant, _fate(mutant, every, sum(known.seconds.values()), anew=True)


def _quickest(known: Reached, mutant: Mutant) -> tuple[list[str], list[str]]:
    """Return the tests that reach a mutant's function, the quickest first, and those for what survives these."""
    rounds: tuple[list[str], list[str]] = [], []
    taken = 0.0
    for test in sorted(known.tests.get(mutant.reached_as, ()), key=known.seconds.__getitem__):
        taken += known.seconds[test]
        if taken > SECONDS_AGAIN and rounds[0]:
            break
        rounds[taken > SECONDS and bool(rounds[0])].append(test)
    return rounds


def _fate(mutant: Mutant, tests: Sequence[str], seconds: float, *, anew: bool = False) -> Fate:
    most = _STARTING + _SLOWER * seconds
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (int(most), int(most) + 1))
        os._exit(_run(mutant, tests, anew))
    ends = time.monotonic() + _WAITING * most
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            if code in (-signal.SIGXCPU, -signal.SIGKILL):
                return "timeout"
            return _FATE_OF.get(code, "killed" if anew and code in _BROKEN else "fault")
        if time.monotonic() > ends:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "timeout"
        time.sleep(0.01)


def _run(mutant: Mutant, tests: Sequence[str], anew: bool) -> int:
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    if anew:
        here = {**os.environ, "MUTANT_UNDER_TEST": mutant.name, "PYTHONPATH": os.pathsep.join(("src", "."))}
        os.execve(sys.executable, [sys.executable, "-m", "pytest", "-x", *_ARGUMENTS, *tests], here)  # noqa: S606 # our own tests
    try:
        import pytest
        from mutmut.mutation.trampoline import set_mutant_under_test

        set_mutant_under_test(mutant.name)
        return int(pytest.main(["-x", *_ARGUMENTS, *tests]))
    except BaseException:
        return 99
