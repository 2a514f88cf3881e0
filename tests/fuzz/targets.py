"""What reads input from outside: each takes any bytes and accepts them, or refuses them by an error of the harness."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import program_bytes, program_of
from telltale_conformance.lean_traces.protocol_files import Unreadable, protocol_of
from telltale_conformance.lean_traces.reader import TraceReader, trace_of
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.telltale.documents import recognise
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.adapters.answers import AnswerReader, read_hello, strict_value
from telltale_conformance.oracle.adapters.faults import AdapterFault
from telltale_conformance.oracle.campaign.events import Begun, Ended, TaskLost
from telltale_conformance.oracle.campaign.folder import FILE as CAMPAIGN
from telltale_conformance.oracle.campaign.folder import _checksum, read_settings, settings_of, write_settings
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.campaign.journal import Journal, _next, begin_journal, events
from telltale_conformance.oracle.campaign.plan import Setup
from telltale_conformance.oracle.dossier.dossier import (
    ANSWERS,
    MANIFEST,
    Dossier,
    answers_trace,
    dossier_files,
    read_dossier,
    shown_in,
)
from telltale_conformance.oracle.dossier.seal import SEAL, seal_of
from telltale_conformance.oracle.lanes.identity import Identity
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.reference.recording import record
from telltale_conformance.oracle.reference.replay import replay_bytes
from telltale_conformance.oracle.reports.comparison.comparison import comparison_document, comparison_of
from telltale_conformance.oracle.reports.comparison.page import comparison_page
from telltale_conformance.oracle.reports.comparison.text import comparison_lines
from telltale_conformance.oracle.reports.json_report import report_json
from telltale_conformance.oracle.reports.trends.file import read_records
from telltale_conformance.oracle.reports.trends.page import trends_page
from telltale_conformance.oracle.reports.trends.series import series_of
from telltale_conformance.oracle.reports.trends.text import trends_lines
from telltale_conformance.oracle.telltale.judging import judge_document
from telltale_conformance.oracle.verdict.baseline import Baseline, read_baseline, updated, write_baseline
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.required import required
from tests.oracle.minimise_world import diverging
from tests.oracle.report_world import accepted, lane
from tests.oracle.report_world import report as written
from tests.oracle.trends_world import check
from tests.oracle.wrong_references import WRONG, WrongReference

DATA: Final = Path(__file__).parents[1] / "data"
NAME: Final = "release ignores a pending transfer"


class Target(NamedTuple):
    """A reader, with inputs that it accepts."""

    read: Callable[[bytes, Path], bool]
    """Read an input, by way of a folder where it needs one; say whether it is accepted."""
    seeds: tuple[bytes, ...]
    share: int = 1
    """How many inputs it gets of those that a round has."""


def measured(error: HarnessError) -> bool:
    """Return that an input was refused, by a message that is short whatever the input holds."""
    assert len(error.report()) < 5000, "the message has no measure"
    return False


def small_trace() -> bytes:
    adapter = WrongReference({})
    program = diverging(NAME)
    program = msgspec.structs.replace(program, steps=program.steps[:25])
    sighting = Trials(adapter, Level.state).look(program, keep=True)
    return answers_trace(program, sighting.answers, adapter.hello)


def dossier() -> dict[str, bytes]:
    adapter, program = WrongReference(WRONG[NAME]), _SMALL
    shown = shown_in(Trials(adapter, Level.state).look(program, keep=True))
    assert shown is not None
    return dossier_files(Dossier(program, Level.state, "command"), shown, adapter.hello)


_SMALL: Final = minimise(WrongReference(WRONG[NAME]), diverging(NAME)).program
DOSSIER: Final = dossier()
_ANSWERS: Final = AnswerReader(2000)


def trace(data: bytes, folder: Path) -> bool:
    result = replay_bytes(data, "t")
    assert result.verdict in ("agree", "diverge", "malformed", "inconclusive")
    assert result.error is None or len(result.error) < 2000
    return result.verdict != "malformed"


def trace_event(data: bytes, folder: Path) -> bool:
    """Compare the reader of events with the schema, which is the authority, on a line that is strict JSON."""
    with trace_of(_TRACE, "t") as reader:
        accepted = _event_accepted(reader, data)
    try:
        document = parse(data, 2000)
    except StrictJsonError:
        assert not accepted
        return False
    try:
        valid = validator("trace-event").is_valid(document)
    except RecursionError:
        return accepted
    if isinstance(document, dict) and document.get("audit") is None and accepted:
        return accepted
    has_audit = isinstance(document, dict) and "audit" in document
    assert accepted == (valid and has_audit), data[:300]
    return accepted


def _event_accepted(reader: TraceReader, data: bytes) -> bool:
    try:
        seq = reader.parse_object(data, 2).get("seq")
        reader.parse_event(data, seq + 2 if type(seq) is int and seq >= 0 else 2)
    except MalformedTrace as error:
        return measured(error)
    return True


def program(data: bytes, folder: Path) -> bool:
    program_of(data, "p")
    return True


def protocol(data: bytes, folder: Path) -> bool:
    for name in ("p.session", "p.json", "p"):
        try:
            protocol_of(Path(name), data)
        except Unreadable as error:
            measured(error)
        else:
            return True
    return False


def answer(data: bytes, folder: Path) -> bool:
    try:
        found = _ANSWERS.read(data.replace(b"\n", b" ")).answer
        strict_value(found.payload)
        if found.audit is not None:
            strict_value(found.audit)
        if found.kind == "ok":
            read_hello(found)
    except AdapterFault as fault:
        return measured(fault)
    return True


class Saying(WrongReference):
    """Gives one answer to every request."""

    def __init__(self, answer: Answer) -> None:
        super().__init__({})
        self.said = answer

    def _answer(self, request: Request) -> Answer:
        return self.said


def recorded(data: bytes, folder: Path) -> bool:
    """An answer that is recorded: what is written can be replayed, whatever it says."""
    path = folder / "t.jsonl"
    try:
        answer = _ANSWERS.read(data.replace(b"\n", b" ")).answer
        if answer.kind in ("ok", "err") and answer.audit is None:
            return False  # the adapter protocol refuses it of one that observes the log
        record(Saying(answer), _SMALL, path)
    except AdapterFault as fault:
        return measured(fault)
    result = replay_bytes(path.read_bytes(), "t")
    assert result.verdict != "malformed", result.error
    return True


def report(data: bytes, folder: Path) -> bool:
    """A report that is compared with the one that it was made from."""
    whole, changed = folder / "whole.json", folder / "changed.json"
    whole.write_bytes(_REPORT)
    changed.write_bytes(data)
    comparison = comparison_of([whole, changed])
    assert all(len(line) < 10_000 for line in comparison_lines(comparison))
    encode(comparison_document(comparison))
    comparison_page(comparison)
    return True


def history(data: bytes, folder: Path) -> bool:
    """The file of check records and campaign records."""
    path = folder / "history.jsonl"
    path.write_bytes(data)
    series = series_of(read_records(path).records)
    assert all(len(line) < 10_000 for line in trends_lines(series))
    trends_page(series)
    return series != ()


def baseline(data: bytes, folder: Path) -> bool:
    path = folder / "base.json"
    path.write_bytes(data)
    read_baseline(path)
    return True


def requirement(data: bytes, folder: Path) -> bool:
    path = folder / "names"
    path.write_bytes(data)
    required(str(path), None)
    return True


def sealed(data: bytes, folder: Path) -> bool:
    """A dossier whose manifest or seal is the input."""
    files = dict(DOSSIER)
    if data[:1] in b"{[":
        files[MANIFEST] = data
        del files[SEAL]
        files[SEAL] = seal_of(files)
    else:
        files[SEAL] = data
    for name, content in files.items():
        (folder / name).write_bytes(content)
    read_dossier(folder)
    return True


def document(data: bytes, folder: Path) -> bool:
    """A run or a log of telltale's own tools."""
    path = folder / "document.json"
    path.write_bytes(data)
    what = recognise(path)
    if what.kind not in ("logs", "run"):
        return False
    result, _ = judge_document(path, what, claims=False)
    assert "fault of the harness" not in (result.error or ""), result.error
    return result.verdict != "malformed"


