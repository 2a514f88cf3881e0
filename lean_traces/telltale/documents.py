"""What a file is, told by its content: a trace or program of ours, audit logs, or a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Raw

from telltale_conformance.files import is_there
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import TRACE_SUFFIXES, NoTraces, files_in, is_trace, opened
from telltale_conformance.lean_traces.telltale.audit_records import ELEMENTS, Dialect
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.lean_traces.trace import MalformedTrace

DocumentKind = Literal["ours", "logs", "run", "input", "other"]
SUFFIXES: Final = (".json", ".json.gz")
_HEAD: Final = 1 << 16
_OUR_SCHEMA: Final = b"telltale-conformance/"
_LOG_NAMES: Final = frozenset(ELEMENTS)
_RAW_NAMES: Final = frozenset({"obs_trace", "host_calls", "local_types", "snapshots"})
_RUN_NAMES: Final = frozenset(
    {"trace", "step_states", "sessions", "status", "steps_executed", "semantic_objects"}
    | {"effect_exchanges", "effect_trace", "output_condition_trace"}
)
_INPUT_NAMES: Final = frozenset({"choreographies", "max_steps"})
_TELLING: Final = _RAW_NAMES | _RUN_NAMES | _INPUT_NAMES | _LOG_NAMES
_EVENT_NAMES: Final = frozenset({"Opened", "Sent", "Received", "Offered", "Chose", "Halted", "Closed", "Invoked"})
_READ_WHOLE: Final = 1 << 23
"""An object that begins like a log is read up to here to see what else it holds."""


class Recognised(NamedTuple):
    """What a file is."""

    kind: DocumentKind
    dialect: Dialect | None = None
    """Of audit logs that are one array of records."""
    problem: MalformedTrace | None = None
    """Why it cannot be read at all."""


def recognise(path: Path, limits: Limits = DEFAULT_LIMITS) -> Recognised:
    """Say what a file is; only as much of it is read as that needs.

    Raises:
        MalformedTrace: the file cannot be opened, or begins like no JSON at all.
    """
    if path.name.endswith(TRACE_SUFFIXES):
        return Recognised("ours")
    with opened(path) as file:
        stream = JsonStream(file, str(path), limits, packed=path.suffix == ".gz")
        first = stream.peek()
        if first == b"[":
            return _array(stream)
        if first != b"{" or _OUR_SCHEMA in stream.head(_HEAD).partition(b"\n")[0]:
            return Recognised("ours")
        return _object(stream)


def _array(stream: JsonStream) -> Recognised:
    stream.enter(b"[", "$")
    if not stream.another(b"]", "$", first=True):
        return Recognised("logs", "authority_audit_log")
    if stream.peek() != b"{":
        return Recognised("other")
    stream.enter(b"{", "$[0]")
    if not stream.another(b"}", "$[0]", first=True):
        return Recognised("other")
    name = stream.key("$[0]")
    if name == "session" or name in _LOG_NAMES:
        return Recognised("logs")
    if name in ("artifact", "event", "reason", "tick", "lifecycle"):
        names = {name}
        stream.skip("$[0]")
        while stream.another(b"}", "$[0]", first=False):
            names.add(stream.key("$[0]"))
            stream.skip("$[0]")
        return Recognised("logs", "capability_lifecycle" if "lifecycle" in names else "authority_audit_log")
    if name in _EVENT_NAMES:
        return Recognised("run")
    if name[:1].isupper():
        return Recognised("logs", "semantic_audit_log")
    return Recognised("other")


def _object(stream: JsonStream) -> Recognised:
    names, problem = _names(stream)
    if names & _RAW_NAMES or names & _RUN_NAMES:
        return Recognised("run")
    if names & _INPUT_NAMES:
        return Recognised("input")
    if names & _LOG_NAMES or names == {"session"}:
        return Recognised("logs")
    return Recognised("other", problem=problem)


def _names(stream: JsonStream) -> tuple[set[str], MalformedTrace | None]:
    """Return the names of the root's members.

    Of one too long to read whole they are those up to the first that tells what it is. Of one that is no JSON it is the
    first name, with what makes it no JSON.
    """
    problem = None
    whole = stream.head(_READ_WHOLE)
    if len(whole) < _READ_WHOLE:
        try:
            return set(msgspec.json.decode(whole, type=dict[str, Raw])), None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            problem = stream.malformed("$", f"not JSON: {error}", "a document is one JSON value in UTF-8")
    stream.enter(b"{", "$")
    names = set[str]()
    while stream.another(b"}", "$", first=not names):
        names.add(stream.key("$"))
        if problem is not None or names & _TELLING:
            break
        stream.skip("$")
    return names, problem


def find_subjects(paths: Iterable[Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[Path, Recognised]]:
    """Yield what the paths name to be judged: files as they are, folders searched to their bottom.

    In a folder files that are no subjects (run inputs, say) are passed over.

    Raises:
        NoTraces: a path does not exist, a file is nothing that can be judged, or a folder holds nothing such or cannot
            be read.
    """
    for path in paths:
        if path.is_dir():
            yield from _inside(path, limits)
        elif is_there(path):
            yield path, _recognised(path, limits)
        else:
            raise NoTraces(f"{path}: no such file or folder")


def _recognised(path: Path, limits: Limits) -> Recognised:
    try:
        return recognise(path, limits)
    except MalformedTrace as error:
        return Recognised("other", problem=error)


def _inside(folder: Path, limits: Limits) -> Iterator[tuple[Path, Recognised]]:
    found = False
    for path in files_in(folder):
        if is_trace(path):
            what = Recognised("ours")
        elif path.name.endswith(SUFFIXES) and not path.name.startswith("."):
            what = _recognised(path, limits)
            if what.kind not in ("logs", "run") and what.problem is None:
                continue
        else:
            continue
        found = True
        yield path, what
    if not found:
        problem = "no traces in this folder, no runs and no audit logs"
        raise NoTraces(f"{folder}: {problem}; traces end in .jsonl or .jsonl.gz")
