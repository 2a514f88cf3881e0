"""A finding of a campaign is read as it was kept, whatever its case is, and told with what there is of it."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telltale_conformance.oracle.campaign.findings import Findings, MalformedFinding, reduced
from telltale_conformance.oracle.campaign.report import report_lines
from telltale_conformance.oracle.campaign.running import Running
from telltale_conformance.oracle.verdict.fingerprints import fingerprint_of
from tests.oracle.campaign.campaign_world import all_that_is_told, campaign_in, small_tasks
from tests.oracle.report_world import accepted

__all__ = ["small_tasks"]


@pytest.mark.parametrize("case", [{}, {"program": None}, {"program": None, "race": b"race\n", "history": b"history\n"}])
def test_a_divergence_is_read_as_it_was_kept_and_the_first_of_its_class_stays(
    case: dict[str, Any], tmp_path: Path
) -> None:
    found, later = accepted(**case), accepted(case="another one", program=None)
    (tmp_path / "found").mkdir()
    kept, key = Findings(tmp_path), fingerprint_of(found)
    for divergence in (found, later):
        kept.keep(key, divergence)
    assert kept.read(key.digest) == found


def test_a_damaged_finding_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    damaged = tmp_path / "found" / f"{'ab' * 6}.json"
    damaged.write_bytes(b"{")
    with pytest.raises(MalformedFinding, match=f"^{re.escape(str(damaged))}: gone or damaged: "):
        Findings(tmp_path).read("ab" * 32)


def test_a_worker_is_given_the_finding_and_the_campaign_to_make_it_smaller(tmp_path: Path) -> None:
    given: list[Any] = []
    cluster: Any = SimpleNamespace(submit=lambda *words: given.append(words[2:]))
    with campaign_in(tmp_path / "c") as campaign:
        found = accepted()
        campaign.findings.keep(fingerprint_of(found), found)
        Running(campaign, cluster, seconds=1.0)._reduce(fingerprint_of(found).digest)
        assert given == [(reduced, campaign.setup, found)]


def test_a_finding_is_told_with_its_size_and_its_dossier_where_there_are_some() -> None:
    lines = list(report_lines(all_that_is_told("x")))
    assert [line for line in lines if line.startswith("  4 cases")] == [
        "  4 cases, first after 4,000 answers; waits",
        "  4 cases, first after 4,000 answers; minimal, 7 steps, findings/111111111111",
    ]