def settings(data: bytes, folder: Path) -> bool:
    """The settings of a campaign, with the checksum of what they say where they say anything."""
    with suppress(StrictJsonError, TypeError):
        document = parse(data, 100)
        data = encode({**document, "checksum": _checksum(document)})
    (folder / CAMPAIGN).write_bytes(data)
    read_settings(folder)
    return True


def journal(data: bytes, folder: Path) -> bool:
    """The journal of a campaign, every line with the checksum of what it says."""
    header, *lines = data.splitlines(keepends=True) or [b""]
    chain = _next(b"", header)
    for at, line in enumerate(lines):
        body = line.removesuffix(b"\n").removesuffix(b"}").partition(b',"chain":')[0]
        chain = _next(chain, body)
        lines[at] = b'%s,"chain":"%s"}\n' % (body, chain)
    (folder / JOURNAL).write_bytes(header + b"".join(lines))
    return [*events(folder)] != []


def kept_answers(data: bytes, folder: Path) -> bool:
    """A dossier whose answers are the input, with its seal."""
    files = {**DOSSIER, ANSWERS: data}
    del files[SEAL]
    for name, content in {**files, SEAL: seal_of(files)}.items():
        (folder / name).write_bytes(content)
    read_dossier(folder)
    return True


def _settings() -> bytes:
    setup = Setup(
        campaign="c",
        subject=Subject(command="store", contract="telltale-17"),
        hello=WrongReference({}).hello,
        clients_hello=None,
        identity=Identity(implementation="n", version="1", contract="telltale-17", harness="1", harness_hash="h"),
        level=Level.state,
        seed=0,
        guided=True,
        start=(),
    )
    with tempfile.TemporaryDirectory() as folder:
        write_settings(Path(folder), settings_of(setup, 1.0, {}))
        return (Path(folder) / CAMPAIGN).read_bytes()


