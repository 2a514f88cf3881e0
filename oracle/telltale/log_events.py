"""The operations that an audit log tells of, as events: for the claims, and for what goes on from there."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.values import (
    CancellationArtifact,
    CapabilityArtifact,
    ReadinessArtifact,
    ReceiptArtifact,
)
from telltale_conformance.oracle.claims.monitors import ClaimVerdict, Monitors
from telltale_conformance.oracle.telltale.log_replay import Departure
from telltale_conformance.oracle.telltale.results import Told

LOG_CLAIMS: Final = ("K1", "K2", "K3", "K7", "K8", "K9", "K12")
"""The claims about which a log alone says something."""

IMPLIED: Final = ("K12",)
"""The claims that compare a log with the state beside it. Of a log alone that state is inferred from the log."""

_RESULT: Final[dict[str, type]] = {
    "capability": CapabilityArtifact,
    "receipt": ReceiptArtifact,
    "witness": ReadinessArtifact,
    "cancellation": CancellationArtifact,
}
"""What an operation gives is what it logs last as Issued."""


def told_by(departure: Departure) -> Told | None:
    """Return the operation at which a log departs from the contract, answered as the log tells it."""
    outcome, given = departure.outcome, departure.given
    if departure.op is None or outcome is None:
        return None
    records = [*outcome.audit[: departure.told], *([] if given is None else [given])]
    audit = [_json(record) for record in records]
    if given is not None and given.event != "Rejected":
        result = outcome.ok
        if isinstance(given.artifact, _RESULT.get(OPERATIONS[departure.op].result, ())) and given.event == "Issued":
            (result,) = msgspec.structs.astuple(given.artifact)
        answer = Answer(True, _json(result), audit)
    elif outcome.error is not None:
        answer = Answer(False, _json(outcome.error.to_json()), audit)
    else:
        answer = Answer(True, _json(outcome.ok), audit)
    return Told(departure.op, departure.arguments, outcome, answer)


def answer_of(told: Told) -> Answer:
    """Return what a document says that an operation answered; as the reference, where it says nothing else."""
    outcome = told.outcome
    if told.answer is not None:
        return told.answer
    result = outcome.ok if outcome.error is None else outcome.error.to_json()
    return Answer(outcome.error is None, _json(result), [_json(record) for record in outcome.audit])


def event_of(told: Told, number: int) -> dict[str, Any]:
    """Return an operation as the event of a trace."""
    answer = answer_of(told)
    member = "ok" if answer.is_ok else "err"
    return {"seq": number, "op": told.op, "args": told.args(), member: answer.result, "audit": answer.audit}


class LogClaims:
    """The claims watched on all logs of a file."""

    def __init__(self) -> None:
        self._monitors: dict[object, Monitors] = {}
        self._events = 0

    def see(self, log: Hashable, told: Told) -> None:
        """Take the next operation of a log."""
        monitors = self._monitors.get(log)
        if monitors is None:
            monitors = self._monitors[log] = Monitors()
        monitors.feed(event_of(told, self._events))
        self._events += 1

    def claims(self) -> dict[str, ClaimVerdict]:
        """Return what all logs together say of each claim."""
        found = {claim: self._whole(claim) for claim in LOG_CLAIMS}
        for claim in IMPLIED:  # what keeps such a claim shows nothing, what breaks it does
            found[claim].occasions = len(found[claim].violations)
        return found

    def implied(self) -> dict[str, int]:
        """Return how many operations could only have kept a claim, for the state was inferred from the log itself."""
        whole = {claim: self._whole(claim) for claim in IMPLIED}
        counts = {claim: one.occasions - len(one.violations) for claim, one in whole.items()}
        return {claim: count for claim, count in counts.items() if count > 0}

    def _whole(self, claim: str) -> ClaimVerdict:
        whole = ClaimVerdict(claim)
        for monitors in self._monitors.values():
            whole.occasions += monitors.verdicts[claim].occasions
            whole.violations += monitors.verdicts[claim].violations
        return whole


def _json(value: Any) -> Any:
    return msgspec.json.decode(encode(value))
