"""The ``verify`` command: a dossier is run again; the verdict must be the same, or the output says what has changed.

A dossier may come from anyone, and the command in it is a program to run. So it is shown, and it is run only when the
user says so. The files are read once, compared with the seal, and never read again by name.
"""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from telltale_conformance.errors import UsageError
from telltale_conformance.lean_traces.codec import as_json, encode
from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, AdapterLimits, SubprocessAdapter
from telltale_conformance.oracle.adapters.process import split_command
from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from telltale_conformance.oracle.cli.terminal import say, say_json, told, warn
from telltale_conformance.oracle.dossier.dossier import (
    ANSWERS,
    Manifest,
    Sealed,
    environment_hashes,
    hello_document,
    read_dossier,
)
from telltale_conformance.oracle.dossier.races import SealedRace, is_race_dossier, read_race_dossier
from telltale_conformance.oracle.histories.minimising import TO_RATE as TO_RATE_RACES
from telltale_conformance.oracle.histories.minimising import Trying, rated
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.minimise.trying import TO_RATE, Sighting, Trials, rate
from telltale_conformance.oracle.reference.replay import replay_bytes
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE
from telltale_conformance.readable import one_line, spelled


class Verified(Struct, frozen=True, kw_only=True):
    """What running a dossier again came to."""

    dossier: str
    same: bool
    """Whether the verdict is the one in the dossier: a divergence of the same class at the same step; of one that does
    not repeat, that it still comes and goes."""
    was: str
    now: str
    changed: tuple[str, ...]
    """What is not as it was when the dossier was written."""
    inconclusive: str | None = None
    """Why nothing can be said."""


@told
def run(
    folder: Path,
    *,
    sut: str | None = None,
    kept: bool = False,
    as_json: bool = False,
    adapter_limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS,
) -> int:
    """Run a dossier again, print the verdict and what has changed, and return the exit code.

    0: the same verdict. 1: another verdict. 2: no dossier, one that was changed, or one whose command is not to be
    run. 3: the adapter failed, or the divergence does not repeat.

    Args:
        folder: of the dossier.
        sut: the command of the adapter, in place of the one in the dossier. Without either, the answers in the
            dossier are compared with the contract once more.
        kept: run the command in the dossier. Without it and ``sut`` the user is asked where there is a terminal.
        as_json: print one JSON object and nothing else.
        adapter_limits: within which the adapter is heard.
    """
    verified = verify(folder, sut=sut, kept=kept, adapter_limits=adapter_limits)
    if as_json:
        say_json(verified)
    else:
        say(_text(verified))
    if verified.inconclusive is not None:
        return INCONCLUSIVE
    return AGREE if verified.same else DIVERGE


def verify(
    folder: Path,
    *,
    sut: str | None = None,
    kept: bool = False,
    adapter_limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS,
) -> Verified:
    """Run a dossier again.

    Raises:
        MalformedDossier, MalformedTrace: it is not a dossier, or it was changed.
        NotToBeRun: nobody said that the command in it may run.
        UnknownContract: the model no longer states its contract.
        BadCommand: the command cannot be split.
        AdapterFault: the adapter failed.
    """
    if is_race_dossier(folder):
        return _race_run_again(folder, read_race_dossier(folder), sut, adapter_limits, kept=kept)
    dossier = read_dossier(folder)
    command = sut
    if command is None and dossier.manifest.command is not None:
        command = _allowed(folder, dossier.manifest.command, kept=kept)
    if command is None:
        return _replayed(folder, dossier)
    with SubprocessAdapter(command, adapter_limits) as adapter:
        return _run_again(folder, dossier, adapter)


class NotToBeRun(UsageError):
    """Thrown when a dossier names a command, and nobody said that it may run."""

    remedy = "read it; then give --run, or --sut with a command of your own"


