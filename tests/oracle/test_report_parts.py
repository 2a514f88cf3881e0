"""The parts of the page: answers side by side, whole answers from differing fields, diagrams, the coverage map."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.generators.floor import floor_of
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.json_values import ABSENT, differences
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reports.page.cast import CALLER, STORE, Participant, cast, scene
from telltale_conformance.oracle.reports.page.coverage_map import coverage_map
from telltale_conformance.oracle.reports.page.diagram import described, diagram
from telltale_conformance.oracle.reports.page.exchanges import answered, exchanges
from telltale_conformance.oracle.reports.page.html import page
from telltale_conformance.oracle.reports.page.side_by_side import folded, side_by_side
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.not_covered import not_covered
from tests.oracle.report_world import CELL, MARKUP, accepted, lane, report

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "a", "b.c", "[0]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "ab", "b"]), inner, max_size=3),
    max_leaves=12,
)


# --- whole answers


@given(json_values, json_values)
def test_the_whole_answer_comes_back_from_the_fields_that_differ(expected: Any, actual: Any) -> None:
    fields = {
        difference.path: repr(ABSENT) if difference.actual is ABSENT else difference.actual
        for difference in differences(expected, actual)
    }
    before = copy.deepcopy(expected)
    assert answered({"ok": expected}, "payload", {"ok": fields}) == {"ok": actual}
    assert expected == before


@pytest.mark.parametrize("actual", [{"err": {"Unclaimed": {}}}, {"panic": "no"}])
def test_another_outcome_is_taken_whole(actual: dict[str, Any]) -> None:
    assert answered({"ok": 1, "audit": []}, "outcome", actual) == actual


def test_steps_are_run_on_the_reference_and_the_last_one_diverges() -> None:
    steps = exchanges(report(lane("programs", accepted())).findings[0])
    assert [step.op for step in steps][-1] == "validate_ownership_capability"
    assert [step.diverges for step in steps] == [False] * 4 + [True]
    assert steps[1].actual == steps[1].expected
    assert steps[1].args["sid"] == 0, "references are resolved"
    assert steps[-1].expected == {"audit": [], "err": {"Unclaimed": {"session_id": 0}}}
    assert steps[-1].actual == {"ok": None}


# --- side by side


@given(json_values, json_values)
def test_lines_differ_exactly_when_the_documents_do(left: Any, right: Any) -> None:
    lines = side_by_side(left, right)
    same = next(iter(differences(left, right)), None) is None
    assert any(line.differs for line in lines) is not same
    assert all(line.left == line.right for line in lines if not line.differs)


@given(json_values, json_values)
def test_each_side_holds_its_whole_document(left: Any, right: Any) -> None:
    for index, document in ((0, left), (1, right)):
        lines = [(line.left, line.right)[index] for line in side_by_side(left, right)]
        text = "".join(line.strip() for line in lines)
        digits = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
        assert digits.count("{") == digits.count("}")
        for value in _leaves(document):
            assert value in text


def _leaves(document: Any) -> list[str]:
    if isinstance(document, dict):
        return [leaf for value in document.values() for leaf in _leaves(value)]
    if isinstance(document, list):
        return [leaf for value in document for leaf in _leaves(value)]
    return [] if isinstance(document, str | bool) or document is None else [str(document)]


def test_a_number_is_no_truth() -> None:
    assert [line.differs for line in side_by_side([0, 1], [False, True])] == [False, True, True, False]


def test_an_ok_stands_beside_an_err() -> None:
    lines = side_by_side({"err": "no"}, {"ok": 0})
    assert [(line.left.strip(), line.right.strip()) for line in lines] == [
        ("{", "{"),
        ('"err": "no"', '"ok": 0'),
        ("}", "}"),
    ]


@given(json_values, json_values)
def test_folding_leaves_out_nothing_that_differs(left: Any, right: Any) -> None:
    lines = side_by_side(left, right)
    short = folded(lines)
    assert [line for line in short if line.differs] == [line for line in lines if line.differs]
    assert sum(line.alike or 1 for line in short) == len(lines)


def test_a_long_stretch_that_does_not_differ_is_one_line() -> None:
    left = {"a": list(range(30)), "b": 1}
    short = folded(side_by_side(left, {**left, "b": 2}))
    assert [line.left.strip() for line in short] == ["⋯ 30 lines alike", "28,", "29", "],", '"b": 1', "}"]


# --- diagrams


def steps_of(*steps: tuple[str, dict[str, Any]]) -> list[Any]:
    made = Program(steps=tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(steps)))
    return exchanges(report(lane("programs", accepted(program=made, seq=len(steps) - 1))).findings[0])


OPEN = ("open", {"roles": ["A", "B"], "initial_types": {}})
CLAIM = ("claim_ownership", {"sid": 0, "owner_id": "ann", "scope": {"Fragments": ["x"]}})


def test_what_is_forged_of_an_earlier_result_is_said() -> None:
    forged = {"$ref": 1, "set": {"scope": {"Fragments": ["x"]}, "generation": 7}}
    play = cast(steps_of(OPEN, CLAIM, ("release_ownership", {"capability": forged})))
    assert play.messages[-1].text == "release_ownership forged scope {x} · forged generation 7 · …"
    assert play.messages[1].text == "claim_ownership {x}"


def test_owners_sessions_and_witnesses_take_part_in_that_order() -> None:
    issue = ("issue_readiness_witness", {"capability": {"$ref": 1}, "predicate_ref": "p"})
    claim = ("claim_ownership", {"sid": 0, "owner_id": "ann", "scope": "Session"})
    play = cast(steps_of(OPEN, claim, issue, ("session_ids", {})))
    ann, session = Participant("owner", "ann"), Participant("session", "session 0")
    witness = Participant("witness", "witness 1", "session 0")
    assert play.participants == (CALLER, ann, session, STORE, witness)
    assert [(message.source, message.target, message.created) for message in play.messages] == [
        (CALLER, session, None),
        (ann, session, None),
        (ann, session, witness),
        (CALLER, STORE, None),
    ]


def test_a_step_says_what_was_asked_and_what_came_of_it() -> None:
    play = cast(steps_of(OPEN, CLAIM, CLAIM, ("send", {"sid": 0, "from": "A", "to": "", "val": "Unit"})))
    assert [(message.text, message.result, message.refused) for message in play.messages] == [
        ("open A, B", "✓ 0", False),
        ("claim_ownership {x}", "✓ capability gen 0 {x}", False),
        ("claim_ownership {x}", "✗ AlreadyClaimed", True),
        ('send A → ""', "✗ no buffer", True),
    ]
    assert play.messages[-1].answered == "✓"


def test_a_skipped_step_is_drawn_as_skipped() -> None:
    play = cast(steps_of(OPEN, ("close", {"sid": 9}), ("close", {"sid": {"$ref": 1}})))
    assert [message.skipped for message in play.messages] == [False, False, True]


def test_the_drawing_is_well_formed_and_names_are_text() -> None:
    finding = report(lane("programs", accepted(MARKUP + "\x00", MARKUP))).findings[0]
    play = cast(exchanges(finding))
    root = ET.fromstring(diagram(play, "d1").replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "title", "desc", "defs", "marker", "path", "rect", "g", "line", "text"}
    assert MARKUP in " ".join(root.itertext())
    assert "answered instead: ✓" in described(play)


def test_of_a_long_program_the_scene_shows_the_session_that_diverges() -> None:
    steps = steps_of(OPEN, OPEN, *[("observe", {"sid": 1})] * 20, CLAIM, ("close", {"sid": 0}))
    shown = scene(steps, 14)
    assert [step.seq for step in shown] == [0, 22, 23]
    assert len(scene(steps[:5], 14)) == 5
    assert len(scene(steps_of(OPEN, *[("observe", {"sid": 0})] * 20), 14)) == 14


# --- the coverage map


def test_the_map_has_a_row_for_every_operation_and_marks_gaps() -> None:
    offered = frozenset(OPERATIONS) - {"recv"}
    drawn = coverage_map({CELL}, "telltale-17", offered)
    rows = {row.operation: row for row in drawn.rows}
    assert {name.partition("/")[0] for name in rows} == set(OPERATIONS)
    assert (rows["recv"].status, rows["open"].status) == ("not offered", "not judged")
    claimed = {cell.outcome: (cell.situations, cell.gap) for cell in rows["claim_ownership"].cells}
    assert claimed["ok"] == (1, False)
    assert claimed["AlreadyClaimed"] == (0, True)
    assert claimed["true"] == (0, False)
    assert not any(cell.gap for cell in rows["recv"].cells)
    assert (drawn.judged, drawn.operations, drawn.situations) == (1, len(OPERATIONS), 1)


def test_an_operation_that_only_diverges_was_judged() -> None:
    """Of a panic at every call no cell agrees; the page named its operation as not judged, beside its divergence."""
    drawn = coverage_map({CELL}, "telltale-17", frozenset(OPERATIONS), {"open"})
    rows = {row.operation: row for row in drawn.rows}
    assert (rows["open"].status, rows["close"].status, drawn.judged) == ("judged", "not judged", 2)


def test_a_full_map_has_no_gap() -> None:
    cells = floor_of("telltale-17", frozenset(OPERATIONS))
    drawn = coverage_map(cells, "telltale-17", frozenset(OPERATIONS))
    assert not any(cell.gap for row in drawn.rows for cell in row.cells)
    assert drawn.outcomes[:2] == ("ok", "null")


def test_an_empty_map_claims_no_gaps() -> None:
    assert coverage_map(set[Cell](), "telltale-17", frozenset(OPERATIONS)).outcomes == ()


def test_what_diverges_is_not_named_as_not_judged() -> None:
    found = not_covered(
        [lane("programs", accepted())],
        lanes=("programs",),
        offered=frozenset(OPERATIONS),
        observes=frozenset({"audit"}),
        level=Level.state,
        claims={},
    )
    assert "validate_ownership_capability" not in found.operations_not_judged
    assert "reload" in found.operations_not_judged


@pytest.mark.parametrize(
    ("level", "without_observe", "without_audit"),
    [(Level.payload, False, False), (Level.audit, False, True), (Level.state, True, True)],
)
def test_what_is_not_offered_or_not_observed_is_named_as_not_compared(
    level: Level, without_observe: bool, without_audit: bool
) -> None:
    def said(offered: frozenset[str], observes: frozenset[str]) -> set[str]:
        return {*not_covered([], lanes=(), offered=offered, observes=observes, level=level, claims={}).not_compared}

    every, audit = frozenset(OPERATIONS), frozenset({"audit"})
    by_level = said(every, audit)
    assert (not by_level) == (level == Level.state)
    states, log = (
        "states not compared: observe is not offered",
        "audit log not compared: the adapter does not observe it",
    )
    assert said(every - {"observe"}, audit) - by_level == ({states} if without_observe else set())
    assert said(every, frozenset()) - by_level == ({log} if without_audit else set())


def test_no_escape_of_ours_is_seen_on_the_page(tmp_path: Path) -> None:
    """A zero-width space let a long name break; the page spelled it out."""
    cell = CELL._replace(operation="apply_owned_session_mutation/SetDefaultHandler")
    made = report(msgspec.structs.replace(lane("programs"), coverage=frozenset({CELL, cell})))
    text = page(made, tmp_path).partition("<main")[2].partition("<script")[0]
    assert "apply_owned_session_mutation/<wbr>SetDefaultHandler" in text
    assert "\\u" not in text
