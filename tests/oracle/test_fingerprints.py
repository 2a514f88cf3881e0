"""One class of a divergence, everywhere: the same for all cases of one mistake, another for another mistake."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.errors import OwnershipError, StringError
from telltale_conformance.model.guard_table import BOUND, G_FOUND, ISSUED, KNOWN_SESSION, UNCHANGED
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.cli.minimise import run as minimise_command
from telltale_conformance.oracle.dossier.dossier import read_dossier
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.names import names_of, renamed
from telltale_conformance.oracle.reference.judging import Asked, described, judge_cases
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.baseline import Baseline, updated
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, contract_side, fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneDivergence
from tests.oracle.minimise_world import diverging, record, seen
from tests.oracle.report_world import accepted, lane, unlogged
from tests.oracle.wrong_references import WRONG, WrongReference
from tests.wrong_stores.catalogue import CATALOGUE, adapter

OPEN = {"initial_types": {}, "roles": []}
TODAY = date(2030, 6, 15)
LONG = 200
"""Triggers of so many steps are left out: how deep an answer lies does not come from their length."""
FIELDS = {"op": "close", "kind": "state", "expected": "ok", "actual": "ok", "guard": "passes"}


def told(name: str, seeds: tuple[int, ...], programs: int) -> list[LaneDivergence]:
    """What a lane tells of the wrong store of that name, in generated programs of several seeds."""
    cases = []
    for seed in seeds:
        for index in range(programs):
            steps = on_reference(generate_program(seed, index, steps=100)).steps
            cases.append([Asked(item.step.seq, item.step.op, item.printed, item.outcome) for item in steps])
    results = judge_cases(WrongReference(WRONG[name]), [lambda case=case: case for case in cases], Level.state)
    return [described("case", result, None) for result in results if result.divergence is not None]


def payload(expected: dict[str, Any], actual: dict[str, Any]) -> Fingerprint:
    return fingerprint_of(accepted(kind="payload", expected={"ok": expected}, actual={"ok": actual}))


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("recv gives the newest", 3),  # another value, or null for one of them, whose signature is bad
        ("commit grants the giver's scope", 1),  # whether the scopes are of one form or of two
        ("commit logs one record less", 1),
        ("a closed session has messages", 1),
        ("validate ignores the owner", 2),  # accepted, or refused for another reason
        ("advance goes back", 4),  # seen by four operations
    ],
)
def test_a_defect_has_few_classes_whatever_the_seed(name: str, classes: int) -> None:
    found = told(name, (1, 2, 3, 4), 24)
    assert len(found) > 1
    assert len({fingerprint_of(divergence).digest for divergence in found}) <= classes


def test_it_is_the_same_under_other_names() -> None:
    assert fingerprint_of(accepted("owner/β", "client", 5)) == fingerprint_of(accepted("a", "A", 0))
    assert fingerprint_of(unlogged(owner="a")) == fingerprint_of(unlogged(owner="z"))
    name = "a witness is consumed twice"
    given = diverging(name)
    other = renamed(given, {name: f"other {name[1]}" for name in names_of(given)})
    shifted = msgspec.structs.replace(other, steps=(Step(args=OPEN, op="open", seq=-1), *other.steps))
    marks = [seen(WrongReference(WRONG[name]), item).fingerprint for item in (given, other, shifted)]
    assert marks[0] == marks[1] == marks[2] is not None


def test_it_is_the_one_of_every_version() -> None:
    # Changing these makes every baseline in the world stale: raise SCHEME and say so in the documents.
    assert fingerprint_of(accepted()).short == "4cea723182a7"
    assert fingerprint_of(unlogged()).short == "3f6329d8399d"
    assert Fingerprint(**FIELDS).short == "f3ce9f8eec3b"


def test_a_class_of_the_same_words_had_another_fingerprint_under_the_scheme_before() -> None:
    assert fingerprint_of(accepted()).digest_in(2).startswith("5c887542c258")
    assert fingerprint_of(unlogged()).digest_in(2).startswith("78528064e34c")
    assert Fingerprint(**FIELDS).digest_in(2).startswith("101852bf3cc3")


@pytest.mark.parametrize(
    "changed",
    [
        {"op": "send"},
        {"kind": "audit"},
        {"expected": "x"},
        {"actual": "x"},
        {"guard": "G-live"},
        {"place": "epoch"},
        {"claim": "K1"},
    ],
)
def test_every_part_of_a_class_counts(changed: dict[str, Any]) -> None:
    assert Fingerprint(**{**FIELDS, **changed}).digest != Fingerprint(**FIELDS).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"op": "release_ownership"},
        {"expected": {"err": {"StaleCapability": {}}}},
        {"actual": {"err": {"Terminal": {}}}},
        {"kind": "panic", "actual": {"panic": "index out of range"}},
        {"kind": "payload", "expected": {"err": {"$.Unclaimed.session_id": 1}}, "actual": {"err": {"$.Unclaimed": 2}}},
    ],
)
def test_another_divergence_has_another_class(changes: dict[str, Any]) -> None:
    assert fingerprint_of(accepted(**changes)) != fingerprint_of(accepted())


def test_the_guard_matters_and_its_wording_does_not() -> None:
    assert fingerprint_of(accepted(reason="somebody owns it")) == fingerprint_of(accepted())
    assert fingerprint_of(accepted(guard="G-live")) != fingerprint_of(accepted())


def test_of_a_panic_it_is_what_was_said_up_to_the_first_colon() -> None:
    texts = ["index 7 out of bounds: the length is 3", "index 8 out of bounds", "no `a`", "no `b`"]
    panics = [fingerprint_of(accepted(kind="panic", actual={"panic": text})).actual for text in texts]
    assert panics == ["index N out of bounds", "index N out of bounds", "no …", "no …"]
    told = fingerprint_of(accepted(kind="panic", actual={"panic": texts[1]})).text()
    assert told.endswith(", panicked: index N out of bounds")


def test_of_a_witness_it_says_which_of_its_guards_refused() -> None:
    reasons = {guard.name: guard.logged for guard in (ISSUED, UNCHANGED, BOUND)} | {"another reason": "no luck"}
    for name, reason in reasons.items():
        refused = accepted(actual={"err": {"InvalidWitness": {"reason": reason}}})
        assert fingerprint_of(refused).actual == f"InvalidWitness ({name})"


def test_indexes_names_depth_and_numbers_do_not_matter() -> None:
    assert payload({"$[0].epoch": 1}, {"$[0].epoch": 0}) == payload({"$[7].epoch": 3}, {"$[7].epoch": 9})
    assert payload({"$.role_ids.A.B": 1}, {"$.role_ids.A.B": 0}) == payload({"$.role_ids.C": 1}, {"$.role_ids.C": 0})
    lower = [payload({f"$.role_ids.{name}": 1}, {f"$.role_ids.{name}": 0}) for name in ("client", "server.eu", "A")]
    assert len(set(lower)) == 1
    branches = "$.current.Recv.branches[0][2].Send.partner"
    assert payload({"$.current.Send.partner": "A"}, {"$.current.Send.partner": "B"}) == payload(
        {branches: "A"}, {branches: "B"}
    )
    assert payload({"$.scope": 1}, {"$.scope": 2}) != payload({"$.owner": 1}, {"$.owner": 2})
    assert payload({"$.terminal.Faulted.reason": 1}, {"$.terminal.Faulted.reason": 2}).place == "terminal.reason"


def test_what_differs_within_another_element_of_a_list_does_not_matter() -> None:
    swapped = payload({"$[0].epoch": 1, "$[0].sid": 3, "$[1].sid": 4}, {"$[0].epoch": 0, "$[0].sid": 4, "$[1].sid": 3})
    assert swapped == payload({"$[2].sid": 1}, {"$[2].sid": 2})
    assert swapped.place == "[]"
    fewer = payload({"$[0].tick": 1, "$[1]": {}}, {"$[0].tick": 0, "$[1]": "(absent)"})
    assert fewer.place == "[]"
    more = payload({"$[0].tick": 1, "$[1]": "(absent)"}, {"$[0].tick": 0, "$[1]": {}})
    assert more.place == "[]"


def test_whether_one_side_has_nothing_there_matters() -> None:
    assert payload({"$.current": {}}, {"$.current": None}).place == "current: missing"
    assert payload({"$.current": None}, {"$.current": {}}).place == "current: unexpected"
    assert payload({"$": True}, {"$": False}).place == "$"
    assert payload({"$.Nat": 1, "$.Str": "(absent)"}, {"$.Nat": "(absent)", "$.Str": "x"}).place == "$"


def test_the_claim_that_was_broken_is_part_of_the_class() -> None:
    key = fingerprint_of(accepted(claim="K1"))
    assert (key.claim, key.rule) == ("K1", "K1")
    assert fingerprint_of(accepted()).rule == "validate_ownership_capability"


def test_the_side_of_the_contract_names_answer_and_guard() -> None:
    assert contract_side(Outcome(None, None, [])) == ("ok", "passes")
    not_found = OwnershipError(G_FOUND, {"session_id": 3})
    assert contract_side(Outcome(None, not_found, [])) == ("SessionNotFound", "G-found")
    known = StringError(KNOWN_SESSION, 3)
    assert contract_side(Outcome(None, known, [])) == ("session not found", "§5 session")
    for guard in (ISSUED, UNCHANGED, BOUND):
        assert contract_side(Outcome(None, OwnershipError(guard, {"session_id": 0, "witness_id": 1}), [])) == (
            "InvalidWitness",
            guard.name,
        )


def test_baseline_minimiser_and_dossier_name_one_fingerprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "commit logs one record less"
    given = diverging(name)
    adapter = WrongReference(WRONG[name])
    result = minimise(adapter, given)
    assert result.fingerprint is not None
    assert result.fingerprint == seen(adapter, given).fingerprint == seen(adapter, result.program).fingerprint
    trace = record(adapter, given, tmp_path / "t.jsonl")
    assert minimise_command(trace, output=tmp_path / "s.jsonl", dossier=tmp_path / "d", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    manifest, _, _ = read_dossier(tmp_path / "d")
    divergences = told(name, (11,), 40)
    baseline = updated(Baseline(contract="telltale-17"), [lane("programs", *divergences)], TODAY).baseline
    assert {document["fingerprint"], manifest.fingerprint, manifest.divergence.digest} == {result.fingerprint.digest}
    assert [entry.fingerprint for entry in baseline.entries] == [result.fingerprint.digest]
    assert document["class"] == msgspec.to_builtins(result.fingerprint) == msgspec.to_builtins(baseline.entries[0].of)


@pytest.mark.parametrize(
    ("place", "ok", "allowed"),
    [
        ("ownership.current: missing", {"ownership": {"current": {"generation": 0}}}, True),
        ("ownership.current: missing", {"ownership": {"current": None}}, False),
        ("ownership.current: unexpected", {"ownership": {"current": None}}, True),
        ("ownership.current", {"ownership": {"current": None}}, False),
        ("[].epoch", [{"epoch": 1}], True),
        ("[].epoch", [], False),
        ("[]: unexpected", [], True),
        ("edge_blueprint[][]", {"edge_blueprint": [[[0, 1], "A", "B"]]}, True),
        ("edge_blueprint[][]", {"edge_blueprint": [[]]}, False),
        ("edge_blueprint[][][]", {"edge_blueprint": [[[0, 1]]]}, True),
        ("edge_blueprint[][][]", {"edge_blueprint": [["A", "B"]]}, False),
        ("terminal.reason", {"terminal": {"Faulted": {"reason": "r"}}}, True),
        ("terminal.reason", {"terminal": None}, False),
        ("$", 3, True),
        ("$", None, False),
        ("status: absent", {"status": None}, True),
    ],
)
def test_where_the_contract_has_nothing_nothing_can_be_wrong(place: str, ok: Any, allowed: bool) -> None:
    key = Fingerprint(op="observe", kind="state", expected="ok", actual="ok", guard="passes", place=place)
    assert key.allows("observe", Outcome(ok, None, [])) is allowed


@pytest.mark.parametrize("kind", sorted({wrong.kind for wrong in CATALOGUE}))
def test_a_class_allows_the_answer_of_the_contract_at_which_it_was_seen(kind: str) -> None:
    for wrong in CATALOGUE:
        if wrong.kind == kind and len(wrong.trigger) < LONG:
            found = seen(adapter(wrong), Program(contract=wrong.contract, steps=tuple(wrong.trigger)))
            if found.fingerprint is not None:
                assert found.expected is not None
                assert found.fingerprint.allows(found.fingerprint.op, found.expected), (wrong.name, found.fingerprint)
