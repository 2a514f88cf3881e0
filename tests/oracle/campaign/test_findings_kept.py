"""A finding of a campaign is read as it was kept, whatever its case is, and told with what there is of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.oracle.campaign.findings import Findings
from telltale_conformance.oracle.campaign.report import report_lines
from telltale_conformance.oracle.verdict.fingerprints import fingerprint_of
from tests.oracle.campaign.campaign_world import all_that_is_told
from tests.oracle.report_world import accepted


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


def test_a_finding_is_told_with_its_size_and_its_dossier_where_there_are_some() -> None:
    lines = list(report_lines(all_that_is_told("x")))
    assert [line for line in lines if line.startswith("  4 cases")] == [
        "  4 cases, first after 4,000 answers; waits",
        "  4 cases, first after 4,000 answers; minimal, 7 steps, findings/111111111111",
    ]
