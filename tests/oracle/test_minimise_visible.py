"""Plain names and values stay different where a wrong answer could not be told from the contract's otherwise."""

from __future__ import annotations

from typing import Any

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.minimise.lifting import lift_again
from telltale_conformance.oracle.minimise.simplifying import plainest
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.minimise.visible import still_visible
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import plain, program, seen
from tests.oracle.wrong_references import WRONG, WrongReference


def branch(form: str, label: str, then: Any) -> Any:
    return {form: {"branches": [[{"name": label, "sort": "Nat"}, None, then]], "partner": "B"}}


def plainly(name: str, given: Program) -> tuple[Program, bool]:
    """The program as plain as the contract's side leaves it, and whether it still shows the defect."""
    trials = Trials(WrongReference(WRONG[name]), Level.state)
    sighting = seen(trials.adapter, given)
    assert sighting.divergence is not None
    trials.target = sighting.fingerprint
    side = on_reference(given)
    found = plainest(trials, lift_again(given, side.results), holds=still_visible(sighting.divergence, side))
    return found, trials.attempt(found).verdict == "reproduces"


def test_what_was_answered_from_elsewhere_in_the_program_stays_different_from_what_is_demanded() -> None:
    capability = {"capability": {"$ref": 1}, "new_owner_id": "bob"}
    given = program(
        ("open", {"initial_types": {}, "roles": ["A", "C"]}),
        ("claim_ownership", {"owner_id": "ann", "scope": {"Fragments": ["A", "C"]}, "sid": {"$ref": 0}}),
        ("begin_ownership_transfer", {**capability, "new_scope": {"Fragments": ["C"]}}),
        ("commit_ownership_transfer", {"receipt": {"$ref": 2}}),
    )
    found, shows = plainly("commit grants the giver's scope", given)
    assert shows
    (_, _), (_, claim), (_, begin), (_, _) = plain(found)
    assert claim["scope"] != begin["new_scope"]
    assert {claim["owner_id"], begin["new_owner_id"]} == {"a"}


def test_a_name_that_a_wrong_error_repeats_stays_no_name_of_a_step_before() -> None:
    ep = {"ep": {"role": "A", "sid": {"$ref": 0}}}
    types = {"A": branch("Recv", "first", branch("Send", "second", branch("Send", "third", "End")))}
    given = program(
        ("open", {"initial_types": types, "roles": ["A", "B"]}),
        ("advance", {**ep, "label": "first"}),
        ("advance", {**ep, "label": "second"}),
    )
    found, shows = plainly("advance goes back", given)
    assert shows
    (_, opened), (_, first), (_, second) = plain(found)
    assert (first["label"], second["label"]) == ("m", "n")
    assert "third" not in str(opened)


def test_what_was_answered_from_elsewhere_in_the_answer_stays_different_from_what_is_demanded() -> None:
    """A typed step into a recursion; the wrong store answers with the whole of it, as stands beside."""
    entered = {"Mu": {"body": {"Var": "t"}, "var": "t"}}
    given = program(
        ("open", {"initial_types": {"A": "End"}, "roles": ["A"]}),
        ("update_type", {"ep": {"role": "A", "sid": {"$ref": 0}}, "new_type": branch("Recv", "first", entered)}),
        ("advance", {"ep": {"role": "A", "sid": {"$ref": 0}}, "label": "first"}),
        ("observe", {"sid": {"$ref": 0}}),
    )
    found, shows = plainly("advance goes back", given)
    assert shows
    assert "Mu" in str(plain(found))


def test_a_recursion_that_a_type_begins_with_stays_where_what_the_contract_grants_is_refused() -> None:
    """The wrong store comes back to the recursion itself, in which no step can be taken."""
    ep = {"ep": {"role": "A", "sid": {"$ref": 0}}}
    looping = {"Mu": {"body": branch("Recv", "again", {"Var": "t"}), "var": "t"}}
    given = program(
        ("open", {"initial_types": {"A": looping, "B": looping}, "roles": ["A", "B"]}),
        ("advance", {**ep, "label": "again"}),
        ("advance", {**ep, "label": "again"}),
    )
    found, shows = plainly("advance goes back", given)
    assert shows
    (_, opened), (_, _), (_, _) = plain(found)
    assert opened["initial_types"].keys() == {"A"}
    assert "Mu" in opened["initial_types"]["A"]
