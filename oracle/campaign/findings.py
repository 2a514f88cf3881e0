"""The findings of a campaign: each class of divergence as it was found, and its dossier once it was run again.

``found/NAME.json`` with ``NAME.program.jsonl``, or the race and history of several clients, is written before the
finding is reported; ``findings/NAME`` is its dossier. NAME is the beginning of the fingerprint.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import content
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import program_bytes, written_program
from telltale_conformance.lean_traces.strict_json import converted
from telltale_conformance.oracle.campaign.durable import UNFINISHED, put_all_durably, put_durably, sync_folder
from telltale_conformance.oracle.campaign.folder import DOSSIERS, FOUND, NAMED_BY
from telltale_conformance.oracle.campaign.keeping import METER
from telltale_conformance.oracle.campaign.plan import Setup
from telltale_conformance.oracle.reports.findings import findings
from telltale_conformance.oracle.reports.minimal import SHARE, minimising
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from telltale_conformance.readable import one_line

SECONDS: Final = 60.0
"""How long one finding may be made smaller: a guard, for most take a second."""
_PARTS: Final = {"program": ".program.jsonl", "race": ".race.jsonl", "history": ".history.jsonl"}


class MalformedFinding(HarnessError):
    """Thrown when what was found cannot be read any more."""


class Reduced(Struct, frozen=True, kw_only=True):
    """A finding that was run again."""

    fingerprint: str
    ending: str
    remark: str
    steps: int | None
    cpu_seconds: float
    """Of the worker and its adapters, since the task before."""
    files: Mapping[str, bytes]
    """Of its dossier, by name; none where it has no program."""


def reduced(setup: Setup, divergence: LaneDivergence) -> Reduced:
    """Run a divergence again, make its program smaller, and return its dossier; runs on a worker."""
    METER.begin(setup.campaign)
    subject = setup.subject
    with minimising(subject, setup.level, SECONDS / SHARE) as minimise:
        (found,) = findings(
            (LaneResult(lane="campaign", divergences=(divergence,)),),
            command=subject.command,
            clients=subject.clients,
            hello=setup.hello,
            level=setup.level,
            minimise=minimise,
        )
    return Reduced(
        fingerprint=fingerprint_of(divergence).digest,
        ending=found.ending,
        remark=found.remark,
        steps=None if found.program is None else len(found.program.steps),
        cpu_seconds=METER.used(),
        files=found.files,
    )


def not_reduced(fingerprint: str, why: str) -> Reduced:
    """Return that a finding was not run again; it stays a finding."""
    return Reduced(
        fingerprint=fingerprint,
        ending="inconclusive",
        remark=f"not run again: {why}",
        steps=None,
        cpu_seconds=0.0,
        files={},
    )


class Findings:
    """The findings in the folder of a campaign."""

    def __init__(self, folder: Path) -> None:
        self._found = folder / FOUND
        self._dossiers = folder / DOSSIERS

    def keep(self, key: Fingerprint, divergence: LaneDivergence) -> None:
        """Write a divergence as it was found; the first of its class stays.

        Raises:
            OSError: it cannot be written.
        """
        place = self._place(key.digest, ".json")
        if place.exists():
            return
        parts = {
            "program": None if divergence.program is None else program_bytes(divergence.program),
            "race": divergence.race,
            "history": divergence.history,
        }
        there = {name: data for name, data in parts.items() if data is not None}
        put_all_durably({self._place(key.digest, _PARTS[name]): data for name, data in there.items()})
        put_durably(place, encode(msgspec.structs.replace(divergence, **dict.fromkeys(parts))) + b"\n")

    def read(self, digest: str) -> LaneDivergence:
        """Return a divergence as it was found.

        Raises:
            MalformedFinding: its files are gone or damaged.
        """
        place = self._place(digest, ".json")
        try:
            return self._read(digest, place)
        except (OSError, ValueError, TypeError, HarnessError) as error:
            raise MalformedFinding(f"gone or damaged: {one_line(str(error), 200)}", place=place) from None

    def _read(self, digest: str, place: Path) -> LaneDivergence:
        document: dict[str, Any] = converted(msgspec.json.decode, content(place))
        parts: dict[str, Any] = {}
        for name, suffix in _PARTS.items():
            path = self._place(digest, suffix)
            if path.exists():
                data = content(path)
                parts[name] = written_program(data, str(path)) if name == "program" else data
        return LaneDivergence(**{**document, **parts})

    def write_dossier(self, digest: str, files: Mapping[str, bytes]) -> str | None:
        """Write a dossier, whole or not at all; return its folder within that of the campaign, None without files.

        Raises:
            OSError: it cannot be written.
        """
        name = digest[:NAMED_BY]
        place = self._dossiers / name
        if not files:
            return None
        if not place.exists():
            self._dossiers.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(dir=self._dossiers, prefix=UNFINISHED))
            try:
                put_all_durably({unfinished / file: data for file, data in files.items()})
                unfinished.chmod(0o755)
                os.rename(unfinished, place)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
            sync_folder(self._dossiers)
        return f"{DOSSIERS}/{name}"

    def swept(self) -> int:
        """Remove what a cut in the midst of a write left behind; return how many files and folders that were."""
        left = [*self._found.glob(f"{UNFINISHED}*"), *self._dossiers.glob(f"{UNFINISHED}*")]
        for path in left:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        return len(left)

    def _place(self, digest: str, suffix: str) -> Path:
        return self._found / f"{digest[:NAMED_BY]}{suffix}"
