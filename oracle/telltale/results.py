"""What a document of telltale's shows: the row that ``replay`` gives for it, and the operations that it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.verdict.evidence import Tally

Kind = Literal["bridge-run", "audit-log"]
Verdict = Literal["agree", "diverge", "malformed", "inconclusive"]
AFTER: Final = "after the divergence"
"""How the kinds of what was not judged for a divergence before it end."""


class DocumentDivergence(Struct, frozen=True, kw_only=True):
    """The first thing that a document says and the contract does not."""

    seq: int
    """Which operation of those that the document tells of, counted from 0."""
    op: str
    kind: Literal["outcome", "payload", "audit", "state"] = msgspec.field(name="class")
    expected: Any
    actual: Any
    reason: str
    """The guard or rule of the contract that decided."""
    place: Mapping[str, Any]
    """In the document's own terms: the JSON path and, where there are such, session, record, trace, step, coroutine."""
    args: Any


class DocumentResult(Struct, frozen=True, kw_only=True):
    """The verdict on one document."""

    trace: str
    kind: Kind
    verdict: Verdict
    events: int = 0
    """Records of logs; events and slices of a run."""
    judged: int = 0
    uncovered: int = 0
    not_judged: Mapping[str, int] = {}
    """What the contract says nothing about, or what came after the divergence, by kind."""
    not_explained: int = 0
    """Changes that nothing in the document explains."""
    first_divergence: DocumentDivergence | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()
    """What a reader should know: what was assumed, and what is not explained."""

    @property
    def tally(self) -> Tally:
        """The document as counted; what was not judged for want of a rule is listed apart, by kind."""
        after = sum(count for kind, count in self.not_judged.items() if kind.endswith(AFTER))
        return Tally(cases=1, judged=self.judged, uncovered=self.uncovered, not_judged=after)


class Told(NamedTuple):
    """An operation that a document tells of."""

    op: str
    arguments: tuple[Any, ...]
    outcome: Outcome
    """What the reference answered."""
    answer: Answer | None = None
    """What the document says was answered, where it says something else."""
    trace: int | None = None
    """The place in a run's trace of the event that tells of it."""

    def args(self) -> dict[str, Any]:
        """Return the arguments as JSON."""
        codec = CODECS[self.op]
        values = zip(codec.operation.parameters, self.arguments, strict=True)
        named = {codec.wire_names[parameter]: value for parameter, value in values if value is not None}
        document: dict[str, Any] = msgspec.json.decode(encode(named))
        return document
