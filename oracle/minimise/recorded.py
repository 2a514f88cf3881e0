"""A recorded trace in place of an implementation: what can be concluded from one answer that was written down.

There is nothing to run again. What is known is one question with its answer: an operation with its arguments, asked
where the contract demands a certain answer, was answered otherwise. ``RecordedAdapter`` therefore answers as the
reference does, except that the same question gets the recorded answer. The question is the same when operation,
arguments, the contract's whole answer (its log records too) and what the operation looks at of the session before
(status, owner, pending transfer, terminal reason; a buffer; a type) are those of the recording, up to a renaming of
sessions, claim and witness ids, owners, roles and other names that maps different ones to different ones; the
recorded answer is given with the same renaming. Of ``observe`` only those parts of the state must be the same that
were answered wrongly (all of ``ownership``, say); the other parts are answered as the contract demands.

So the minimal program of a recording is the shortest way to ask the question again. That the implementation would
still give the recorded answer there is not shown by it: run it with the implementation to find out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.json_values import DESCEND, rebuilt
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.printing import as_json, decode, decode_as_written, encode, encode_answer
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.lean_traces.reader import Answer as ReadAnswer
from telltale_conformance.lean_traces.reader import Event, open_trace
from telltale_conformance.lean_traces.trace import Header
from telltale_conformance.model.contract import Contract, contract_named
from telltale_conformance.model.operations import OPERATIONS, Operation, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.protocol import Answer, Hello, Request
from telltale_conformance.oracle.adapters.reference import read_arguments
from telltale_conformance.oracle.minimise.lifting import lift
from telltale_conformance.oracle.minimise.names import FIELDS
from telltale_conformance.oracle.verdict.compare import Level, compare, result_differences
from telltale_conformance.oracle.verdict.relevant import relevant_state

_IDS: Final = {"sid": "session", "session_id": "session", "claim_id": "claim", "witness_id": "witness"}

Renaming = dict[tuple[str, Any], Any]
"""From (sort, old) to new."""


class Recording(NamedTuple):
    """A trace up to its first divergence."""

    program: Program
    """Its operations, lifted; the last one is the one that was answered wrongly."""
    adapter: RecordedAdapter


class _Question(NamedTuple):
    op: str
    args: Any
    expected: Any
    """The contract's answer with its records, as JSON."""
    before: Any
    """What of the session the operation looks at, before the step."""
    answer: ReadAnswer
    sections: tuple[str, ...] = ()
    """The parts of a session's state that were answered wrongly; empty where the whole answer counts."""

    def asked(self, args: Any, expected: Any, before: Any) -> list[Any]:
        """Return what must be the same for the question to be the same."""
        if not self.sections:
            return [args, expected, before]
        state = expected.get("ok", {})
        return [args, {name: state.get(name) for name in self.sections}]


class RecordedAdapter(DirectAdapter):
    """Answers as the contract demands, but the recorded question as it was answered in the recording."""

    agreeing = "the recorded question is not asked any more"
    """What it means when this one answers as the contract demands."""

    def __init__(self, question: _Question, header: Header, contract: Contract) -> None:
        super().__init__(
            Hello(
                name=header.source.name,
                version=header.source.version,
                language="a recording",
                contract=contract.name,
                ops=frozenset(OPERATIONS),
                observes=frozenset(header.observes),
            )
        )
        self._question = question
        self._contract = contract
        self._store = Store(contract)

    def _fresh(self) -> None:
        self._store = Store(self._contract)

    def _answer(self, request: Request) -> Answer:
        operation, arguments = OPERATIONS[request.op], read_arguments(request.op, request.args)
        asked_for = request.op == self._question.op
        before = _state_before(self._store, operation, arguments) if asked_for else None
        outcome = step(self._store, operation, arguments)
        audited = self.hello.audited
        if asked_for:
            question, document = self._question, _document(outcome)
            asked = question.asked(decode_as_written(request.args), document, before)
            recorded = question.asked(question.args, question.expected, question.before)
            renaming = same_up_to_names(recorded, asked)
            if renaming is not None and not question.sections:
                return _recorded(question.answer, renaming, audited)
            if renaming is not None:
                wrong = {name: _renamed(question.answer.result[name], renaming, name) for name in question.sections}
                return Answer("ok", encode({**document["ok"], **wrong}), encode(document["audit"]) if audited else None)
        printed = outcome.ok if outcome.error is None else outcome.error.to_json()
        audit = encode(outcome.audit) if audited else None
        return Answer("ok" if outcome.error is None else "err", encode(printed), audit)


