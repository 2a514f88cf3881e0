"""Each class of divergence has a plain sentence; the whole list is in ``data/what_broke.txt``, to be read by people."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from telltale_conformance.model import guard_table
from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.observe import ObservedOwnership, ObservedSession
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.reports.plain_words import (
    ACCEPTED_IN_WORDS,
    IF_IT_IS_NOT_ASKED,
    OPERATIONS_IN_WORDS,
    STATE_IN_WORDS,
    WRONG_STATE_IN_WORDS,
)
from telltale_conformance.oracle.reports.what_broke import (
    Gravity,
    cause_of,
    causes,
    gravest_first,
    gravity,
    sentence,
    what_broke,
    why_it_matters,
)
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from tests.oracle.report_world import accepted, lane, report, unlogged
from tools.lint.statements.rows import DOCUMENT, read_rows

GOLDEN = Path(__file__).parents[1] / "data" / "what_broke.txt"
ROWS = read_rows((Path(__file__).parents[2] / DOCUMENT).read_text(encoding="utf-8"))
DECODING = [guard.name for guard in guard_table.DECODING.values()]


def guards_of(operation: str) -> list[str]:
    """Return the guards that an operation can be refused by, under either contract.

    Those of ownership operations are read from the contract, the others are those that the model's function can reach.
    """
    if operation == "decode":
        return DECODING
    if operation in ROWS.hardened:
        return list(ROWS.hardened[operation])
    found = {guard.name for guard in reached(OPERATIONS[operation].function)}
    return [name for name in GUARDS if name in found]


def reached(function: Callable[..., Any], seen: set[Any] | None = None) -> Iterator[Guard]:
    """Yield the guards that a function of the model names, itself or in what it calls."""
    seen = set() if seen is None else seen
    if function in seen or not isinstance(function, FunctionType) or "model" not in function.__module__:
        return
    seen.add(function)
    names = set(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        inside = [getattr(value, other, None) for other in names] if isinstance(value, ModuleType) else []
        for one in (value, *inside):
            if isinstance(one, Guard):
                yield one
            elif callable(one):
                yield from reached(one, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from _names(constant)


def classes() -> Iterator[Fingerprint]:
    """Yield a class of each kind for every operation and every guard that it has."""
    for op, operation in OPERATIONS.items():
        for number, guard in enumerate(guards_of(op)):
            variant = GUARDS[guard].error
            yield Fingerprint(op=op, kind="outcome", expected=variant, actual="ok", guard=guard)
            yield Fingerprint(op=op, kind="outcome", expected=variant, actual="OtherError", guard=guard)
            if number == 0:
                yield Fingerprint(op=op, kind="payload", expected=variant, actual=variant, guard=guard, place="field")
                yield Fingerprint(op=op, kind="panic", expected=variant, actual="index out of bounds", guard=guard)
            if operation.log is not None and GUARDS[guard].logged is not None:
                yield Fingerprint(
                    op=op, kind="audit", expected=variant, actual=variant, guard=guard, place="[]: missing"
                )
        yield Fingerprint(op=op, kind="outcome", expected="ok", actual="OtherError", guard="passes")
        yield Fingerprint(op=op, kind="panic", expected="ok", actual="index out of bounds", guard="passes")
        if op != "observe":
            yield Fingerprint(op=op, kind="payload", expected="ok", actual="ok", guard="passes", place="field")
        if operation.log is not None:
            for place in ("[]: missing", "[]: unexpected", "[].reason"):
                yield Fingerprint(op=op, kind="audit", expected="ok", actual="ok", guard="passes", place=place)
    for part in STATE_IN_WORDS:
        for presence in ("", ": missing", ": unexpected"):
            yield Fingerprint(
                op="observe", kind="state", expected="ok", actual="ok", guard="passes", place=part + presence
            )
    for claim in CLAIMS:
        yield Fingerprint(
            op="validate_ownership_capability",
            kind="outcome",
            expected="ok",
            actual="ok",
            guard="passes",
            claim=claim,
        )


def listed() -> str:
    """Return every sentence by its gravity, and then why it matters, each once."""
    found: dict[Gravity, dict[str, None]] = {grave: {} for grave in Gravity}
    why: dict[str, None] = {}
    for key in classes():
        found[gravity(key)].setdefault(sentence(key))
        why.setdefault(why_it_matters(key))
    parts = [(f"# {grave.name}", sentences) for grave, sentences in found.items()]
    return "\n\n".join("\n".join([head, *lines]) for head, lines in [*parts, ("# why it matters", why)]) + "\n"


def test_the_whole_list_is_the_one_that_was_read() -> None:
    assert listed() == GOLDEN.read_text(encoding="utf-8"), "python -m tests.oracle.test_what_broke writes it; read it"


def test_no_operation_guard_or_part_of_the_state_lacks_its_words() -> None:
    assert list(OPERATIONS_IN_WORDS) == list(OPERATIONS)
    assert [*IF_IT_IS_NOT_ASKED, *DECODING, guard_table.LEFT_OPEN.name] == list(GUARDS)
    own = [f"ownership.{name}" for name in ObservedOwnership.__struct_fields__]
    assert set(STATE_IN_WORDS) == {*ObservedSession.__struct_fields__, *own}
    assert {place for place, _ in WRONG_STATE_IN_WORDS} <= STATE_IN_WORDS.keys()
    assert all(guard in guards_of(op) for op, guard in ACCEPTED_IN_WORDS)


def test_every_guard_refuses_some_operation_of_the_list() -> None:
    assert {name for op in OPERATIONS for name in guards_of(op)} == GUARDS.keys() - {guard_table.LEFT_OPEN.name}


def test_each_sentence_is_one_and_reads_as_one() -> None:
    for key in classes():
        for text in (sentence(key), why_it_matters(key)):
            assert re.fullmatch(r"[A-Z].*\.", text), text
            assert not re.search(r"\.\.|  |None|\$|\b(a|an) (a|an|the)\b", text), text
            assert len(text) < 320, text


def test_a_guard_that_nobody_foresaw_still_gives_a_sentence() -> None:
    made = Fingerprint(op="new_operation", kind="outcome", expected="ok", actual="X", guard="passes")
    assert sentence(made) == "The operation new_operation is refused with `X`, although nothing stands against it."


def test_the_row_by_which_a_text_is_read_is_named() -> None:
    made = Fingerprint(op="decode/Edge", kind="outcome", expected="ok", actual="error", guard="passes: a row")
    assert sentence(made).endswith(", although nothing stands against it; §20 says of it: a row.")


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_is_never_named_by_its_number_alone(claim: str) -> None:
    key = Fingerprint(op="close", kind="outcome", expected="ok", actual="ok", guard="passes", claim=claim)
    assert CLAIMS[claim].title in sentence(key)


def test_success_where_refusal_is_due_comes_first_and_the_record_last() -> None:
    made = report(
        lane("corpus", unlogged()),
        lane(
            "programs",
            accepted(),
            accepted(op="close", expected={"err": "session 0 not found"}, guard="§5 session"),
            accepted(actual={"err": {"Terminal": {}}}),
            accepted(op="recv", expected={"ok": None}, actual={"err": "no"}, guard="passes"),
        ),
    )
    found = [gravity(finding.key) for finding in gravest_first(made.findings)]
    assert found == [Gravity.accepted, Gravity.error, Gravity.accepted, Gravity.refused, Gravity.record]
    leading = [gravity(cause.leading.key) for cause in causes(made.findings)]
    assert leading == sorted(leading)


def test_one_guard_that_is_not_asked_is_one_cause_in_all_operations() -> None:
    ops = ("validate_ownership_capability", "release_ownership", "begin_ownership_transfer")
    made = report(lane("programs", *(accepted(op=op) for op in ops), accepted(actual={"err": {"Terminal": {}}})))
    (cause,) = causes(made.findings)
    assert set(cause.operations) == set(ops)
    assert [gravity(finding.key) for finding in cause.findings] == [Gravity.accepted] * 3 + [Gravity.error]


def test_what_a_guard_does_not_decide_is_apart_for_each_operation() -> None:
    keys = [
        Fingerprint(op=op, kind=kind, expected="ok", actual="ok", guard="passes", place="a")
        for op in ("close", "send")
        for kind in ("payload", "audit")
    ]
    assert len({cause_of(key) for key in keys}) == 4


def test_parts_of_a_state_are_causes() -> None:
    def state(place: str) -> Fingerprint:
        return Fingerprint(op="observe", kind="state", expected="ok", actual="ok", guard="passes", place=place)

    assert cause_of(state("ownership.current.scope")) == cause_of(state("ownership.current: missing"))
    assert cause_of(state("ownership.current")) != cause_of(state("ownership.pending_transfer"))
    assert sentence(state("ownership.current.scope")).endswith("the difference is in its live owner.")
    assert sentence(state("elsewhere[].x")).endswith("the difference is in `elsewhere[].x`.")


def test_a_known_finding_never_hides_a_new_one_of_its_cause() -> None:
    from tests.oracle.test_report_formats import half_known

    assert [cause.leading.fails for cause in causes(half_known().findings)] == [True, False]


def test_several_clients_are_spoken_of_where_there_are_several() -> None:
    (finding,) = report(lane("concurrent", accepted(history=b"", race=None))).findings
    assert what_broke(finding).startswith("No order of the calls of several clients explains an answer. A capability ")


if __name__ == "__main__":
    GOLDEN.write_text(listed(), encoding="utf-8")