def _journal() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        begin_journal(Path(folder), "c")
        written = Journal(Path(folder))
        written.write((Begun(at=1.0, workers=2), TaskLost(at=2.0, task=4, why="it ended"), Ended(at=3.0, why="time")))
        written.close()
        return (Path(folder) / JOURNAL).read_bytes()


def _baseline() -> bytes:
    made = updated(Baseline(contract="telltale-17"), [lane("corpus", accepted())], date(2030, 1, 1)).baseline
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base.json"
        write_baseline(path, made)
        return path.read_bytes()


_TRACE: Final = small_trace()
_REPORT: Final = report_json(written(lane("corpus", accepted()))).encode()
_SENDS: Final = {"Send": {"partner": "B", "branches": [[{"name": "x"}, None, "End"]]}}
_GOES_ON: Final = {"label": {"name": "x", "sort": "unit"}, "continuation": {"kind": "var", "name": "t"}}
_TYPES: Final = (
    {"roles": ["A"], "initial_types": {"A": _SENDS}},
    {"kind": "rec", "var": "t", "body": {"kind": "send", "partner": "B", "branches": [_GOES_ON]}},
    {"Mu": {"var": "t", "body": _SENDS}},
)
TARGETS: Final[Mapping[str, Target]] = {
    "trace": Target(trace, (_TRACE,), 4),
    "event": Target(trace_event, tuple(_TRACE.splitlines()[1:-1]), 3),
    "program": Target(program, (program_bytes(_SMALL),), 2),
    "protocol": Target(
        protocol, tuple(path.read_bytes() for path in sorted((DATA / "protocols").glob("*.session"))[:20]), 2
    ),
    "types in JSON": Target(protocol, tuple(json.dumps(one).encode() for one in _TYPES), 2),
    "answer": Target(
        answer,
        (
            b'{"id":0,"ok":{"protocol":1,"name":"n","version":"1","language":"l","contract":"telltale-17",'
            b'"ops":["open"],"observes":["audit"]}}',
            b'{"id":3,"err":{"SessionNotFound":{"session_id":7}},"audit":[]}',
            b'{"id":18446744073709551615,"panic":"index out of bounds"}',
        ),
        6,
    ),
    "recorded": Target(
        recorded,
        (
            b'{"id":0,"ok":0,"audit":[]}',
            b'{"id":3,"err":{"SessionNotFound":{"session_id":7}},"audit":[]}',
            b'{"id":1,"unsupported":"not yet"}',
        ),
        1,
    ),
    "report": Target(report, (_REPORT,), 1),
    "history": Target(history, (b"".join(encode(check(day, "1")) + b"\n" for day in range(2)),), 1),
    "baseline": Target(baseline, (_baseline(),), 1),
    "requirement": Target(requirement, (b"open\nclose # both\n", _baseline()), 1),
    "dossier": Target(sealed, (DOSSIER[MANIFEST], DOSSIER[SEAL]), 1),
    "settings": Target(settings, (_settings(),), 1),
    "journal": Target(journal, (_journal(),), 1),
    "answers": Target(kept_answers, (DOSSIER[ANSWERS],), 1),
    "document": Target(
        document,
        (
            (DATA / "logs" / "two-claims.json").read_bytes(),
            b'{"schema_version":"lean_bridge.v1","trace":[],"sessions":[]}',
        ),
        1,
    ),
}


def outcome(target: Target, data: bytes, folder: Path) -> bool:
    """Say whether an input is accepted; anything but acceptance and an error of the harness is raised."""
    try:
        return target.read(data, folder)
    except HarnessError as error:
        return measured(error)
