"""The ``verify`` command: a dossier is run again; the verdict must be the same, or the output says what has changed.

A dossier may come from anyone, and the command in it is a program to run. So it is shown, and it is run only when the
user says so. The files are read once, compared with the seal, and never read again by name.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from telltale_conformance.errors import UsageError
from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.lean_traces.printing import as_json, encode
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, AdapterLimits, SubprocessAdapter
from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from telltale_conformance.oracle.cli.consent import allowed
from telltale_conformance.oracle.cli.options import Expected
from telltale_conformance.oracle.cli.terminal import say, say_json, told
from telltale_conformance.oracle.cli.verified import Verdict, Verified
from telltale_conformance.oracle.dossier.dossier import (
    ANSWERS,
    Manifest,
    Sealed,
    environment_hashes,
    hello_document,
    read_dossier,
)
from telltale_conformance.oracle.dossier.parts import shows
from telltale_conformance.oracle.dossier.races import SealedRace, is_race_dossier, read_race_dossier
from telltale_conformance.oracle.histories.minimising import TO_RATE as TO_RATE_RACES
from telltale_conformance.oracle.histories.minimising import Trying, rated
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.minimise.trying import (
    NO_DIVERGENCE,
    NOT_ALL_JUDGED,
    TO_RATE,
    Rate,
    Sighting,
    Trials,
    rate,
)
from telltale_conformance.oracle.reference.replay import replay_bytes
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.readable import one_line


@told
def run(
    folder: Path,
    *,
    sut: str | None = None,
    kept: bool = False,
    expect: Expected | None = None,
    as_json: bool = False,
    adapter_limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS,
) -> int:
    """Run a dossier again, print the verdict and what has changed, and return the exit code.

    The exit code follows from the verdict and what is expected (``oracle.cli.verified``). 2: no dossier, one that was
    changed, or one whose command is not to be run. 3: the adapter failed, or nothing can be concluded.

    Args:
        folder: of the dossier.
        sut: the command of the adapter, in place of the one in the dossier. Without either, the answers in the
            dossier are compared with the contract once more.
        kept: run the command in the dossier. Without it and ``sut`` the user is asked where there is a terminal.
        expect: the only verdict that is accepted; None accepts a divergence that is there as well as one that is gone.
        as_json: print one JSON object and nothing else.
        adapter_limits: within which the adapter is heard.
    """
    verified = verify(folder, sut=sut, kept=kept, adapter_limits=adapter_limits)
    if as_json:
        say_json(verified)
    else:
        say(verified.text(expect))
    return verified.exit_code(expect)


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
        TwoCommands: the command in it and another one were both asked for.
        NotToBeRun: nobody said that the command in it may run.
        UnknownContract: the model no longer states its contract.
        BadCommand: the command cannot be split.
        AdapterFault: the adapter failed.
    """
    if kept and sut is not None:
        raise TwoCommands("--run asks for the command of the dossier, --sut for another one")
    if is_race_dossier(folder):
        return _race_run_again(folder, read_race_dossier(folder), sut, adapter_limits, kept=kept)
    dossier = read_dossier(folder)
    command = sut
    if command is None and dossier.manifest.command is not None:
        command = _allowed(folder, dossier.manifest.command, kept=kept)
    if command is None:
        return _replayed(folder, dossier)
    with SubprocessAdapter(command, adapter_limits) as adapter:
        return run_again(folder, dossier, adapter)


class TwoCommands(UsageError):
    """Thrown when the command of a dossier and another one are both to be run."""

    remedy = "give one of them"


def _allowed(folder: Path, command: str, *, kept: bool) -> str:
    """Return the command of a dossier if it may run."""
    remedy = "read it; then give --run, or --sut with a command of your own"
    allowed(folder, command, what="the dossier", given=kept, remedy=remedy)
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
        return Verified(dossier=str(folder), was=was, now="not covered", why=why)
    try:
        document = hello_document(started.hello)
        seen = rated(race, Trying(started, Level[manifest.level]))
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
        return Verified(dossier=str(folder), was=was, now="agree", changed=tuple(changed), why=why)
    now = f"refused in {seen.times} of {seen.runs} runs"
    return Verified(dossier=str(folder), verdict="reproduced", was=was, now=now, changed=tuple(changed))


