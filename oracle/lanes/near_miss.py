"""Self-test ``near-miss``: right answers with one edit each must be refused by the harness, at that very step.

Nothing is concluded about the implementation here: an edit that passes is a fault of the harness, so the test is then
inconclusive. Edits are made to answers as an adapter gives them, and to recorded traces.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from telltale_conformance.generators.near_miss import Edit, one_edit
from telltale_conformance.generators.programs import Generator
from telltale_conformance.lean_traces.lines import opened
from telltale_conformance.lean_traces.printing import decode, encode, encode_answer
from telltale_conformance.oracle.adapters import ReferenceAdapter, Request
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.protocol import Answer
from telltale_conformance.oracle.lanes.corpus import corpus_files
from telltale_conformance.oracle.reference.judging import Asked, judge_cases
from telltale_conformance.oracle.reference.replay import judge
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import NAMED, Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult

SEED: Final = 0
PROGRAMS: Final = 150
TRACES: Final = 60


def run(contract: str) -> LaneResult:
    """Edit one answer of each of some programs and traces, and see that it is refused."""
    started = time.monotonic()
    rng = Random("near misses")
    tried = [_edited_program(index, contract, rng) for index in range(PROGRAMS)]
    files = corpus_files() if contract == "telltale-17" else []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(min(TRACES, len(files))):
            path = files[int(rng.random() * len(files))]
            tried.append(_edited_trace(path, Path(folder) / f"{number}.jsonl", rng))
    edited = [one for one in tried if one is not None]
    passed = [one.passed for one in edited if one.passed is not None]
    return LaneResult(
        lane="near-miss",
        evidence=Evidence(Items("edits", len(edited), len(edited) - len(passed), 0, tuple(passed[:NAMED]))),
        tally=Tally(cases=len(edited)),
        figures={"edits refused": len(edited) - len(passed), "answers compared": sum(one.compared for one in edited)},
        notes=tuple(f"fault of the harness: not refused: {text}" for text in passed[:NAMED]),
        seconds=time.monotonic() - started,
    )


class _Edited(NamedTuple):
    """An answer that was edited."""

    compared: int
    """How many answers were compared up to it."""
    passed: str | None
    """Which edit was not refused; None where it was."""


def _edited_program(index: int, contract: str, rng: Random) -> _Edited | None:
    """Judge a program one of whose answers is edited; None where the answer has nothing to edit."""
    steps = list(Generator(SEED, index, contract=contract).steps(40))
    asked = [Asked(step.seq, step.operation.name, step.args, step.outcome) for step in steps]
    place = int(rng.random() * len(asked))
    answer = decode(encode_answer(asked[place].expected, audited=True))
    edit = one_edit(answer, rng, any_bound_names=asked[place].expected.any_bound_names)
    if edit is None:
        return None
    with _Editing(contract, place, edit) as adapter:
        (result,) = judge_cases(adapter, [lambda: asked], Level.state)
    found = result.diverged_at
    if found is not None and found.seq == asked[place].seq:
        return _Edited(result.judged, None)
    return _Edited(result.judged, f"{edit} of {asked[place].op}, step {place} of program {index}")


class _Editing(DirectAdapter):
    """The reference, with one answer edited."""

    def __init__(self, contract: str, place: int, edit: Edit) -> None:
        self._reference = ReferenceAdapter(contract)
        self._place = place
        self._edit = edit
        self._count = 0
        super().__init__(self._reference.hello)

    def _fresh(self) -> None:
        self._reference.reset()
        self._count = 0

    def _answer(self, request: Request) -> Answer:
        answer = next(iter(self._reference.submit([request])))
        if self._count == self._place:
            edited = self._edit.answer
            member: Any = "ok" if "ok" in edited else "err"
            answer = Answer(member, encode(edited[member]), encode(edited["audit"]))
        self._count += 1
        return answer


def _edited_trace(path: Path, copy: Path, rng: Random) -> _Edited | None:
    """Replay a trace one of whose answers is edited; None where the answer has nothing to edit."""
    with opened(path) as file:
        lines = file.read().splitlines(keepends=True)
    place = 1 + int(rng.random() * (len(lines) - 2))
    event = decode(lines[place])
    edit = one_edit({name: event[name] for name in ("ok", "err", "audit") if name in event}, rng)
    if edit is None:
        return None
    rest = {name: event[name] for name in ("args", "op", "seq")}
    lines[place] = encode({**rest, **edit.answer}) + b"\n"
    copy.write_bytes(b"".join(_closed(lines)))
    result = judge(copy)
    first = result.first_divergence
    if result.verdict == "malformed" or (first is not None and first.seq == place - 1):
        return _Edited(result.judged, None)
    return _Edited(result.judged, f"{edit} of {event['op']}, event {place - 1} of {path.name}")


def _closed(lines: Sequence[bytes]) -> Iterable[bytes]:
    """Give the lines an end line that fits them."""
    body = lines[:-1]
    digest = f"sha256:{hashlib.sha256(b''.join(body)).hexdigest()}"
    return [*body, encode({"digest": digest, "end": True, "events": len(body) - 1}) + b"\n"]
