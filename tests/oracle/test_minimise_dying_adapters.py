"""Adapters that die while their programs are made smaller: started again, counted, and never a fault of the harness."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.programs import write_program
from telltale_conformance.oracle.cli.minimise import run
from telltale_conformance.oracle.cli.verify import verify
from tests.oracle.lane_world import PATIENT, served
from tests.oracle.minimise_world import diverging, failing

NAME = "owner death keeps the pending transfer"
WRONG_STORE = served("death_keeps_the_pending_transfer")


def dying(folder: Path, when: str) -> str:
    """Return the command of a wrong store that dies at some of its resets, counted over all its processes."""
    return failing(folder, when, WRONG_STORE)


@pytest.mark.parametrize(
    ("when", "code"),
    [("n == 1", 3), ("n == 4", 0), ("n > 8", 3), ("n in (4, 5, 6, 7)", 0)],
)
def test_minimise_with_a_dossier_ends_in_order(
    when: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given.jsonl"
    write_program(given, diverging(NAME))
    output, dossier = tmp_path / "small.jsonl", tmp_path / "d"
    command = dying(tmp_path, when)
    assert run(given, output=output, sut=command, dossier=dossier, as_json=True, adapter_limits=PATIENT) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    assert "fault of the harness" not in out + err
    if code == 0:
        document = json.loads(out)
        assert document["ending"] == "minimal"
        assert document["died"] > 0
        assert "candidates made the adapter fail" in (dossier / "explanation.txt").read_text()
        assert verify(dossier, sut=dying(tmp_path, "False"), adapter_limits=PATIENT).verdict == "reproduced"
