"""The ``campaign`` commands: hours of guided search over an implementation, resumed, merged, reported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.adapters import AdapterLimits
from telltale_conformance.oracle.campaign.badge import badge_of, no_verdict
from telltale_conformance.oracle.campaign.cluster import cluster_of, distributed_there
from telltale_conformance.oracle.campaign.folder import Settings, held, read_settings
from telltale_conformance.oracle.campaign.live import shown
from telltale_conformance.oracle.campaign.live_page import About
from telltale_conformance.oracle.campaign.merging import distil, distilled, merged_lines
from telltale_conformance.oracle.campaign.merging import merge as merged
from telltale_conformance.oracle.campaign.opening import begin, histories_in, opened
from telltale_conformance.oracle.campaign.record import record_of
from telltale_conformance.oracle.campaign.report import report_document, report_lines, report_of
from telltale_conformance.oracle.campaign.running import Running
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.campaign.strangers import strangers_told
from telltale_conformance.oracle.cli.consent import allowed
from telltale_conformance.oracle.cli.terminal import say, say_json, told, warn
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.process.interrupts import Interrupted, watched
from telltale_conformance.oracle.reports.badge import write_badge
from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord
from telltale_conformance.oracle.reports.trends.file import append_record, make_ready
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import INCONCLUSIVE


@told
def run(
    *,
    sut: str,
    sut_clients: str | None,
    hours: float,
    tasks: int | None,
    corpus: Path,
    cluster: str | None,
    workers: int | None,
    dashboard: str | None,
    seed: int,
    contract: str | None,
    level: Level,
    deadline: float,
    guided: bool,
    begin_with: Path | None,
    as_json: bool,
) -> int:
    """Begin a campaign, work until its time is over, tell how it stands; return the exit code.

    Args:
        sut: the command of the adapter; every worker starts its own.
        sut_clients: the command of one of several clients on one store.
        hours: how long.
        tasks: after how many tasks it ends; None for no such end.
        corpus: the folder of the campaign.
        cluster: the address of a scheduler; workers of our own when None.
        workers: how many those are; as many as there are processors when None.
        dashboard: where dask's dashboard is served; when None, somewhere for a terminal and else nowhere.
        seed: what the tasks follow from.
        contract: the one that the adapter's hello must name; None for whichever it names.
        level: how strictly answers are compared.
        deadline: seconds for one answer.
        guided: whether programs that reach something new go into the corpus.
        begin_with: the folder of another campaign, with whose programs this one begins.
        as_json: print the report as one JSON object.
    """
    distributed_there()
    subject = Subject(command=sut, clients=sut_clients, limits=AdapterLimits(deadline=deadline))
    with held(corpus):
        settings = begin(
            corpus,
            subject,
            contract=contract,
            level=level,
            seed=seed,
            hours=_positive(hours),
            guided=guided,
            source=begin_with,
            say=warn,
        )
        return _work(corpus, settings, hours, tasks, cluster, workers, dashboard, as_json)


@told
def resume(
    folder: Path,
    *,
    hours: float | None,
    tasks: int | None,
    cluster: str | None,
    workers: int | None,
    dashboard: str | None,
    kept: bool,
    as_json: bool,
) -> int:
    """Go on with a campaign for what is left of its hours, or for ``hours``; return the exit code.

    The options are those of ``run``; ``kept`` says that the command that the folder names may run.
    """
    distributed_there()
    settings = read_settings(folder)
    if settings.merged:
        raise UsageError(
            "several campaigns were merged into this folder",
            place=folder,
            remedy="begin another campaign with its programs: campaign --begin-with FOLDER",
        )
    with held(folder):
        left = settings.hours - standing_in(folder).seconds / 3600
        if hours is None and left <= 0:
            if settings.guided and not distilled(folder):
                return _end(folder, settings, as_json)
            raise UsageError("its hours are over", place=folder, remedy="say how long it is to go on, with --hours")
        allowed(
            folder,
            *filter(None, (settings.command, settings.clients)),
            what="the campaign",
            given=kept,
            remedy="read it; then give --run",
        )
        time_left = left if hours is None else _positive(hours)
        return _work(folder, settings, time_left, tasks, cluster, workers, dashboard, as_json)


def _positive(hours: float) -> float:
    if not 0 < hours < 1e6:
        raise UsageError("--hours must be a number of hours above 0 and below 1,000,000")
    return hours


def _work(
    folder: Path,
    settings: Settings,
    hours: float,
    tasks: int | None,
    cluster: str | None,
    workers: int | None,
    dashboard: str | None,
    as_json: bool,
) -> int:
    """Work for some hours; tell how the campaign stands as far as its journal says."""
    with _written(folder), watched() as watch:
        try:
            with opened(folder, settings) as found:
                for remark in found.remarks:
                    warn(remark)
                campaign = found.campaign
                count = workers or os.cpu_count() or 1
                page = dashboard or ("127.0.0.1:0" if sys.stderr.isatty() else None)
                with (
                    cluster_of(campaign.setup, cluster, count, page) as joined,
                    shown(campaign.standing, joined.dashboard, cluster, _about(folder, settings)) as live,
                ):
                    Running(campaign, joined, seconds=hours * 3600, tasks=tasks, look=live.look, alone=live.alone).run()
        except Interrupted:
            raise InconclusiveError(
                f"{watch.reason}, before or after its tasks", remedy=f"go on with: {_resuming(folder)}"
            ) from None
    return _end(folder, settings, as_json)


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Tell of a folder that cannot be written any more, as it is where the disk is full."""
    try:
        yield
    except OSError as error:
        raise InconclusiveError(
            f"the campaign cannot go on: {error.strerror or error}",
            place=error.filename or folder,
            remedy=f"what was reported is kept; go on with: {_resuming(folder)}",
        ) from None


