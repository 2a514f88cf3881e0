"""Every command says in one form what is wrong, where, and what to do, and ends with the code of the error."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import getmembers, isclass, signature
from pathlib import Path
from pkgutil import walk_packages

import pytest

import telltale_conformance
from telltale_conformance.errors import HarnessError, InconclusiveError, UsageError
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.errors import Refused
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.cli import adapter_kit, check, minimise, prove, record, replay, schema, types, verify
from telltale_conformance.oracle.cli.terminal import tell, tell_fault, told

ELSEWHERE = {
    "Disagreement",  # a verdict, as an assertion that Hypothesis minimises
    "Departure",  # a verdict, as the failure of a pytest item
    "Diverged",  # a verdict, while a run is replayed
    "Interrupted",  # a signal
    "NotOurForm",
    "_Unwritable",
    "_NoLocalType",
    "NoMerge",
    "_Misused",  # within one module
    "Refusing",  # within the reader of texts, which returns the row
    "OutOfTime",
    "AdapterGone",
    "_MidRun",
    "Stopped",
    "Contradiction",  # becomes a damaged line of a journal, with its place
    "NotFollowed",
    "Refused",
    "NotOffered",
    "ClaimBroken",  # fails a test, where pytest shows it
    "_Ended",
    "ClientEnded",  # leave a search, a replay, or an operation whose client ends
}
"""Exceptions that are neither errors of the harness nor refusals, and why."""


def exceptions() -> Iterator[type[BaseException]]:
    for module in walk_packages(telltale_conformance.__path__, "telltale_conformance."):
        if module.name.rpartition(".")[2] in ("__main__", "fault_kit", "wrong_store", "keeper"):
            continue
        for _, kind in getmembers(import_module(module.name), isclass):
            if issubclass(kind, BaseException) and kind.__module__ == module.name:
                yield kind


def test_every_exception_has_its_base() -> None:
    others = {kind.__name__ for kind in exceptions() if not issubclass(kind, HarnessError | Refused)}
    assert others <= ELSEWHERE, "derive it from telltale_conformance.errors.HarnessError"


def test_every_error_can_cross_to_another_process() -> None:
    for kind in exceptions():
        if issubclass(kind, HarnessError):
            known = [p for p in signature(kind).parameters.values() if p.default is p.empty and p.kind < p.KEYWORD_ONLY]
            if all(p.annotation in ("str", "int") for p in known):
                error = kind(*("7" if p.annotation == "str" else 7 for p in known))
                again = pickle.loads(pickle.dumps(error))
                assert (type(again), again.__dict__, str(again)) == (kind, error.__dict__, str(error))


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = HarnessError("the line is no JSON", place="t.jsonl:3", remedy="record it again", detail="3 | {\n    ^")
    assert str(error) == "t.jsonl:3: the line is no JSON; record it again\n3 | {\n    ^"
    assert (str(UsageError("no")), UsageError.exit_code, InconclusiveError.exit_code) == ("no", 2, 3)


@pytest.mark.parametrize(
    ("error", "code", "printed"),
    [
        (UsageError("no such lane", remedy="name another"), 2, "telltale-conformance: no such lane; name another\n"),
        (MalformedTrace("t", 0, "is empty", "fetch it"), 2, "telltale-conformance: t: is empty; fetch it\n"),
        (InconclusiveError("nothing"), 3, "telltale-conformance: inconclusive: nothing\n"),
        (UsageError("a\x1b[2J\u202eb"), 2, "telltale-conformance: a\\x1b[2J\\u202eb\n"),
    ],
)
def test_an_error_is_printed_in_one_form(
    error: HarnessError, code: int, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(error) == code
    assert capsys.readouterr() == ("", printed)


def test_a_fault_of_an_adapter_is_printed_with_all_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    fault = Exited("the adapter ended", "it exited with status 7")
    fault.stderr = "boom\n\x1b[31mred\n"
    assert tell(fault) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("telltale-conformance: inconclusive: the adapter ended [exited]\n")
    for part in ("cause: it exited with status 7", f"hint: {Exited.remedy}", "    boom", r"    \x1b[31mred"):
        assert part in shown
    assert "\x1b" not in shown


def test_a_fault_of_the_harness_shows_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell_fault(KeyError("x")) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("KeyError: 'x'\n")
    assert shown.endswith("telltale-conformance: inconclusive: fault of the harness: KeyError('x')\n")


def test_a_path_that_cannot_be_used_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    @told
    def command() -> int:
        return len((tmp_path / "none").read_bytes())

    assert command() == 2
    assert f"telltale-conformance: {tmp_path}/none: cannot be read or written: No such file" in capsys.readouterr().err


ADAPTER = f"{sys.executable} -m telltale_conformance.adapters.reference"
NONE = Path("/nonexistent/x.jsonl")
COMMANDS: dict[str, tuple[Callable[[Path], int], int]] = {
    "replay": (lambda at: replay.run([NONE]), 2),
    "check a lane": (lambda at: check.run(lanes=["nosuch"]), 2),
    "check a time limit": (lambda at: check.run(time_limit=-1.0), 2),
    "check a command": (lambda at: check.run(sut="'unclosed"), 2),
    "check an adapter": (lambda at: check.run(sut="/nonexistent/adapter"), 3),
    "minimise": (lambda at: minimise.run(NONE, output=at / "o.jsonl"), 2),
    "verify": (lambda at: verify.run(at / "none"), 2),
    "prove": (lambda at: prove.run("nosuch"), 2),
    "record a program": (lambda at: record.run_chosen(ADAPTER, NONE, None, 1, at / "o.jsonl", deadline=5.0), 2),
    "record an adapter": (lambda at: record.run_chosen("/nonexistent/a", None, 0, 1, at / "o.jsonl", deadline=5.0), 3),
    "adapter-kit": (lambda at: adapter_kit.run("", as_json=False, deadline=1.0), 2),
    "adapter-kit a deadline": (lambda at: adapter_kit.run("x", as_json=False, deadline=-1.0), 2),
    "schema": (lambda at: schema.run("nosuch"), 2),
    "types": (lambda at: types.run([NONE], types.Options()), 2),
    "types without": (lambda at: types.run([], types.Options()), 2),
}


@pytest.mark.parametrize(("command", "code"), COMMANDS.values(), ids=COMMANDS)
def test_every_command_prints_its_error_and_ends_with_its_code(
    command: Callable[[Path], int], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("telltale-conformance: inconclusive: " if code == 3 else "telltale-conformance: ")
    assert "Traceback" not in err
