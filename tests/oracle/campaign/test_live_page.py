"""What a campaign shows while it runs fits the terminal, the most important first, and no text acts on it."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pyte
import pytest
from msgspec.structs import replace
from rich.console import Console, Group

from telltale_conformance.oracle.campaign import live
from telltale_conformance.oracle.campaign.events import Begun, MetClass, WorkerEvent
from telltale_conformance.oracle.campaign.live import Live, LivePage
from telltale_conformance.oracle.campaign.live_page import About, Shown, page_lines
from telltale_conformance.oracle.campaign.over_time import FIGURES
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.readable import ACTING
from tests.oracle.campaign.test_journal import DOSSIER
from tests.oracle.campaign.test_standing import task

ABOUT = About("my-store 2.1", "telltale-17", Path("search"))
HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\n\u202eevil\u2066 \x00" + "漢字" * 400


def met(number: int, text: str = "another answer") -> MetClass:
    return MetClass(fingerprint=f"{number:064x}", text=f"close: {text} {number}", case="c", cases=number, after=4)


def ran(findings: int, text: str = "another answer") -> Standing:
    """Return how a campaign stands that has met so many findings."""
    stands = Standing().take([Begun(at=0.0, workers=2)])
    for number in range(1, findings + 1):
        found = (met(number, text),)
        stands.take([replace(task(number, new=(f"cell {number}",), findings=found), at=60.0 * number)])
    stands.take([replace(task(0), at=60.0 * findings + 120)])
    return stands


def shown(standing: Standing, **changed: object) -> Shown:
    page = Shown(standing, ABOUT, rate=1234.5, left=5400.0, workers=2, waits="", dashboard="http://host:8787/status")
    return page._replace(**changed)


def test_the_rate_is_that_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 10.0, 1000.0, 1004.0])
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    stands = Standing()
    shown = Live(stands, None)
    rates = []
    for judged in (0, 100, 100, 120):
        stands.tally = Tally(judged=judged)
        rates.append(shown.rate())
    assert rates == [0.0, 10.0, 0.0, 5.0]


def test_the_page_says_what_somebody_wants_to_know_after_hours() -> None:
    lines = page_lines(shown(ran(3)), 120, 40)
    said = "\n".join(lines)
    assert lines[0] == "3 findings: my-store 2.1, contract telltale-17"
    assert lines[1].startswith("time     0:05:00 so far, 1:30:00 to go, until about ")
    assert lines[2].endswith("1,234 a second; 4 tasks, 2 workers")
    assert lines[3].endswith("the last one 0:02:00 ago")
    assert "http://host:8787/status" in said
    assert "folder   search" in said
    assert [line for line in lines if "another answer" in line] == [
        f"waits              {number} × 000000000000 close: another answer {number}" for number in (3, 2, 1)
    ]
    assert [line.partition("  ")[0] for line in lines[-len(FIGURES) :]] == [figure.name for figure in FIGURES]
    assert lines[-3].endswith(" 3"), "the findings so far"


@pytest.mark.parametrize("width", [80, 120])
def test_the_figures_over_time_fit_the_width_and_end_with_what_they_are_now(width: int) -> None:
    for line in page_lines(shown(ran(30)), width, 50)[-len(FIGURES) :]:
        assert len(line) == min(width, 30 + 1 + 60 + 1 + 9)


@pytest.mark.parametrize("height", [3, 9, 12, 23, 60])
@pytest.mark.parametrize("findings", [0, 2, 40])
def test_the_page_has_no_more_lines_than_the_terminal(height: int, findings: int) -> None:
    lines = page_lines(shown(ran(findings)), 80, height)
    assert len(lines) <= height
    assert str(findings or "no findings") in lines[0]
    if 9 <= height < 60 and findings == 40:
        assert lines[-1 - len(FIGURES) * (FIGURES[0].name in "\n".join(lines))] == (
            f"and {40 - sum('another answer' in line for line in lines)} more: "
            "telltale-conformance campaign report search"
        )
    if height == 9:
        assert sum("another answer" in line for line in lines) == min(findings, 3), "they come before folder and corpus"
    if height == 60:
        assert sum("another answer" in line for line in lines) == findings
    if height == 23 and findings == 2:
        assert "another answer 2" in "\n".join(lines)
        assert FIGURES[-1].name in lines[-1]


def test_a_page_without_worker_begins_with_how_one_is_started_also_where_it_is_narrow() -> None:
    page = LivePage(Standing(), None, "tcp://a-rather-long-name-of-a-machine.internal.example:8786")
    page.alone(7.0)
    lines = page_lines(shown(Standing(), waits=page.waits), 80, 9)
    assert all(len(line) <= 80 for line in lines[:3])
    command = "dask worker tcp://a-rather-long-name-of-a-machine.internal.example:8786 --nthreads 1"
    assert command in " ".join(lines[:3])


def test_no_text_of_others_acts_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    stands = ran(3, HOSTILE)
    refused = WorkerEvent(at=400.0, worker=HOSTILE, what="refused", why=HOSTILE)
    odd = replace(task(50), faults=(HOSTILE,), tally=Tally(cases=1, judged=1, faults=1), unsupported=(HOSTILE,))
    stands.take([replace(odd, at=400.0), refused])
    about = About(HOSTILE, "telltale-17", Path(HOSTILE))
    lines = page_lines(shown(stands, about=about, dashboard=HOSTILE), 80, 30)
    assert len(lines) > 10
    assert not [line for line in lines if ACTING.search(line) or len(line) > 400]
    page = LivePage(stands, HOSTILE, None, about)
    console = Console(file=io.StringIO(), width=80, height=30, force_terminal=True, color_system=None)
    console.print(Group(page.page()))
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue().split("\n")
    assert len(printed) - 1 <= page._console.height
    assert not [line for line in printed if ACTING.search(line)]
    live = Live(Standing(), None, None, about)
    live._standing = stands
    live.alone(0.0, 1)
    live.look(9.0)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert not [line for line in said if ACTING.search(line) or len(line) > 450]


def test_where_there_is_no_terminal_a_finding_is_said_at_once_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    stands = ran(1)
    live = Live(stands, None)
    live.look(9.0)
    assert capsys.readouterr().err == "", "it was there before"
    stands.take([replace(task(7, findings=(met(2),)), at=500.0)])
    live.look(9.0)
    live.look(8.0)
    stands.take([replace(DOSSIER, at=501.0, fingerprint=f"{2:064x}")])
    live.look(7.0)
    assert capsys.readouterr().err == "telltale-conformance: finding 000000000000: close: another answer 2\n"
    assert live.line(3.0).endswith("0:00:07 to go")


class Terminal(io.StringIO):
    """Where the page is shown, with a screen of its own."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self.screen)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._stream.feed(text.replace("\n", "\r\n"))
        return len(text)

    def left(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]


@pytest.mark.parametrize(("width", "height", "findings"), [(80, 30, 0), (80, 24, 30), (120, 40, 3)])
def test_nothing_of_the_page_remains_when_ctrl_c_ends_it(
    width: int, height: int, findings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal shows ^C where the page ends; of a page as wide as the terminal that is a line further down."""
    terminal = Terminal(width, height)
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in {"COLUMNS": width, "LINES": height, "TERM": "xterm"}.items():
        monkeypatch.setenv(name, str(value))
    page = LivePage(ran(findings), None)
    terminal.write("$ telltale-conformance campaign\n")
    with page.shown:
        for pressed in ("", "", "^C", "^C"):
            terminal.write(pressed)
            page.look(9.0)
            assert any("so far" in line for line in terminal.left())
    assert terminal.left() in ([], ["$ telltale-conformance campaign"])
