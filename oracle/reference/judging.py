"""Cases run on an implementation and compared, answer by answer, with what the reference answered.

All requests of many cases go through one full pipe, with a reset between the cases; the reference is ahead of the
implementation by as much as the adapter's window. Equal bytes agree at every level; other bytes are compared as the
level says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces import reader
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.json_values import shown
from telltale_conformance.lean_traces.printing import as_json, decode, encode
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.errors import NotJudged
from telltale_conformance.model.operations import OPERATIONS, Outcome
from telltale_conformance.oracle.adapters import RESET, Adapter, AdapterFault, Answer, Request
from telltale_conformance.oracle.adapters.answers import strict_value
from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.verdict.compare import Divergence, Level, admitted_beyond_limit, beyond_limit, compare
from telltale_conformance.oracle.verdict.decision import decided_by
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.relevant import relevant_state
from telltale_conformance.oracle.verdict.results import LaneDivergence
from telltale_conformance.readable import both_ends

_decode: Final = msgspec.json.decode
_FAULT_SHOWN: Final = 500
"""How much is shown of the text of an adapter or an exception."""


class Asked(NamedTuple):
    """One operation with the answer that the reference gave."""

    seq: int
    op: str
    args: bytes
    """The arguments as one JSON object."""
    expected: Outcome
    cell: Cell | None = None
    """What the step covers once it is judged."""


Case = Callable[[], Iterable[Asked]]
"""Makes the steps of a case from its beginning; called again when a case must be started over."""


@dataclass(slots=True)
class CaseResult:
    """What one case came to."""

    judged: int = 0
    uncovered: int = 0
    not_judged: int = 0
    diverged_at: Asked | None = None
    divergence: Divergence | None = None
    fault: str | None = None
    """Why the case is inconclusive from some step on."""
    cells: set[Cell] = field(default_factory=set)
    unsupported: set[str] = field(default_factory=set)
    """Operations that were answered as unsupported, though the hello offers them."""
    decoded: set[str] = field(default_factory=set)
    """The types of ``decode`` of which a text was answered, named as in ``unsupported``."""
    at_limit: bool = False
    """It went beyond a limit of the contract, where several answers are admitted (§18)."""
    asked: int = 0
    """How many operations there were to ask, without types that ``decode`` does not have."""
    over: bool = False
    """Nothing more of the case is judged."""
    left_out: bool = False
    """The check is restricted to something that the case has not, so it was not played."""
    elsewhere: str | None = None
    """The operation in which the case departs, where the check is restricted to something else."""

    @property
    def shown(self) -> bool:
        """Whether the case was judged to its end and nothing in it departs from the reference."""
        return self.judged > 0 and not self.over and self.fault is None and self.divergence is None

    @property
    def empty(self) -> bool:
        """Whether there was nothing to ask, since none of its operations is offered."""
        return self.asked == 0 and self.fault is None

    @property
    def tally(self) -> Tally:
        """The case as counted."""
        return Tally(
            cases=not self.left_out,
            judged=self.judged,
            uncovered=self.uncovered,
            not_judged=self.not_judged,
            at_limit=self.at_limit,
            faults=self.fault is not None,
        )


Watch = Callable[[Asked, Answer], None]
"""Is shown every answer that was judged and what was asked, in order."""


def judge_cases(
    adapter: Adapter, cases: Sequence[Case], level: Level, watch: Watch | None = None
) -> Iterator[CaseResult]:
    """Yield the result of each case, in order, each in a fresh store.

    A fault of the adapter makes the case that it hits inconclusive; the adapter is then started again and the next
    case begun. When it cannot be started again, fewer results come than there are cases.
    """
    done = 0
    while done < len(cases):
        run = _Run(adapter, cases[done:], level, watch)
        for result in run:
            done += 1
            yield result
        if run.fault is None:
            return
        try:
            adapter.reset()
        except AdapterFault:
            return


class _Run:
    """The cases from some point on, up to the first fault."""

    def __init__(self, adapter: Adapter, cases: Sequence[Case], level: Level, watch: Watch | None) -> None:
        self._adapter = adapter
        self._watch = watch
        self._cases = cases
        self._level = level
        self._pending: deque[tuple[CaseResult, Asked | None]] = deque()
        """What was asked and is not answered; None marks the end of a case."""
        self.fault: AdapterFault | None = None

    def __iter__(self) -> Iterator[CaseResult]:
        pending = self._pending
        try:
            for answer in self._adapter.submit(self._requests()):
                while pending[0][1] is None:
                    yield pending.popleft()[0]
                result, asked = pending.popleft()
                assert asked is not None
                if result.over:
                    result.not_judged += 1
                else:
                    self._judge(result, asked, answer)
        except AdapterFault as fault:
            self.fault = fault
            yield from self._faulted(fault)
            return
        for result, _ in pending:
            yield result

    def _requests(self) -> Iterator[Request]:
        pending = self._pending
        for case in self._cases:
            result = CaseResult()
            yield RESET
            try:
                for asked in case():
                    pending.append((result, asked))
                    result.asked += 1
                    yield Request(asked.op, asked.args)
            except Exception as error:  # whatever is wrong with one case leaves the others their verdicts
                result.fault = fault_of_harness(error, "while its steps were made")
            pending.append((result, None))

    def _judge(self, result: CaseResult, asked: Asked, answer: Answer) -> None:
        """Judge one answer; a fault of the harness costs the rest of this case, and nothing that was seen before."""
        try:
            judge_one(result, asked, answer, self._level)
            if self._watch is not None:
                self._watch(asked, answer)
        except AdapterFault as fault:
            fault.request = f"{asked.op}, step {asked.seq}"
            result.fault, result.over = str(fault.diagnostic()), True
            result.not_judged += 1
        except Exception as error:
            result.fault = fault_of_harness(error, f"while the answer to {asked.op} was judged (step {asked.seq})")
            result.over = True

    def _faulted(self, fault: AdapterFault) -> Iterator[CaseResult]:
        """Yield what was complete before the fault, then the case that it hit; later ones are begun anew."""
        pending = self._pending
        while pending and pending[0][1] is None:
            yield pending.popleft()[0]
        hit = pending[0][0] if pending else CaseResult()
        hit.fault = str(fault.diagnostic())
        hit.not_judged += sum(result is hit and asked is not None for result, asked in pending)
        yield hit


def fault_of_harness(error: Exception, where: str) -> str:
    """Return what is said of a fault of the harness itself."""
    return f"fault of the harness {where}: {type(error).__name__}: {both_ends(str(error), _FAULT_SHOWN)}"


def judge_one(result: CaseResult, asked: Asked, answer: Answer, level: Level) -> None:
    """Judge one answer and add it to the result of its case.

    Raises:
        MalformedAnswer: it is no strict JSON.
    """
    expected = asked.expected
    kind = answer.kind
    if isinstance(expected.error, NotJudged):
        result.not_judged += 1
        return
    if beyond_limit(expected) and kind in ("ok", "err", "panic") and _admitted(answer):
        result.at_limit = result.over = True  # an unlimited store is from here on another one
        return
    if kind in ("ok", "err"):
        divergence = judge_answer(asked.op, expected, answer, level)
        result.judged += 1
        _decoded(result, asked)
        if divergence is None:
            if asked.cell is not None:
                result.cells.add(asked.cell)
            return
        result.diverged_at, result.divergence, result.over = asked, divergence, True
    elif kind == "panic":
        result.judged += 1
        _decoded(result, asked)
        result.diverged_at, result.over = asked, True
        result.divergence = Divergence("panic", shown(expected_result(expected)), shown({"panic": answer.text()}), ())
    elif kind == "unsupported":
        result.uncovered += 1
        result.unsupported.add(_named(asked))
        result.asked -= asked.op == "decode"  # a type that is not there is as an operation that is not offered
        result.over = not OPERATIONS[asked.op].reads_only  # the rest of the case keeps its meaning
    else:
        result.not_judged += 1
        result.fault = f"the adapter answered {asked.op} with bad_request: {both_ends(answer.text(), _FAULT_SHOWN)}"
        result.over = True


def _admitted(answer: Answer) -> bool:
    """Say whether an answer is one of those beyond a limit."""
    is_ok = answer.kind == "ok"
    return answer.kind == "panic" or admitted_beyond_limit(is_ok=is_ok, result=strict_value(answer.payload))


def _decoded(result: CaseResult, asked: Asked) -> None:
    """Note the type of which a text was answered, where one was."""
    if asked.op == "decode":
        result.decoded.add(_named(asked))


def _named(asked: Asked) -> str:
    """Return what an implementation leaves out that answers as unsupported: of ``decode`` it is one type only."""
    return f"{asked.op} {decode(asked.args)['type']}" if asked.op == "decode" else asked.op


def expected_result(expected: Outcome) -> dict[str, Any]:
    """Return the reference's answer as JSON, without the audit records."""
    if expected.error is None:
        return {"ok": as_json(expected.ok)}
    return {"err": as_json(expected.error.to_json())}


