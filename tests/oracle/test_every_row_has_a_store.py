"""Every rule that the contract states is broken by a wrong store that a program tells from the right one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.reference.judging import Asked
from tests.oracle.test_wrong_store_catalogue import told_by_trigger
from tests.wrong_stores.auth_trees import AUTH_TREES
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.rows import KIND, guarded_operations, guards_of, rows
from tests.wrong_stores.tellers import told_by
from tests.wrong_stores.wrong import Wrong

TEXT = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
ANCHORS = re.findall(r'<a id="([\w-]+)"></a>', TEXT)
NO_RULE = {
    "s1": "its guards have anchors of their own",
    "s11": "the states of audited artifacts, which `lifecycle_state` answers (§19)",
    "s12": "a table of what other sections state",
    "s18": "limits: beyond them several answers are admitted",
    "s20": "decode has wrong stores of its own (`tests/wrong_stores/decoders.py`)",
    "op-decode": "as for §20",
    "s21": "a table of what other sections state",
    "g-giver": "no operation reaches a state in which it decides",
    "g-counter": "it decides after 2^64 operations on one session",
    "h2": "it shows after 2^64 operations on one session",
}
"""What states no rule that a store within reach could break."""
LEFT_OUT = re.compile(r"k\d+|unreachable-.*|limit-.*")
"""Claims, which are monitored; what cannot be reached; limits."""
OF_HARDENED = re.compile(r"h\d+|hardened-.*|g-(active|honest|within)")


def broken_at(wrong: Wrong, at: Asked) -> Iterator[str]:
    """Yield the anchors of what a store breaks that answers a step otherwise."""
    yield from (f"{table}-{at.op}" for table in ("op", "row", "received"))
    yield f"s{OPERATIONS[at.op].section[1:]}"
    if wrong.contract == "hardened":
        yield f"hardened-{at.op}"
    if at.expected.error is not None:
        yield at.expected.error.guard.anchor
    if wrong.kind == "reload":
        yield from ("s15", "op-reload")
    receives = at.op.startswith("recv")
    for step in wrong.trigger:
        if receives and step.op == "send_signed":
            yield f"signature-{step.args['signature']}"
        config = step.args.get("buffer_config") or {}
        if config and (receives or at.op.startswith("send") or at.op == "observe"):
            policy = config["policy"]
            yield f"buffer-{policy if isinstance(policy, str) else 'resize'}".lower()
            yield "buffer-latest-value" if config["mode"] == "LatestValue" else "s8"


@cache
def broken(contract: str) -> frozenset[str]:
    """Return the anchors of the rules that some store breaks under a contract."""
    found: set[str] = set()
    for wrong in CATALOGUE:
        at = told_by_trigger(wrong.name).diverged_at
        if wrong.contract == contract and at is not None:
            found.update(broken_at(wrong, at))
    for wrong in (*AUTH_TREES, *rows()):
        if wrong.contract == contract:
            steps = {step.op for step in wrong.trigger[-1:]}
            found |= {f"op-{op}" for op in steps} | {f"s{OPERATIONS[op].section[1:]}" for op in steps}
            found |= set(of_parts(wrong)) if wrong in rows() else set()
    return frozenset(found)


def of_parts(wrong: Wrong) -> Iterator[str]:
    """Yield the anchors of the row of which a store leaves out a part."""
    what = wrong.name.partition(": ")[2]
    operation, _, part = what.partition(" ")
    yield from (
        [operation.lower()]
        if operation[1:].isdigit()
        else [f"row-{operation}", f"op-{operation}", f"hardened-{operation}"]
    )
    yield part.removeprefix("without ").lower()


def rules(contract: str) -> list[str]:
    """Return the anchors of what a contract states as a rule."""
    stated = [anchor for anchor in ANCHORS if anchor not in NO_RULE and not LEFT_OUT.fullmatch(anchor)]
    return [anchor for anchor in stated if bool(OF_HARDENED.fullmatch(anchor)) == (contract == "hardened")]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_rule_is_broken_by_a_store(contract: str) -> None:
    stated = rules(contract)
    assert len(stated) > 30
    assert [anchor for anchor in stated if anchor not in broken(contract)] == []


def test_the_guards_of_the_rows_are_read_from_the_text() -> None:
    assert len(guarded_operations()) == 13
    assert guards_of("release_ownership", "telltale-17") == ["G-found", "G-open", "G-owned", "G-live", "G-idle"]
    within = ["G-found", "G-open", "G-active", "G-owned", "G-live", "G-honest", "G-idle", "G-within"]
    counters = ["G-counter generation", "G-counter claim_id"]
    assert guards_of("begin_ownership_transfer", "hardened") == within + counters
    assert all(
        guards_of(operation, contract)[0] == "G-found" for operation in guarded_operations() for contract in CONTRACTS
    )


def test_every_part_of_a_row_has_a_store_of_its_own() -> None:
    assert len({wrong.name for wrong in rows()}) == len(rows()) > 300
    names = {wrong.name for wrong in rows()}
    assert {
        "telltale-17: commit_ownership_transfer without G-match",
        "hardened: close without OwnershipReceipt RolledBack",
        "hardened: release_ownership keeps issued",
        "telltale-17: consume_readiness_witness without Readiness Rejected",
        "hardened: H6 closing_ends_ownership as by the other contract",
    } <= names
    assert {wrong.kind for wrong in rows()} == {KIND}


def told(contract: str, wrongs: list[Wrong], cases: int | None) -> list[str]:
    """Return the stores that neither the fixed list nor programs tell from the right one."""
    left = wrongs
    for lane, tried in (("fixed", None), ("programs", cases)):
        tellers, result = told_by(lane, contract, left, Settings(seed=20261126, cases=tried))
        assert result.divergences == ()
        left = [wrong for wrong in left if wrong.name not in tellers.told]
    return [wrong.name for wrong in left]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_nearly_every_part_that_is_wrong_is_told_by_some_programs(contract: str) -> None:
    wrongs = [wrong for wrong in rows() if wrong.contract == contract][::8]
    assert len(told(contract, wrongs, 30)) <= len(wrongs) / 10


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_part_that_is_wrong_is_told(contract: str) -> None:
    assert told(contract, [wrong for wrong in rows() if wrong.contract == contract], None) == []
