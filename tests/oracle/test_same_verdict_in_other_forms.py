"""The verdict on a trace or run follows from what it says: not from how it is written, cut, named, packed or shared."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.cli.replay import run
from telltale_conformance.oracle.reference.replay import replay_bytes
from tests.oracle.minimise_world import diverging
from tests.oracle.test_dossier import record
from tests.oracle.wrong_references import WRONG, WrongReference

STORES = (
    "",
    "release ignores a pending transfer",
    "commit keeps the generation",
    "cancel logs nothing",
    "fault uses a witness id",
)
"""The right store, and wrong ones that differ in outcome, payload, records and state."""
RUNS = Path(__file__).parents[1] / "data" / "runs" / "telltale-machine-17.0.0"


def recorded(store: str, path: Path, change: Callable[[Program], Program] = lambda program: program) -> bytes:
    """A trace of a store, of a program that is long enough to show its fault."""
    program = diverging(store or STORES[1])
    cut = msgspec.structs.replace(program, steps=program.steps[:60])
    record(WrongReference(WRONG[store] if store else {}), change(cut), path)
    return path.read_bytes()


@pytest.fixture(scope="module", params=STORES)
def trace(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return recorded(request.param, tmp_path_factory.mktemp("trace") / "t.jsonl")


def ended(lines: list[bytes]) -> bytes:
    body = b"".join(line + b"\n" for line in lines)
    end = {"digest": f"sha256:{sha256(body).hexdigest()}", "end": True, "events": len(lines) - 1}
    return body + json.dumps(end).encode() + b"\n"


def rewritten(data: bytes, form: Callable[[Any], str]) -> bytes:
    return ended([form(json.loads(line)).encode() for line in data.splitlines()[:-1]])


def backwards(document: Any) -> Any:
    """The same value with the members of every object in the opposite order."""
    if isinstance(document, dict):
        return {name: backwards(document[name]) for name in reversed(document)}
    return [backwards(item) for item in document] if isinstance(document, list) else document


def escaped(document: Any) -> str:
    """The same value with every letter of its texts as an escape, names of members too."""
    text = json.dumps(document, ensure_ascii=False)
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: re.sub(r"(?<!\\)[a-z_]", _escape, found[0]), text)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04X}"


FORMS: dict[str, Callable[[Any], str]] = {
    "spaced": lambda document: json.dumps(document, separators=(" , ", " : ")),
    "tabs": lambda document: "\t" + json.dumps(document) + " \t",
    "backwards": lambda document: json.dumps(backwards(document), separators=(",", ":")),
    "escaped": escaped,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_trace_that_is_written_in_another_way(form: str, trace: bytes) -> None:
    other = rewritten(trace, FORMS[form])
    assert other != trace
    assert replay_bytes(other, "t") == replay_bytes(trace, "t")


def test_the_beginnings_of_a_trace_diverge_from_the_event_on_at_which_it_does(trace: bytes) -> None:
    whole = replay_bytes(trace, "t")
    lines = trace.splitlines()[:-1]
    first = whole.first_divergence
    for events in range(len(lines)):
        part = replay_bytes(ended(lines[: events + 1]), "t")
        shown = first is not None and first.seq < events
        assert part.verdict == ("diverge" if shown else "agree" if events else "inconclusive")
        assert part.first_divergence == (first if shown else None)
        assert part.events == events
        assert part.judged == min(events, whole.judged)


NAMES = {"a": "ä", "b": "b\u202e", "p": "\U0001d11e p", "c": "x" * 300}


def renamed(program: Program) -> Program:
    """The same program with other owners and predicates."""

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: NAMES.get(part, part)
                if isinstance(part, str) and name in ("owner_id", "from_owner", "to_owner", "predicate_ref")
                else other(part)
                for name, part in value.items()
            }
        return [other(part) for part in value] if isinstance(value, list) else value

    steps = tuple(msgspec.structs.replace(step, args=other(step.args)) for step in program.steps)
    return msgspec.structs.replace(program, steps=steps)


@pytest.mark.parametrize("store", STORES)
def test_a_program_with_other_owners_and_predicates(store: str, tmp_path: Path) -> None:
    before = replay_bytes(recorded(store, tmp_path / "t.jsonl"), "t")
    after = replay_bytes(recorded(store, tmp_path / "u.jsonl", renamed), "t")
    assert (after.verdict, after.judged) == (before.verdict, before.judged)
    told = [one.first_divergence for one in (before, after)]
    assert len({one and (one.seq, one.op, one.kind, one.guard) for one in told}) == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_files_packed_shared_and_in_another_order(
    workers: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = []
    for order in (STORES, STORES[::-1]):
        paths = []
        for store in order:
            data = recorded(store, tmp_path / "t.jsonl")
            paths.append(tmp_path / f"{STORES.index(store)}.jsonl{'.gz' if order is STORES else ''}")
            paths[-1].write_bytes(gzip.compress(data) if order is STORES else data)
        assert run(paths, as_json=True, workers=workers) == 1
        rows.append([json.loads(line) for line in capsys.readouterr().out.splitlines()])
    for row in (*rows[0], *rows[1]):
        del row["trace"]
    assert rows[0] == rows[1][::-1]
    assert [row["verdict"] for row in rows[0]] == ["agree", *["diverge"] * 4]


@pytest.mark.parametrize("name", ["fixture_singleton", "two_sessions_same_address"])
@pytest.mark.parametrize("form", FORMS)
def test_a_run_that_is_written_in_another_way(
    form: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = []
    for folder, write in (("before", json.dumps), ("after", FORMS[form])):
        (tmp_path / folder).mkdir()
        for part in ("input", "output"):
            document = json.loads(gzip.decompress((RUNS / f"{name}.{part}.json.gz").read_bytes()))
            (tmp_path / folder / f"{name}.{part}.json").write_text(write(document))
        code = run([tmp_path / folder / f"{name}.output.json"], as_json=True)
        row = json.loads(capsys.readouterr().out)
        del row["trace"]
        rows.append((code, row))
    assert rows[0] == rows[1]
