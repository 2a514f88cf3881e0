"""Two right implementations of H14 may rename a binder differently; under ``telltale-17`` no name may differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from telltale_conformance.lean_traces.json_values import DESCEND, rebuilt
from telltale_conformance.lean_traces.printing import decode, encode_answer
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.lean_traces.shipped import RECORDINGS
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.reference.replay import replay_file
from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.verdict.compare import Divergence, Level, compare

FOLDER: Final = RECORDINGS / "telltale-machine-hardened-17.0.0"
RENAMED: Final = "u_1"


def branch(name: str, continuation: Any) -> Any:
    return [{"name": name, "sort": "Unit"}, None, continuation]


OPEN_TYPE: Final = {
    "Mu": {
        "body": {
            "Send": {
                "branches": [
                    branch("c", {"Var": "u"}),
                    branch("a", {"Mu": {"body": {"Var": "t"}, "var": "u"}}),
                ],
                "partner": "B",
            }
        },
        "var": "t",
    }
}
"""``μt. !B{c. u, a. μu. t}``: unfolding renames the inner binder, or the free ``u`` would be captured."""
SEEN: Final[list[tuple[str, Callable[[dict[str, Any]], Any]]]] = [
    ("plan", lambda args: args),
    ("open", lambda args: args),
    ("lookup_type", lambda _: {"ep": {"role": "A", "sid": 0}}),
    ("advance", lambda _: {"ep": {"role": "A", "sid": 0}, "label": "a"}),
    ("observe", lambda _: {"sid": 0}),
]


def outcomes(contract: str) -> list[tuple[str, Outcome]]:
    given = {"initial_types": {"A": OPEN_TYPE}, "roles": ["A", "B"]}
    steps = tuple(Step(args=args(given), op=op, seq=seq) for seq, (op, args) in enumerate(SEEN))
    reference = ReferenceRun(contract)
    done = [(step.op, reference.carry_out(step)) for step in Program(contract=contract, steps=steps).steps]
    return [(op, one.outcome) for op, one in done if not isinstance(one, str)]


def answered(outcome: Outcome, change: Callable[[str, Any], Any]) -> Answer:
    document = rebuilt(decode(encode_answer(outcome, audited=True)), change)
    return Answer(True, document["ok"], document["audit"])


def compared(contract: str, change: Callable[[str, Any], Any]) -> dict[str, Divergence | None]:
    return {op: compare(op, one, answered(one, change), Level.state) for op, one in outcomes(contract)}


def otherwise_named(old: str, new: str) -> Callable[[str, Any], Any]:
    return lambda _, part: new if part == old else DESCEND


def test_another_name_for_a_renamed_binder_agrees() -> None:
    assert any(RENAMED.encode() in encode_answer(one, audited=True) for _, one in outcomes("hardened"))
    assert compared("hardened", otherwise_named(RENAMED, "u'")) == dict.fromkeys([op for op, _ in SEEN])


def test_another_name_for_a_free_variable_diverges() -> None:
    found = compared("hardened", otherwise_named("u", "v"))
    assert [op for op, one in found.items() if one is None] == ["open"]  # its answer is a sid


def test_under_telltale_17_a_bound_name_is_compared_as_it_is() -> None:
    found = compared("telltale-17", otherwise_named("t", "s"))
    assert {op for op, one in found.items() if one is not None} >= {"plan", "observe"}


def test_a_captured_variable_diverges() -> None:
    found = compared("hardened", otherwise_named(RENAMED, "u"))["lookup_type"]
    assert found is not None
    assert [(one.expected, one.actual) for one in found.differences] == [("u (free)", "u (of binder 1 from outside)")]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl.gz")), ids=lambda path: path.name)
def test_recordings_of_an_implementation_of_hardened_agree(path: Path) -> None:
    result = replay_file(path, level=Level.state)
    assert (result.verdict, result.judged) == ("agree", result.events)


def test_there_are_52_of_them_and_some_name_binders_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(FOLDER.glob("*.jsonl.gz"))
    assert (len(files), sum(replay_file(path).judged for path in files)) == (52, 5746)
    monkeypatch.setattr(Contract, "fixes_no_bound_names", lambda _: False)
    assert [path.name for path in files if replay_file(path).verdict == "diverge"]
