"""No guard can be taken out of the Lean model unseen: a proof fails without it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from telltale_conformance.lean_traces.lean_bundle import read_sources
from tests.lean_traces.lean_guards import (
    BROKEN,
    BY_ITS_SENTENCE,
    LEFT_OUT,
    WITH_GUARDS,
    GuardTaken,
    failed_in_copies,
    guards_taken,
)

LEANS = 8
"""Ten copies of the model or fewer in each: twenty take more memory than a Lean has."""


def test_every_guard_of_every_operation_is_taken_out() -> None:
    sources = read_sources()
    written = [name for module in WITH_GUARDS for name in re.findall(r"\bg[A-Z]\w* ", sources[module])]
    giving = [name for name in written if name in ("gOwned ", "gStaged ", "gIssued ")]
    assert len(guards_taken()) == len(written) - len(giving) - len(LEFT_OUT) >= 60
    operations = re.findall(r"^def act .*?(?=^$)", sources["Telltale.Ownership"], re.MULTILINE | re.DOTALL)[0]
    named = set(re.findall(r"=> (\w+) k s", operations)) - {"close"}  # closing asks for nothing
    assert {change.operation for change in guards_taken()} == named | {"hostCall"}


def test_every_proof_that_is_named_is_there_and_is_of_some_guard() -> None:
    proofs = {change.proof for change in guards_taken()}
    assert proofs == set(BROKEN.values())
    names = [name for text in read_sources().values() for name in re.findall(r"^theorem (\w+)", text, re.MULTILINE)]
    assert [names.count(proof) for proof in sorted(proofs)] == [1] * len(proofs)


@pytest.mark.nightly
@pytest.mark.parametrize("changes", [guards_taken()[start::LEANS] for start in range(LEANS)])
def test_without_a_guard_a_proof_fails(changes: Sequence[GuardTaken]) -> None:
    proofs = [[change.proof] for change in changes]
    failed = failed_in_copies([None, *changes], [sorted({change.proof for change in changes}), *proofs])
    assert failed[0] == set(), "proofs of the model as it is"
    assert dict(zip([change.name for change in changes], failed[1:], strict=True)) == {
        change.name: {change.proof} for change in changes
    }


@pytest.mark.nightly
def test_without_a_guard_a_claim_fails_by_its_sentence() -> None:
    changes = [change for change in guards_taken() if (change.operation, change.guard) in BY_ITS_SENTENCE]
    proofs = [BY_ITS_SENTENCE[change.operation, change.guard] for change in changes]
    assert sorted(proofs) == sorted(BY_ITS_SENTENCE.values())
    failed = failed_in_copies([None, *changes], [proofs, *([proof] for proof in proofs)])
    assert failed == [set(), *({proof} for proof in proofs)]


def test_a_claim_that_was_live_is_made_of_what_fails_without_the_guard() -> None:
    proof = re.findall(r"^theorem K1_hardened_live .*?(?=^$)", read_sources()["Telltale.Proofs.Truth"], re.M | re.S)
    assert [proof.count("old_refused") for proof in proof] == [1]
