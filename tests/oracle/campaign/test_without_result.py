"""A task that was begun and has no result when the time of a campaign is over is missing for agreement, and named."""

from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telltale_conformance.oracle.campaign import running
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.journal import events
from telltale_conformance.oracle.campaign.report import report_of
from telltale_conformance.oracle.campaign.running import Running
from telltale_conformance.oracle.campaign.standing import Standing
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks

__all__ = ["small_tasks"]


class Hung:
    """A cluster of one worker that ends no task, or is lost with each."""

    def __init__(self, *, lost: bool) -> None:
        self.connected = True
        self.refused: dict[str, str] = {}
        self.doubted: dict[str, int] = {}
        self.fetched: dict[str, Any] = {}
        self._lost = lost
        self._given: list[Any] = []

    def greet(self) -> list[tuple[str, str]]:
        return []

    def workers(self) -> dict[str, str]:
        return {"tcp://1": "one"}

    def submit(self, key: str, priority: int, *what: Any) -> Any:
        def exception(timeout: float) -> Exception:
            return RuntimeError("it was lost")

        self._given.append(SimpleNamespace(key=key, status="error", exception=exception))
        return self._given[-1]

    def wait(self, seconds: float) -> list[Any]:
        return [self._given.pop(0)] if self._lost and self._given else []

    def run_everywhere(self, what: Any) -> list[str]:
        return []


@pytest.mark.parametrize(
    ("lost", "why"),
    [(False, "it had not ended 60 seconds after the time of the campaign"), (True, "no worker ended it in time")],
)
def test_a_task_without_a_result_is_missing_and_named(
    lost: bool, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks) / 10, monotonic_ns=lambda: next(ticks))
    monkeypatch.setattr(running, "time", clock)
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        assert Running(campaign, Hung(lost=lost), seconds=1.0).run() == "time"
    report = report_of(read_settings(folder), Standing().take(events(folder)))
    assert report.not_run
    assert set(report.not_run.values()) == {why}
    assert report.tally.faults == len(report.not_run)
    assert any("fault" in missing for missing in report.missing)


def test_a_campaign_whose_tasks_have_ended_misses_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks) / 10, monotonic_ns=lambda: next(ticks))
    monkeypatch.setattr(running, "time", clock)
    with campaign_in(tmp_path / "c") as campaign:
        Running(campaign, Hung(lost=False), seconds=-1.0).run()
        assert not campaign.standing.not_run
