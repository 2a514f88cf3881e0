"""The catalogue is the one home of the claims: monitors, proofs, Lean, schemas and docs have exactly these."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from telltale_conformance.generators.claim_programs import CLAIMS_FOLDER
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED, PARTS, in_order, unknown
from telltale_conformance.oracle.claims.monitors import MONITORS, WATCHED, watch
from telltale_conformance.oracle.symbolic.prove import PART_STATEMENTS, STATEMENTS

ROOT = Path(__file__).parents[3]
PROOFS = ROOT / "lean_traces" / "lean" / "Telltale" / "Proofs"


def rows(document: str, columns: str) -> list[list[str]]:
    """The rows of the table of claims in a document, found by the columns of its head."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    table = text.split(f"| {columns} |\n", 1)[1].split("\n\n", 1)[0]
    lines = [line for line in table.splitlines() if re.match(r"\| K\d", line)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_claim_has_a_monitor_and_a_statement_for_the_solver() -> None:
    apart = [part.id for part in PARTS.values() if part.apart]
    assert list(WATCHED) == [*CLAIMS, *apart]
    assert set(MONITORS) == set(WATCHED)
    assert list(watch([])) == list(WATCHED)
    assert list(STATEMENTS) == list(CLAIMS)
    assert set(PART_STATEMENTS) == set(PARTS)


def test_the_docs_tell_every_claim_and_no_other() -> None:
    told = rows("claims.md", "id | claim | `telltale-17` | `hardened`")
    assert [(row[0], row[1]) for row in told] == [(claim.title, claim.sentence) for claim in CLAIMS.values()]
    for row, claim in zip(told, CLAIMS.values(), strict=True):
        assert claim.telltale_17 in row[2]
        assert claim.hardened in row[3]
    occasions = rows("claims.md", "id | an occasion")
    assert [tuple(row) for row in occasions[: len(CLAIMS)]] == [
        (claim.title, claim.occasion) for claim in CLAIMS.values()
    ]
    assert [row[0] for row in rows("contract.md", "claim | promise | under `telltale-17`")] == [
        claim.title for claim in CLAIMS.values()
    ]


def test_lean_proves_what_the_catalogue_says_it_proves() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PROOFS.glob("*.lean"))
    stated = {name for name in re.findall(r"^theorem (K\d+)_", sources, re.MULTILINE) if not name.startswith("not_")}
    assert stated == {claim.id for claim in CLAIMS.values() if "Lean" in claim.proved_in}
    refuted = set(re.findall(r"^theorem not_(K\d+)_telltale17(?:_\w+)?", sources, re.MULTILINE))
    assert refuted <= set(CLAIMS)


def test_what_is_known_is_said_for_every_claim_under_every_contract() -> None:
    assert set(EXPECTED) == set(CONTRACTS)
    for contract, known in EXPECTED.items():
        assert list(known) == list(CLAIMS)
        assert known == {claim: CLAIMS[claim].known(contract) for claim in CLAIMS}


def test_parts_and_programs_belong_to_claims() -> None:
    assert {part.claim for part in PARTS.values()} <= set(CLAIMS)
    assert {path.stem for path in CLAIMS_FOLDER.glob("*.jsonl")} <= {*CLAIMS, *PARTS}


def test_every_claim_says_what_an_occasion_is() -> None:
    for claim in CLAIMS.values():
        assert claim.occasion.endswith(".")
    assert len({claim.occasion for claim in CLAIMS.values()}) == len(CLAIMS)
    assert all(part.occasion.endswith(".") for part in PARTS.values() if part.apart)


def test_claims_are_told_in_the_order_of_the_catalogue() -> None:
    assert in_order(["K10", "K9", "K1", "X"]) == ["K1", "K9", "K10", "X"]


@pytest.mark.parametrize(("contract", "claims", "says"), [("other", [], "telltale-17"), (None, ["K0"], "K24")])
def test_what_is_unknown_is_answered_with_what_there_is(contract: str | None, claims: list[str], says: str) -> None:
    assert says in (unknown(contract, claims) or "")
    assert unknown("hardened", ["K1"]) is None
