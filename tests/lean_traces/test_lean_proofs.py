"""The proofs, checked by Lean, and changed copies of the model, which the comparison must notice.

Apart from the tests of the running model, which has ended when these start, unless another worker has it: each Lean
takes 2.5 GB.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import pytest

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.lean_answer import decode_answer
from telltale_conformance.lean_traces.lean_bundle import (
    PROOF_ROOT,
    LeanBundle,
    LeanMutant,
    make_bundle,
    mutants_bundle,
    read_sources,
    theorems,
)
from telltale_conformance.lean_traces.lean_check import check_proofs
from telltale_conformance.lean_traces.lean_errors import LeanSourceError
from telltale_conformance.lean_traces.lean_process import LeanProcess
from telltale_conformance.lean_traces.lean_program import encode_request
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.oracle.lanes.lean import compare_run
from telltale_conformance.oracle.verdict.compare import Level
from tests.lean_traces.lean_mutants import MUTANTS
from tests.lean_traces.lean_stubs import STUB, stubbed
from tests.lean_traces.lean_world import lean_to_use
from tests.lean_traces.lean_wrong_models import UNPROVED_RULES, WRONG_MODELS, UnprovedRule, WrongModel
from tests.wrong_stores.lean import contract_of, departing, triggers


@pytest.mark.nightly  # on every change ``make proofs`` does the same, in CI too
def test_every_theorem_is_proved() -> None:
    checked = check_proofs(lean_to_use())
    assert [theorem for theorem, _ in checked.theorems] == theorems()
    assert all(statement for _, statement in checked.theorems)


_EDGE = {"sid": 0, "sender": "A", "receiver": "Z"}
_STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("open", {"roles": ["A"], "initial_types": {}}),
    ("claim_ownership", {"sid": 0, "owner_id": "a", "scope": "Session"}),
    (
        "apply_owned_session_mutation",
        {"capability": {"$ref": 1}, "mutation": {"UpdateEdgeHandler": {"edge": _EDGE, "handler": "h"}}},
    ),
    ("lookup_handler", {"edge": _EDGE}),
)
UNLISTED_RECEIVER = Program(steps=tuple(Step(seq=n, op=op, args=args) for n, (op, args) in enumerate(_STEPS)))
"""A binding for a role that is not listed, which the generated programs seldom look up."""


def unnoticed(mutants: Sequence[LeanMutant]) -> dict[str, set[str]]:
    """The changes that the comparison does not notice in an operation of theirs, with those that it names."""
    programs = [
        generate_program(5, index, steps=40, contract=contract)
        for contract in ("telltale-17", "hardened")
        for index in range(60)
    ]
    told_by = [triggers()[mutant.name].program(contract_of(mutant)) for mutant in mutants]
    request = encode_request([*programs, UNLISTED_RECEIVER, *told_by])
    with LeanProcess(lean_to_use()) as process:
        asked = process.folder / "request"
        asked.write_bytes(request.text)
        answers = [process.folder / f"answer-of-{number}" for number in range(len(mutants))]
        process.launch(mutants_bundle(mutants, asked, answers))
        process.wait(1800, "the changed copies")
        answered = [path.read_bytes() for path in answers]
    found = {}
    for mutant, answer in zip(mutants, answered, strict=True):
        divergences = [compare_run(run, mutant.name, Level.state).divergence for run in decode_answer(answer, request)]
        named = {divergence.op for divergence in divergences if divergence is not None}
        if not named & set(mutant.operations):
            found[mutant.name] = named
    return found


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(0, len(MUTANTS), 10))
def test_all_changed_rules_are_noticed(start: int) -> None:
    """Ten in one Lean: twenty copies at once take more memory than it has."""
    assert unnoticed(MUTANTS[start : start + 10]) == {}


@pytest.mark.nightly
@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_the_trigger_of_each_changed_rule_tells_it(contract: str) -> None:
    mutants = [mutant for mutant in MUTANTS if contract_of(mutant) == contract]
    for start in range(0, len(mutants), 10):
        group = mutants[start : start + 10]
        programs = [triggers()[mutant.name].program(contract) for mutant in group]
        for number, (mutant, numbers) in enumerate(zip(group, departing(group, programs), strict=True)):
            assert number in numbers, mutant.name


NAME = re.compile(r"^(?:@\[.*\] )?theorem (\S+)", re.MULTILINE)


TAKEN_FOR_GRANTED = "set_option warn.sorry false set_option linter.unusedVariables false "


def failed_proofs(root: str, changes: Sequence[tuple[str, str, str]], tried: Collection[str]) -> set[str]:
    """Those of the theorems whose proofs fail when these places of the model are changed.

    All other theorems of the modules that ``root`` needs are taken for granted, so what is tried is cheap.
    """
    sources = stubbed(read_sources(), tried)
    for module, old, new in changes:
        assert sources[module].count(old) == 1, old
        sources[module] = sources[module].replace(old, new)
    whole = make_bundle(root, sources)
    bundle = LeanBundle(whole.text.replace("set_option", f"{TAKEN_FOR_GRANTED}set_option", 1), whole.places)
    starts = [
        (number, name[1])
        for number, line in enumerate(bundle.text.splitlines(), 1)
        if (name := re.match(r"(?:@\[.*\] )?(?:theorem|def|inductive|structure|instance) (\S+)", line))
    ]
    failed = set()
    with LeanProcess(lean_to_use()) as process:
        process.launch(bundle)
        with suppress(LeanSourceError):
            process.wait(1800, "the proofs of a changed model")
        for message in process.messages():
            position = message.get("pos")
            if message["severity"] == "error" and isinstance(position, dict):
                failed.add([name for start, name in starts if start <= position["line"]][-1])
    assert failed <= set(tried), "the changed model itself is refused"
    return failed


@pytest.mark.nightly
@pytest.mark.parametrize("rules", UNPROVED_RULES, ids=lambda rules: "-".join(rule.claim for rule in rules))
def test_a_rule_taken_out_breaks_its_theorem(rules: Sequence[UnprovedRule]) -> None:
    tried = {name for rule in rules for name in rule.broken}
    failed = failed_proofs(PROOF_ROOT, [(rule.module, rule.old, rule.new) for rule in rules], tried)
    assert [rule.claim for rule in rules if not failed & set(rule.broken)] == []


@pytest.mark.nightly
@pytest.mark.parametrize("model", WRONG_MODELS, ids=lambda model: model.name)
def test_a_wrong_model_breaks_theorems(model: WrongModel) -> None:
    assert failed_proofs(model.root, model.changes, model.broken) == set(model.broken)


@pytest.mark.nightly
def test_of_the_model_as_it_is_no_tried_proof_fails() -> None:
    rules = [rule for group in UNPROVED_RULES for rule in group]
    tried = {name for broken in (*rules, *WRONG_MODELS) for name in broken.broken}
    assert failed_proofs(PROOF_ROOT, (), tried) == set()


def test_only_the_proofs_that_are_tried_are_left() -> None:
    sources = read_sources()
    tried = {name for model in WRONG_MODELS for name in model.broken}
    text = make_bundle(PROOF_ROOT, stubbed(sources, tried)).text
    names = NAME.findall(make_bundle(PROOF_ROOT, sources).text)
    assert NAME.findall(text) == names
    assert tried <= set(names)
    of_the_model = [
        name for module, source in sources.items() if ".Proofs." not in module for name in NAME.findall(source)
    ]
    assert text.count(STUB) == len(names) - len(tried) - len(of_the_model)