def _end(folder: Path, settings: Settings, as_json: bool) -> int:
    """Distil what a campaign found to be new, and tell how it stands."""
    with _written(folder):
        standing = standing_in(folder)
        if settings.guided:
            distil(folder, settings.contract, [*settings.start, *standing.entries], histories_in(folder))
    return _tell(settings, standing, as_json)


def _about(folder: Path, settings: Settings) -> About:
    who = settings.identity
    return About(f"{who.implementation} {who.version}", settings.contract, folder)


def _resuming(folder: Path) -> str:
    return f"telltale-conformance campaign resume {folder}"


def _tell(settings: Settings, standing: Standing, as_json: bool) -> int:
    report = report_of(settings, standing)
    if as_json:
        say_json(report_document(report))
    else:
        for line in report_lines(report):
            say(line)
    return report.exit_code


@told
def report(folder: Path, *, output: Path | None, history: Path | None, badge: Path | None, as_json: bool) -> int:
    """Tell how a campaign stands, also while it runs; return its exit code.

    Args:
        folder: of the campaign.
        output: where to write a page of it; None for no page.
        history: the file of records to which its state is appended; None for none.
        badge: the file of its badge; None for none.
        as_json: print the report as one JSON object.
    """
    if badge is not None:
        write_badge(badge, no_verdict())  # whatever follows, it no longer shows an older verdict
    settings = read_settings(folder)
    standing = standing_in(folder)
    for remark in strangers_told(folder):
        warn(remark)
    if history is not None:
        make_ready(history)
    if output is not None:
        from telltale_conformance.oracle.campaign.page import campaign_page

        write_whole(output, campaign_page(report_of(settings, standing)).encode())
    kept = _kept(settings, standing, history, badge)
    code = _tell(settings, standing, as_json)
    if output is not None and not as_json:
        say(f"page: {output}")
    return code if kept else code or INCONCLUSIVE


def _kept(settings: Settings, standing: Standing, history: Path | None, badge: Path | None) -> bool:
    """Append a campaign to its history and write its badge; say whether both could be written, its verdict stands."""
    try:
        if history is not None:
            _append(history, record_of(settings, standing))
        if badge is not None:
            write_badge(badge, badge_of(report_of(settings, standing)))
    except OSError as error:
        warn(f"cannot write to {error.filename or history or badge}: {error.strerror or error}")
        return False
    return True


def _append(history: Path, record: CampaignRecord | None) -> None:
    if record is None:
        warn(f"no task is finished yet: nothing is appended to {history}")
        return
    appended = append_record(history, record)
    if appended.remark is not None:
        warn(appended.remark)
    if not appended.written:
        warn(f"{history} has this state of the campaign, or a later one: nothing is appended")


@told
def merge(sources: Sequence[Path], output: Path, *, as_json: bool) -> int:
    """Merge campaigns into a folder and tell how they stand together; return the exit code, as ``report`` does."""
    with held(output):
        for line in merged_lines(merged(sources, output)):
            (warn if as_json else say)(line)
        return _tell(read_settings(output), standing_in(output), as_json)