def read_recording(
    path: Path, *, contract: str | None = None, level: Level = Level.state, limits: Limits = DEFAULT_LIMITS
) -> Recording | None:
    """Read a trace to its end and return it up to its first divergence; None when it agrees with the contract.

    Raises:
        MalformedTrace: the trace is not in its format.
        NotLiftable: it cannot be said as a program.
        UnknownContract: the model does not state the contract.
        OSError: the file cannot be read.
    """
    with open_trace(path, limits) as reader:
        named = contract_named(contract or reader.header.contract)
        store = Store(named)
        events: list[tuple[str, dict[str, Any], Any]] = []
        question = None
        for event in reader:
            answer = event.answer()
            if question is None:
                before = _state_before(store, event.operation, event.arguments)
                outcome = step(store, event.operation, event.arguments)
                events.append(_lifted(event, outcome))
                op, document = event.operation.name, _document(outcome)
                divergence = compare(op, outcome, answer, level)
                if divergence is not None:
                    sections = _sections(outcome, document, answer) if divergence.kind == "state" else ()
                    question = _Question(op, events[-1][1], document, before, answer, sections)
    if question is None:
        return None
    meta = {"source": msgspec.to_builtins(reader.header.source), "trace": path.name}
    return Recording(lift(events, named.name, meta), RecordedAdapter(question, reader.header, named))


def operations_of(path: Path, limits: Limits = DEFAULT_LIMITS, contract: str | None = None) -> Program:
    """Return all operations of a trace as a program, to be run on an implementation.

    Raises:
        MalformedTrace, NotLiftable, UnknownContract, OSError: as ``read_recording``.
    """
    with open_trace(path, limits) as reader:
        named = contract_named(contract or reader.header.contract)
        store = Store(named)
        events = []
        for event in reader:
            event.answer()
            events.append(_lifted(event, step(store, event.operation, event.arguments)))
    return lift(events, named.name, {"trace": path.name})


def same_up_to_names(old: Any, new: Any) -> Renaming | None:
    """Return how ids and names must be renamed to make one document the other; None when that cannot be."""
    forth: Renaming = {}
    back: Renaming = {}
    waiting: list[tuple[Any, Any, str]] = [(old, new, "")]
    while waiting:
        left, right, field = waiting.pop()
        if type(left) is not type(right):
            return None
        if isinstance(left, dict):
            if left.keys() != right.keys():
                return None
            waiting.extend((left[name], right[name], name) for name in left)
        elif isinstance(left, list):
            if len(left) != len(right):
                return None
            inner = {"Fragments": "fragment of a scope", "roles": "role"}.get(field, "")
            waiting.extend((one, other, inner) for one, other in zip(left, right, strict=True))
        elif (sort := _sort(field, left)) is not None:
            if forth.setdefault((sort, left), right) != right or back.setdefault((sort, right), left) != left:
                return None
        elif left != right:
            return None
    return forth


def _renamed(value: Any, renaming: Renaming, field: str = "") -> Any:
    def change(name: str, part: Any) -> Any:
        sort = _sort({"Fragments[]": "fragment of a scope", "roles[]": "role"}.get(name, name), part)
        return DESCEND if sort is None else renaming.get((sort, part), part)

    return rebuilt(value, change, field)


def _sort(field: str, value: Any) -> str | None:
    if type(value) is int:
        return _IDS.get(field)
    if isinstance(value, str):
        return "fragment" if field == "fragment of a scope" else FIELDS.get(field)
    return None


def _state_before(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Any:
    """Return what of the session an operation looks at; counters and witnesses only where they are given out."""
    state = relevant_state(store, operation, arguments)
    document = as_json(state)
    ownership = document.get("ownership")
    if isinstance(ownership, dict) and "witness" not in operation.name:
        for name in ("issued_readiness", "consumed_witnesses", "next_claim_id", "next_witness_id"):
            ownership.pop(name, None)
    for name in ("audit_len", "live_sessions", "archived"):
        document.pop(name, None)
    return document


def _sections(outcome: Outcome, document: Any, answer: ReadAnswer) -> tuple[str, ...]:
    """Return the members of a session's state that differ; none where one is missing or unknown."""
    expected, given = document["ok"], answer.result
    if not isinstance(given, dict) or expected.keys() != given.keys():
        return ()
    return tuple(name for name in expected if any(result_differences(outcome, expected[name], given[name])))


def _recorded(answer: ReadAnswer, renaming: Renaming, audited: bool) -> Answer:
    audit = encode(_renamed(answer.audit, renaming)) if audited and answer.audit is not None else None
    return Answer("ok" if answer.is_ok else "err", encode(_renamed(answer.result, renaming)), audit)


def _document(outcome: Outcome) -> Any:
    return decode(encode_answer(outcome, audited=True))


def _lifted(event: Event, outcome: Outcome) -> tuple[str, dict[str, Any], Any]:
    result = None if outcome.error is not None else _document(outcome)["ok"]
    return event.operation.name, event.arguments_document(), result