def run_again(folder: Path, dossier: Sealed, adapter: Adapter) -> Verified:
    """Run the program of a dossier on an implementation.

    It is fixed only where every answer was judged and agrees in every run, the adapter shows as much as it did, and the
    answers in the dossier still show that there was something to fix.
    """
    manifest, program, _ = dossier
    hello = hello_document(adapter.hello)
    changed = _changed(dossier, hello)
    trials = Trials(adapter, Level[manifest.level])
    trials.target = manifest.divergence
    flaky = manifest.verdict == "flaky"
    measured, seen = rate(trials, program, runs=TO_RATE) if flaky else rate(trials, program)
    changed.extend(_answers_changed(manifest, seen))
    if trials.faults:
        why = f"fault of the adapter: {trials.faults[0]}"
        return _verified(folder, manifest, "inconclusive", changed, why=why)
    if seen.uncovered is not None:
        why = f"the implementation does not offer {seen.uncovered}"
        return _verified(folder, manifest, "not covered", changed, why=why)
    if measured.times:
        return _still_there(folder, manifest, measured, seen, changed)
    if measured.others != ((NO_DIVERGENCE, measured.runs),):
        others = ", ".join(what for what, _ in measured.others if what not in (NO_DIVERGENCE, NOT_ALL_JUDGED))
        if others:
            return _verified(folder, manifest, others, changed, verdict="other")
        why = "not every answer could be judged, so the divergence may still be there"
        return _verified(folder, manifest, "not covered", changed, why=why)
    if flaky:
        why = f"not seen in {measured.runs} runs; what does not repeat may still be there"
        return _verified(folder, manifest, "agree", changed, why=why)
    hidden = sorted(set(manifest.hello.get("observes", ())) - adapter.hello.observes)
    if hidden:
        why = f"the adapter no longer shows {', '.join(hidden)}, so the divergence may still be there"
        return _verified(folder, manifest, "not covered", changed, why=why)
    answers = dossier.files.get(ANSWERS)
    level = Level[manifest.level]
    if answers is not None and not shows(answers, str(folder / ANSWERS), manifest.divergence, level):
        why = "the answers in the dossier do not show this divergence, by the contract as it is stated now"
        return _verified(folder, manifest, "agree", changed, why=why)
    now = f"all answers agree in {measured.runs} runs"
    return _verified(folder, manifest, now, changed, verdict="fixed")


def _still_there(folder: Path, manifest: Manifest, measured: Rate, seen: Sighting, changed: list[str]) -> Verified:
    """Return the verdict on a divergence of the class in the dossier that was seen again, at times or always."""
    text = manifest.divergence.text()
    if manifest.verdict == "flaky":
        verdict: Verdict = "other" if measured.steady else "reproduced"
        return _verified(folder, manifest, f"{text}, seen in {measured.text()}", changed, verdict=verdict)
    if not measured.steady:
        why = f"the divergence does not repeat: seen in {measured.text()}"
        return _verified(folder, manifest, text, changed, verdict="flaky", why=why)
    if seen.at != manifest.seq:
        return _verified(folder, manifest, f"{text}, at step {seen.at}", changed, verdict="other")
    return _verified(folder, manifest, text, changed, verdict="reproduced")


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
        return _verified(folder, manifest, "unknown", changed, why=why)
    result = replay_bytes(dossier.files[ANSWERS], str(folder / ANSWERS), level=Level[manifest.level])
    first = result.first_divergence
    if first is None:
        why = "the recorded answers agree with the contract as it is stated now; name the adapter with --sut"
        if result.verdict != "agree":
            why = f"the recorded answers cannot be judged: {result.error or 'nothing was judged'}"
        return _verified(folder, manifest, result.verdict, changed, why=why)
    same = (first.seq, first.op, first.kind) == (manifest.seq, manifest.divergence.op, manifest.divergence.kind)
    sides = (("expected", manifest.expected, first.expected), ("actual", manifest.actual, first.actual))
    for side, before, now in sides:
        if not _alike(before, now):
            changed.append(f"{side}: was {_shown(before)}, is {_shown(now)}")
            same = False
    if same:
        return _verified(folder, manifest, manifest.divergence.text(), changed, verdict="reproduced")
    said = f"step {first.seq}, {first.op} diverges in {first.kind}"
    return _verified(folder, manifest, said, changed, verdict="other")


def _verified(
    folder: Path,
    manifest: Manifest,
    now: str,
    changed: list[str],
    *,
    verdict: Verdict = "inconclusive",
    why: str | None = None,
) -> Verified:
    name, version = (str(manifest.hello.get(field, "")) for field in ("name", "version"))
    return Verified(
        dossier=str(folder),
        verdict=verdict,
        was=_was(manifest),
        now=now,
        written_with=one_line(f"{name} {version}".strip(), 120),
        changed=tuple(changed),
        why=why,
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
