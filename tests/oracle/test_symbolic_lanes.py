"""The bodies of the lanes claims and symbolic."""

from __future__ import annotations

import time

import pytest

from telltale_conformance.oracle.claims.catalogue import EXPECTED
from telltale_conformance.oracle.lanes import claims as claims_lane
from telltale_conformance.oracle.lanes import symbolic as symbolic_lane
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.symbolic.map import reachable as coverage_gate
from telltale_conformance.oracle.symbolic.map.cells import Cell


def test_the_reference_conforms_and_breaks_what_is_refuted() -> None:
    result = claims_lane.run(Subject(contract="telltale-17"), Settings())
    assert result.verdict == "agree"
    assert result.judged > 500
    refuted = {claim for claim, status in EXPECTED["telltale-17"].items() if status == "refuted"}
    assert {claim for claim, status in result.claims.items() if status == "broken"} == refuted - {"K18"}
    assert "K9" not in result.claims


def test_the_hardened_reference_conforms_and_breaks_nothing() -> None:
    result = claims_lane.run(Subject(contract="hardened"), Settings())
    assert result.verdict == "agree"
    assert set(result.claims.values()) == {"kept"}


def test_the_symbolic_lane_decides_the_contracts_claims() -> None:
    result = symbolic_lane.run(Subject(contract="hardened"), Settings())
    assert result.verdict == "agree", result.notes
    assert result.claims == EXPECTED["hardened"]
    assert result.complete
    assert result.figures["cells undecided"] == 0


def test_without_time_the_symbolic_lane_is_incomplete() -> None:
    result = symbolic_lane.run(Subject(contract="hardened"), Settings(deadline=time.monotonic() - 1))
    assert not result.complete
    assert result.claims == {}


def test_a_cell_that_is_missed_fails_the_symbolic_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = Cell("close", "ok", "claimed", "none", "-")
    monkeypatch.setattr(coverage_gate, "unreached", lambda contract: [missed])
    result = symbolic_lane.run(Subject(contract="hardened"), Settings(deadline=time.monotonic() - 1))
    assert result.verdict == "inconclusive"
    assert any("close | ok | claimed" in note for note in result.notes)
