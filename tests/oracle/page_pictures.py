"""Makes the pictures of the page in docs/pictures anew: ``python -m tests.oracle.page_pictures``.

The divergences are those of wrong stores, found by a lane. With ``--all FOLDER`` every picture is made there, in light,
dark and narrow with 1, 3 and 40 classes, to be looked at after a change of the page.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
from playwright.sync_api import Browser

from telltale_conformance.oracle.lanes import programs
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.lanes.table import LANES
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.what_broke import causes
from telltale_conformance.oracle.reports.writing import write_reports
from telltale_conformance.oracle.verdict.not_covered import not_covered
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from tests.browser import started
from tests.oracle.lane_world import subject
from tests.oracle.report_world import HELLO, report

FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
MOST_BYTES: Final = 150_000
STORES: Final = (
    "witness_is_consumed_twice",
    "pending_transfer_does_not_stop_a_release",
    "rejected_receipt_is_not_logged",
    "generation_is_not_compared",
    "terminal_is_checked_after_the_owner",
    "receipt_is_matched_by_claim_id_alone",
    "attenuation_keeps_the_generation",
    "witness_payload_is_not_compared",
    "close_does_not_count_epochs",
    "resize_stops_at_its_maximum",
    "rollback_clears_the_owner",
    "death_keeps_the_pending_transfer",
    "owner_is_not_compared",
    "lookup_falls_back_to_the_default_handler",
    "has_message_needs_two",
    "hint_wins_over_the_sid",
    "advancing_keeps_the_original",
    "begin_does_not_count_claims",
    "close_keeps_edge_traces",
    "memory_counts_ended_sessions_as_active",
)
"""The first shows one class, the first three three causes, all of them forty classes and more."""


class Picture(NamedTuple):
    """What is shown how."""

    classes: int
    scheme: Literal["light", "dark"]
    width: int

    @property
    def name(self) -> str:
        """Of its file."""
        size = "narrow" if self.width < 500 else self.scheme
        return f"page-{self.classes}-{size}.webp"


SETTINGS: Final = Settings(effort=Effort.quick, seed=1)
_AGAIN: Final = "telltale-conformance check --sut ./my-adapter --lanes programs --effort quick --seed 1 --report report"
KEPT: Final = (
    Picture(1, "light", 1200),
    Picture(3, "dark", 1200),
    Picture(40, "light", 1200),
    Picture(3, "light", 400),
)
"""Those in the docs."""
EVERY: Final = tuple(
    Picture(classes, scheme, width)
    for classes in (1, 3, 40)
    for scheme, width in (("light", 1200), ("dark", 1200), ("light", 400))
)


def seen() -> list[LaneResult]:
    """Return what the lane shows of each of the wrong stores."""
    return [programs.run(subject(name), SETTINGS) for name in STORES]


def report_of(results: list[LaneResult], classes: int) -> Report:
    """Return a report with so many classes: of few each the gravest of one store, of many all of all stores."""
    if classes > len(results):
        found = report(_merged(results, [one for result in results for one in result.divergences])).findings
    else:
        each = [report(_merged([result], result.divergences)).findings for result in results[:classes]]
        found = tuple(causes(findings)[0].leading for findings in each)
    kept = [finding.divergence for finding in found[:classes]]
    lanes = (_merged(results, kept),)
    left_out = not_covered(
        lanes, lanes=tuple(LANES), offered=HELLO.ops, observes=HELLO.observes, level=SETTINGS.level, claims={}
    )
    made = report(
        *lanes,
        seed=SETTINGS.seed,
        effort=SETTINGS.effort.value,
        seconds=lanes[0].seconds,
        again=_AGAIN,
        not_covered=left_out,
    )
    assert len(made.findings) == classes, f"the stores show {len(made.findings)} classes, and {classes} are wanted"
    return made


def _merged(results: list[LaneResult], divergences: object) -> LaneResult:
    found: tuple[LaneDivergence, ...] = tuple(divergences)
    return msgspec.structs.replace(
        results[0], divergences=found, coverage=frozenset().union(*(one.coverage for one in results)), notes=()
    )


def taken(browser: Browser, picture: Picture, made: Report, folder: Path) -> bytes:
    """Return a picture of the first screen and what follows, as WebP."""
    height = 1500 if picture.width < 500 else 1000
    context = browser.new_context(
        color_scheme=picture.scheme, viewport={"width": picture.width, "height": height}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(write_reports(made, folder).as_uri())
    session = context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": 70})
    context.close()
    return base64.b64decode(shot["data"])


def main(folder: Path, pictures: tuple[Picture, ...]) -> None:
    """Write the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    results = seen()
    reports = {classes: report_of(results, classes) for classes in {picture.classes for picture in pictures}}
    with started() as browser, tempfile.TemporaryDirectory() as place:
        for picture in pictures:
            content = taken(browser, picture, reports[picture.classes], Path(place) / picture.name)
            (folder / picture.name).write_bytes(content)
            print(f"{folder / picture.name}: {len(content)} bytes")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--all"]:
        main(Path(sys.argv[2]), EVERY)
    else:
        main(FOLDER, KEPT)
