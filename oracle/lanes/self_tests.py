"""Self-tests: what the harness shows of itself, once for each version of harness, contract and solver.

What was shown is remembered in the user's cache folder, and shown again from there. An entry that is damaged, of
another version, or in a place where other users may write, is as good as none. What was not shown is never remembered.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec
import platformdirs
from msgspec import Struct

from telltale_conformance.files import content, keep_from_others, others_write
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.writer import written_whole
from telltale_conformance.oracle.lanes.environment import contract_hash, corpus_hash, harness_hash, hash_of
from telltale_conformance.oracle.lanes.table import BY_NAME_ONLY, DEPENDS_ON, SELF_TESTS
from telltale_conformance.oracle.process.interrupts import heed
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import Evidence, Tally
from telltale_conformance.oracle.verdict.results import LaneResult, not_run

SCHEMA: Final = "telltale-conformance/self-test"
VERSION: Final = 1
LIBRARIES: Final = ("hypothesis", "jsonschema", "lark", "msgspec", "referencing", "siphash24", "z3-solver")
"""The libraries that a self-test may depend on; the others only print and find folders."""


class SelfTest(Struct, frozen=True, kw_only=True):
    """One self-test, run now or remembered."""

    name: str
    result: LaneResult
    shown_on: str | None = None
    """The day on which this version showed it; None where it did not."""
    remembered: bool = False
    """It was shown on that day, and not run again."""

    @property
    def fails(self) -> bool:
        """Whether it was run and did not show what it is to show."""
        return self.shown_on is None and self.result.why_not_run is None

    @property
    def verdict(self) -> str:
        """The verdict in a word or two."""
        return "shown" if self.shown_on is not None else "not shown" if self.fails else "not run"


class _Kept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the cache."""

    schema: str
    version: int
    key: str
    name: str
    contract: str
    shown_on: date
    evidence: Evidence
    tally: Tally
    figures: Mapping[str, int]
    claims: Mapping[str, ClaimStand]
    hash: str
    """Of all the other members: whoever changes one of them damages the entry."""


def self_tests(
    contract: str, *, asked: Collection[str], only_asked: bool, anew: bool = False, cache: Path | None = None
) -> Iterator[SelfTest]:
    """Yield every self-test: those remembered as they were shown, those due run now.

    Args:
        contract: whose rules are looked at.
        asked: those that were asked for by name.
        only_asked: run no others; remembered results of them are reported.
        anew: run those that are due whatever is remembered.
        cache: where results are remembered; the user's cache folder when None.
    """
    folder = cache or Path(platformdirs.user_cache_path("telltale-conformance")) / "self-tests"
    for name, run in SELF_TESTS.items():
        due = name in asked or not (only_asked or name in BY_NAME_ONLY)
        kept = None if anew and due else _remembered(folder, name, contract)
        if kept is not None:
            yield _as_shown(kept)
        elif due:
            yield _run(name, run, contract, folder)
        else:
            yield SelfTest(name=name, result=not_run(name, BY_NAME_ONLY.get(name, "other lanes were asked for")))


def _run(name: str, run: Callable[[str], LaneResult], contract: str, folder: Path) -> SelfTest:
    """Run a self-test; a fault in it is a self-test that does not show what it is to show."""
    try:
        key = _key(name, contract)
        result = run(contract)
    except Exception as error:
        heed()  # calls into C wrap what a signal raises within them
        note = f"fault of the harness: {type(error).__name__}: {error}"
        return SelfTest(name=name, result=LaneResult(lane=name, tally=Tally(faults=1), notes=(note,)))
    if result.verdict != "agree":
        return SelfTest(name=name, result=result)
    today = datetime.now(UTC).date()
    problem = _remember(folder, name, contract, key, today, result)
    if problem is not None:
        result = msgspec.structs.replace(result, notes=(*result.notes, problem))
    return SelfTest(name=name, result=result, shown_on=today.isoformat())


def _key(name: str, contract: str) -> str:
    """Return what a self-test depends on: harness, corpus, contract, Python, libraries, the Lean that is run."""
    own = (harness_hash(), corpus_hash(), contract_hash(contract))
    others = (platform.python_implementation(), platform.python_version(), *map(version, LIBRARIES))
    tools = [DEPENDS_ON[name]()] if name in DEPENDS_ON else []
    return hash_of(part.encode() for part in (*own, *others, *tools))


def _place(folder: Path, name: str, contract: str) -> Path:
    return folder / f"{name}.{contract}.json"


def _remembered(folder: Path, name: str, contract: str) -> _Kept | None:
    """Return what is remembered of a self-test; None where there is nothing that can be relied on."""
    try:
        if others_write(folder) or others_write(_place(folder, name, contract)):
            return None
        kept = msgspec.json.decode(content(_place(folder, name, contract)), type=_Kept)
    except (OSError, ValueError, RecursionError):
        return None
    asked = (SCHEMA, VERSION, _key(name, contract), name, contract)
    known = (kept.schema, kept.version, kept.key, kept.name, kept.contract)
    return kept if known == asked and kept.hash == _hash(kept) and _as_shown(kept).result.verdict == "agree" else None


def _remember(folder: Path, name: str, contract: str, key: str, today: date, result: LaneResult) -> str | None:
    """Keep what was shown; return why that cannot be done, if it cannot."""
    kept = _Kept(
        schema=SCHEMA,
        version=VERSION,
        key=key,
        name=name,
        contract=contract,
        shown_on=today,
        evidence=result.evidence,
        tally=result.tally,
        figures=result.figures,
        claims=result.claims,
        hash="",
    )
    place = _place(folder, name, contract)
    try:
        with written_whole(place) as file:
            file.write(msgspec.json.encode(msgspec.structs.replace(kept, hash=_hash(kept))) + b"\n")
        for path in (folder, place):
            keep_from_others(path)
    except OSError as error:
        return f"not remembered: {place} cannot be written ({error.strerror or error})"
    return None


def _hash(kept: _Kept) -> str:
    document: dict[str, Any] = msgspec.to_builtins(kept)
    del document["hash"]
    return hash_of([encode(document)])


def _as_shown(kept: _Kept) -> SelfTest:
    result = LaneResult(
        lane=kept.name, evidence=kept.evidence, tally=kept.tally, figures=kept.figures, claims=kept.claims
    )
    return SelfTest(name=kept.name, result=result, shown_on=kept.shown_on.isoformat(), remembered=True)