def _allowed(folder: Path, command: str, *, kept: bool) -> str:
    """Show the command of a dossier and return it if it may run.

    Raises:
        NotToBeRun: the user does not say yes.
        BadCommand: it cannot be split into words.
    """
    shown = spelled(shlex.join(split_command(command)))
    warn(f"{folder}: the command of the dossier: {shown}")  # whole: what is cut off could be what it does
    if not kept:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise NotToBeRun("the command of the dossier is not run unasked", place=folder)
        print("It runs with your rights. Run it? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise NotToBeRun("the command of the dossier was not run", place=folder)
    return command


def _race_run_again(
    folder: Path, dossier: SealedRace, sut: str | None, limits: AdapterLimits, *, kept: bool
) -> Verified:
    """Run a race again and again: it is the same while it is lost at times."""
    manifest, race = dossier
    command, clients = manifest.command, manifest.clients
    if sut is not None:
        command, clients = (None, sut) if clients is not None else (sut, None)
    else:
        kept_command = clients if clients is not None else command
        if kept_command is not None:
            _allowed(folder, kept_command, kept=kept)
    started = Subject(command=command, clients=clients, contract=race.contract, limits=limits).start_clients()
    was = manifest.divergence.text() + ("" if manifest.rate is None else f", refused in {manifest.rate.text()}")
    if started is None:
        why = "the adapter does not let several clients ask at once"
        return Verified(dossier=str(folder), same=False, was=was, now="not covered", changed=(), inconclusive=why)
    try:
        document = hello_document(started.hello)
        seen = rated(race, Trying(started, Level[manifest.level]), minimal=False)
    finally:
        with suppress(AdapterFault):
            started.close()
    changed = [
        f"adapter's {field}: was {_shown(manifest.hello.get(field))}, is {_shown(document.get(field))}"
        for field in sorted(manifest.hello.keys() | document.keys())
        if manifest.hello.get(field) != document.get(field)
    ]
    if seen is None:
        why = f"not seen in {TO_RATE_RACES} runs; a race that was not lost may still be there"
        return Verified(dossier=str(folder), same=False, was=was, now="agree", changed=tuple(changed), inconclusive=why)
    now = f"refused in {seen.times} of {seen.runs} runs"
    return Verified(dossier=str(folder), same=True, was=was, now=now, changed=tuple(changed))


def _run_again(folder: Path, dossier: Sealed, adapter: Adapter) -> Verified:
    manifest, program, _ = dossier
    hello = hello_document(adapter.hello)
    changed = _changed(dossier, hello)
    trials = Trials(adapter, Level[manifest.level])
    trials.target = manifest.divergence
    flaky = manifest.verdict == "flaky"
    measured, seen = rate(trials, program, runs=TO_RATE) if flaky else rate(trials, program)
    now = seen.fingerprint.text() if seen.fingerprint is not None else "agree"
    inconclusive = None
    if trials.faults:
        inconclusive, now = f"fault of the adapter: {trials.faults[0]}", "inconclusive"
    elif seen.uncovered is not None:
        inconclusive, now = f"the implementation does not offer {seen.uncovered}", "not covered"
    elif flaky and not measured.times:
        inconclusive = f"not seen in {measured.runs} runs; what does not repeat may still be there"
    elif flaky:
        now = f"{manifest.divergence.text()}, seen in {measured.text()}"
    elif measured.times and not measured.steady:
        inconclusive = f"the divergence does not repeat: seen in {measured.text()}"
    changed.extend(_answers_changed(manifest, seen))
    if flaky:
        same = measured.times > 0 and not measured.steady
    else:
        same = measured.steady and measured.times > 0 and seen.at == manifest.seq
    return _verified(folder, manifest, now, changed, same=same and inconclusive is None, inconclusive=inconclusive)


def _replayed(folder: Path, dossier: Sealed) -> Verified:
    """Hold the answers in the dossier against the contract as it is now."""
    manifest = dossier.manifest
    changed = _changed(dossier, manifest.hello)
    why = None
    if ANSWERS not in dossier.files:
        why = f"there are no answers to hold against the contract: {manifest.missing.get(ANSWERS, 'unknown')}"
    elif manifest.divergence.kind == "panic":
        why = "a panic is no answer of a trace; name the adapter with --sut"
    if why is not None:
        return _verified(folder, manifest, "unknown", changed, same=False, inconclusive=why)
    result = replay_bytes(dossier.files[ANSWERS], str(folder / ANSWERS), level=Level[manifest.level])
    first = result.first_divergence
    if first is None:
        return _verified(folder, manifest, result.verdict, changed, same=False)
    same = (first.seq, first.op, first.kind) == (manifest.seq, manifest.divergence.op, manifest.divergence.kind)
    sides = (("expected", manifest.expected, first.expected), ("actual", manifest.actual, first.actual))
    for side, before, now in sides:
        if not _alike(before, now):
            changed.append(f"{side}: was {_shown(before)}, is {_shown(now)}")
            same = False
    said = manifest.divergence.text() if same else f"step {first.seq}, {first.op} diverges in {first.kind}"
    return _verified(folder, manifest, said, changed, same=same)


def _verified(
    folder: Path,
    manifest: Manifest,
    now: str,
    changed: list[str],
    *,
    same: bool,
    inconclusive: str | None = None,
) -> Verified:
    return Verified(
        dossier=str(folder),
        same=same,
        was=_was(manifest),
        now=now,
        changed=tuple(changed),
        inconclusive=inconclusive,
    )


def _was(manifest: Manifest) -> str:
    seen = "" if manifest.verdict == "diverge" or manifest.rate is None else f", seen in {manifest.rate.text()}"
    return manifest.divergence.text() + seen


def _changed(dossier: Sealed, hello: dict[str, Any]) -> list[str]:
    """Say what of harness, contract, adapter and corpus is not what it was."""
    manifest, program, _ = dossier
    changed = []
    for name, hashed in environment_hashes(program.contract, hello).items():
        if manifest.hashes.get(name) != hashed and name != "hello":
            changed.append(f"{name}: other content than when the dossier was written")
    for field in sorted(manifest.hello.keys() | hello.keys()):
        before, now = manifest.hello.get(field), hello.get(field)
        if before != now:
            changed.append(f"adapter's {field}: was {_shown(before)}, is {_shown(now)}")
    return changed


def _answers_changed(manifest: Manifest, seen: Sighting) -> list[str]:
    if seen.divergence is None:
        return []
    sides = (
        ("expected", manifest.expected, seen.divergence.expected),
        ("actual", manifest.actual, seen.divergence.actual),
    )
    return [f"{side}: was {_shown(before)}, is {_shown(now)}" for side, before, now in sides if not _alike(before, now)]


def _alike(before: Any, now: Any) -> bool:
    return same_json(before, as_json(now))


def _shown(value: Any) -> str:
    return one_line(encode(value).decode(), 160)


def _text(verified: Verified) -> str:
    lines = []
    if verified.inconclusive is not None:
        lines.append(f"inconclusive  {verified.dossier}: {verified.inconclusive}")
    elif verified.same:
        lines.append(f"same verdict  {verified.dossier}: {verified.was}")
        lines.extend([f"  is   {verified.now}"] if verified.now != verified.was else [])
    else:
        lines.append(f"other verdict  {verified.dossier}")
        lines.append(f"  was  {verified.was}")
        lines.append(f"  is   {verified.now}")
    lines.extend(f"  changed  {what}" for what in verified.changed)
    return "\n".join(lines)