def judge_answer(op: str, expected: Outcome, answer: Answer, level: Level) -> Divergence | None:
    """Compare an ``ok`` or ``err`` answer with the reference's; None when they agree."""
    is_ok = expected.error is None
    result = encode(expected.ok if is_ok else expected.error.to_json())  # type: ignore[union-attr] # is_ok says
    records = answer.audit
    if is_ok == (answer.kind == "ok") and _same(answer.payload, result):
        if records is None:
            return None
        if records == b"[]" if not expected.audit else _same(records, encode(expected.audit)):
            return None
    return compare(op, expected, _parsed(answer), level)


def _same(given: bytes, ours: bytes) -> bool:
    """Say whether two JSON texts are surely the same, whatever the order of keys; False proves nothing.

    Of equal length and the same once printed in our form: so no key was repeated and no number written otherwise.
    """
    if given == ours:
        return True
    if len(given) != len(ours):
        return False
    try:
        return encode(_decode(given)) == ours
    except (ValueError, RecursionError):
        return False


def _parsed(answer: Answer) -> reader.Answer:
    return reader.Answer(
        answer.kind == "ok",
        strict_value(answer.payload),
        None if answer.audit is None else strict_value(answer.audit),
    )


def described(case: str, result: CaseResult, program: Program | None, path: str | None = None) -> LaneDivergence:
    """Return the divergence of a case; the program, where given, ends with the diverging step."""
    assert result.diverged_at is not None
    seen = _as_seen(case, result, shown(decode(result.diverged_at.args)))
    return msgspec.structs.replace(seen, program=program, state=_state(program), path=path)


def undescribed(case: str, result: CaseResult) -> LaneDivergence:
    """Return the divergence of a case as it was seen, without its program, where more cannot be told."""
    assert result.diverged_at is not None
    return _as_seen(case, result, {"text": result.diverged_at.args[:_FAULT_SHOWN].decode(errors="replace")})


def _as_seen(case: str, result: CaseResult, args: Any) -> LaneDivergence:
    asked, divergence = result.diverged_at, result.divergence
    assert asked is not None
    assert divergence is not None
    decision = decided_by(asked.expected, divergence.kind)
    return LaneDivergence(
        case=case,
        seq=asked.seq,
        op=asked.op,
        kind=divergence.kind,
        args=args,
        expected=divergence.expected,
        actual=divergence.actual,
        guard=decision.guard,
        reason=decision.reason,
    )


def _state(program: Program | None) -> Any:
    if program is None or not program.steps:
        return None
    run = ReferenceRun(program.contract)
    last = None
    for step in program.steps:
        last = run.step(step)
    if last is None or last.args is None:
        return None
    codec = CODECS[last.step.op]
    return shown(as_json(relevant_state(run.store, codec.operation, codec.from_json(last.args))))
