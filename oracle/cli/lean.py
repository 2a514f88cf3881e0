"""The ``lean`` command: the toolchain, the model's proofs, the corpus, and the model against the reference."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.cli.terminal import say, say_json, told
from telltale_conformance.oracle.process.output import unguarded
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE
from telltale_conformance.readable import counted


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, float], None]]:
    """Show a progress bar on a terminal's stderr, and nothing elsewhere; give what moves it: done, total."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=unguarded(sys.stderr))
    if not console.is_terminal:
        yield lambda done, total: None
        return
    plain: dict[str, Any] = {"console": console, "transient": True, "redirect_stdout": False, "redirect_stderr": False}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), **plain) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def doctor(*, full: bool = False) -> int:
    """Say what Lean there is and what is missing; with ``full`` compare every byte of an installed one.

    Returns:
        0: a toolchain can be used; 3: none can.
    """
    from telltale_conformance.lean_traces.lean_doctor import diagnose

    diagnosis = diagnose(full=full)
    for finding in diagnosis.findings:
        say(f"{'ok' if finding.well else '--':<4}{finding.name:<22}{finding.found}")
        if finding.hint and not finding.well:
            say(f"{'':<26}{finding.hint}")
    return AGREE if diagnosis.usable else INCONCLUSIVE


@told
def install(*, archive: Path | None = None, force: bool = False) -> int:
    """Install the pinned WebAssembly toolchain, or say that it is there already."""
    from telltale_conformance.lean_traces import lean_toolchain

    stages = set()
    with progress_bar("installing Lean") as moved:

        def progress(what: str, done: int, total: int) -> None:
            stages.add(what)
            moved(done, total)

        toolchain = lean_toolchain.install(archive=archive, force=force, progress=progress)
    say(f"installed  {toolchain.describe()}" + ("" if stages else "; it was there already, --force installs it again"))
    return AGREE


@told
def check() -> int:
    """Type-check the model and all its theorems, and print each with its sentence."""
    from telltale_conformance.lean_traces.lean_check import check_proofs

    with progress_bar("checking the proofs"):
        checked = check_proofs()
    for theorem, _ in checked.theorems:
        say(f"proved  {theorem.name}: {theorem.sentence}")
    say(f"{len(checked.theorems)} theorems, checked in {checked.seconds:.0f} s")
    return AGREE


@told
def export(output: Path | None, *, compare_only: bool) -> int:
    """Export the corpus to a folder, or only compare a folder, the installed corpus when None, with what it would be.

    Raises:
        UsageError: no folder is named to write to, or it holds traces that are no export.

    Returns:
        0: written, or no difference; 1: a difference; 3: Lean failed.
    """
    from telltale_conformance.generators.corpus_programs import corpus_programs
    from telltale_conformance.lean_traces.lean_process import LeanModel
    from telltale_conformance.lean_traces.shipped import CORPUS
    from telltale_conformance.lean_traces.writer import write_whole
    from telltale_conformance.oracle.lanes.lean_export import corpus_differences, exported

    if output is None and not compare_only:
        problem = "name the folder to export to with -o; the installed corpus is not written to"
        raise UsageError(problem, remedy="-o FOLDER, or --compare to compare the installed corpus")
    folder = output or CORPUS
    if not compare_only:
        _refuse_other_traces(folder)
    with LeanModel.start() as model, progress_bar("exporting") as moved:
        traces = list(exported(model, list(corpus_programs()), moved))
    if compare_only:
        problems = corpus_differences(folder, iter(traces))
        for problem in problems:
            say(problem)
        say(f"{counted(len(traces), 'trace')} exported again: {counted(len(problems), 'difference')}")
        return DIVERGE if problems else AGREE
    folder.mkdir(parents=True, exist_ok=True)
    for stale in {path.name for path in folder.glob("*.jsonl.gz")} - {name for name, _ in traces}:
        (folder / stale).unlink()
    for name, content in traces:
        write_whole(folder / name, content)
    say(f"{counted(len(traces), 'trace')} written to {folder}")
    return AGREE


def _refuse_other_traces(folder: Path) -> None:
    """Check that the traces in a folder are an export, for an export replaces them."""
    from telltale_conformance.model.contract import CONTRACTS

    for path in folder.glob("*.jsonl.gz"):
        if not path.name.startswith(tuple(f"{contract}-" for contract in CONTRACTS)):
            problem = f"{folder} holds {path.name}, which is no trace of an export"
            raise UsageError(problem, remedy="name an empty folder, or that of an earlier export")


@told
def diff(programs: int, seed: int, steps: int, contracts: tuple[str, ...], level: Level, *, as_json: bool) -> int:
    """Compare the model with the reference on generated programs, one result per contract."""
    from telltale_conformance.lean_traces.lean_process import LeanModel

    with LeanModel.start() as model:
        codes = [_diff(model, programs, seed, steps, contract, level, as_json) for contract in contracts]
    return max(codes)


def _diff(model: Any, programs: int, seed: int, steps: int, contract: str, level: Level, as_json: bool) -> int:
    import msgspec

    from telltale_conformance.oracle.lanes.lean import compare_runs, diff_programs
    from telltale_conformance.oracle.reports.text import divergence_text

    started = time.monotonic()
    judged = skipped = cases = not_judged = 0
    divergences = []
    with progress_bar(f"comparing under {contract}") as moved:
        made = list(diff_programs(seed, programs, steps, contract))
        for compared in compare_runs(model, made, level, lambda done: moved(done, programs)):
            cases += 1
            judged += compared.tally.judged
            skipped += compared.tally.skipped
            not_judged += compared.tally.not_judged
            if compared.divergence is not None:
                divergences.append(compared.divergence)
    if as_json:
        document = {
            "contract": contract,
            "divergences": msgspec.to_builtins(divergences),
            "judged": judged,
            "not_judged": not_judged,
            "programs": cases,
            "skipped": skipped,
            "verdict": "diverge" if divergences else "agree",
        }
        say_json(document)
    else:
        for divergence in divergences[:3]:
            say(divergence_text(divergence))
        say(
            f"{contract}: {'diverge' if divergences else 'agree'}; {cases} programs, {judged} answers judged, "
            f"{skipped} skipped, {not_judged} not judged, {len(divergences)} diverging programs; "
            f"{time.monotonic() - started:.1f} s"
        )
    if divergences:
        return DIVERGE
    return AGREE if judged else INCONCLUSIVE
