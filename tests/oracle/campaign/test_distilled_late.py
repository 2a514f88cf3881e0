"""A campaign that is ended between its last task and its distilled corpus is distilled by ``resume``."""

import os
from pathlib import Path

import pytest

from telltale_conformance.oracle.campaign.events import Begun, Ended
from telltale_conformance.oracle.campaign.folder import DISTILLED, DISTILLED_RACES
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.cli import campaign as command
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks

__all__ = ["small_tasks"]


def test_a_campaign_that_is_over_is_distilled_where_it_went_on_since(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(command, "_work")
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        campaign.note(Begun(at=1.0, workers=1), Ended(at=4000.0, why="time"))
        campaign.settle()

    def resumed() -> int:
        return command.resume(
            folder, hours=None, tasks=None, cluster=None, workers=1, dashboard=None, kept=False, as_json=False
        )

    assert resumed() == 3
    assert "verdict: inconclusive" in capsys.readouterr().out  # nothing was judged, as ``report`` says
    assert (folder / DISTILLED).exists()
    assert resumed() == 2
    assert "its hours are over" in capsys.readouterr().err
    for name in (DISTILLED, DISTILLED_RACES):
        os.utime(folder / name, (0, (folder / JOURNAL).stat().st_mtime - 1))
    assert resumed() == 3
    assert (folder / DISTILLED).stat().st_mtime >= (folder / JOURNAL).stat().st_mtime
