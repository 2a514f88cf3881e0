"""What a class of divergence means, in one plain sentence each: what broke, why it matters, how grave it is.

The gravest classes come first, and those of one cause stand together; docs/verdicts.md states both rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from msgspec import Struct

from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import G_UNOWNED, GUARDS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.claims.host_calls import HOST_CALLS
from telltale_conformance.oracle.reports.plain_words import (
    ACCEPTED_IN_WORDS,
    HOST_AND_OWNER,
    IF_A_TEXT_IS_READ,
    IF_IT_IS_NOT_ASKED,
    OPERATIONS_IN_WORDS,
    STATE_IN_WORDS,
    WRONG_STATE_IN_WORDS,
    Words,
)
from telltale_conformance.oracle.reports.report import Finding
from telltale_conformance.oracle.verdict.fingerprints import WHOLE, Fingerprint
from telltale_conformance.readable import spelled


class Gravity(IntEnum):
    """How grave a class of divergence is, the gravest first."""

    accepted = 0
    """An operation succeeds where it must be refused."""
    promise = 1
    """A claim is broken."""
    panic = 2
    """The implementation panics."""
    refused = 3
    """An operation is refused where it must succeed."""
    state = 4
    """A session is in another state."""
    result = 5
    """An operation that succeeds gives another result."""
    error = 6
    """An operation that must be refused is, but with another error or other values in it."""
    record = 7
    """The audit log is another one."""


def gravity(key: Fingerprint) -> Gravity:
    """Return how grave a class of divergence is."""
    if key.claim is not None:
        return Gravity.promise
    if key.kind == "outcome":
        if not _refuses(key):
            return Gravity.refused if key.actual != "ok" else Gravity.result
        return Gravity.accepted if key.actual == "ok" else Gravity.error
    if key.kind == "payload":
        return Gravity.error if _refuses(key) else Gravity.result
    return {"panic": Gravity.panic, "state": Gravity.state, "audit": Gravity.record}[key.kind]


def what_broke(finding: Finding) -> str:
    """Return what a finding shows to be broken, in one sentence."""
    if finding.divergence.history is not None:
        return f"No order of the calls of several clients explains an answer. {sentence(finding.key)}"
    return sentence(finding.key)


def sentence(key: Fingerprint) -> str:
    """Return what a class of divergence says to be broken, in one sentence on one line."""
    return spelled(_sentence(key))


def _sentence(key: Fingerprint) -> str:
    words = OPERATIONS_IN_WORDS.get(key.op) or Words(f"The operation {key.op}", f"The operation {key.op} succeeds")
    if key.claim is not None:
        return f"{words.doing} breaks a promise: {_promise(key.claim)}"
    if key.kind == "panic":
        return f"{words.doing} makes the implementation panic{_instead(key)}."
    if key.kind == "state":
        return _of_state(key)
    if key.kind == "audit":
        return f"{words.doing} is answered as it must be, but {_of_log(key)}."
    if key.kind == "payload":
        return f"{_of_result(key, words)}."
    return _of_outcome(key, words)


def _of_outcome(key: Fingerprint, words: Words) -> str:
    guard = GUARDS.get(key.guard)
    if guard is None:
        return f"{words.doing} is refused with {_error(key.actual)}, although nothing stands against it{_read(key)}."
    if key.actual == "ok":
        special = ACCEPTED_IN_WORDS.get((key.op, guard.name))
        if special is None and guard.origin == "§20":
            return f"{words.done} although the text must be refused, because by §20 {guard.holds}."
        return special or f"{words.done} although {guard.failed}."
    error = f"{words.doing} is refused with the wrong error, {_error(key.actual)}"
    return f"{error}. It must be {_error(key.expected)}, because {_because(guard)}."


def _of_result(key: Fingerprint, words: Words) -> str:
    if _refuses(key):
        return f"{words.doing} is refused with the right error, but other values stand in it{_where(key)}"
    operation = OPERATIONS.get(key.op)
    if operation is not None and operation.reads_only:
        return f"{words.doing} gives another answer than the contract{_where(key)}{_read(key)}"
    return f"{words.doing} succeeds as it must, but gives another result{_where(key)}"


_THERE: Final = {"missing": ", and something is missing there", "unexpected": ", and something must not be there"}


def _of_state(key: Fingerprint) -> str:
    place, presence = _place(key)
    special = WRONG_STATE_IN_WORDS.get((place, presence))
    if special is not None:
        return special
    if place == WHOLE:
        return "A session is in another state than it must be."
    what = STATE_IN_WORDS.get(place, f"`{place}`")
    how = _THERE.get(presence, "")
    return f"A session is in another state than it must be: the difference is in {what}{how}."


def _of_log(key: Fingerprint) -> str:
    place, presence = _place(key)
    if presence == "missing" and place in (WHOLE, "[]"):
        return "a record is missing from the audit log"
    if presence == "unexpected" and place in (WHOLE, "[]"):
        return "the audit log gets a record that must not be there"
    return f"another record goes into the audit log{_where(key)}"


def _place(key: Fingerprint) -> tuple[str, str]:
    """Return the part of the answer that differs, of a state the part that has a name, and what is there."""
    place, _, presence = key.place.partition(": ")
    if key.kind != "state" or place == WHOLE:
        return place, presence
    names = [name.removesuffix("[]") for name in place.split(".")]
    for known in (".".join(names[:2]), names[0]):
        if known in STATE_IN_WORDS:
            whole = place.removesuffix("[]") == known
            return known, presence if whole else ""
    return place, presence


def _where(key: Fingerprint) -> str:
    place, _, presence = key.place.partition(": ")
    if place == WHOLE:
        return ""
    return f" (at `{place}`{f', {presence}' if presence else ''})"


def _instead(key: Fingerprint) -> str:
    guard = GUARDS.get(key.guard)
    if guard is not None:
        return f" where it must be refused, because {_because(guard)}"
    return " where it must succeed" if key.expected == "ok" else ""


def _because(guard: Guard) -> str:
    return f"by §20 {guard.holds}" if guard.origin == "§20" else guard.failed


def _read(key: Fingerprint) -> str:
    """Return by which row of §20 a text is read, where one is named."""
    row = key.guard.partition(": ")[2]
    return f"; §20 says of it: {row}" if row else ""


def _error(variant: str) -> str:
    if variant in ("no answer of the contract", "unknown error text", "no error of the contract"):
        return {
            "no answer of the contract": "an answer that the contract does not have",
            "unknown error text": "an error text that the contract does not have",
            "no error of the contract": "an error that the contract does not have",
        }[variant]
    return f"`{variant}`"


def _promise(claim: str) -> str:
    return f"{CLAIMS[claim].title}. {CLAIMS[claim].sentence}" if claim in CLAIMS else f"{claim}."


def _refuses(key: Fingerprint) -> bool:
    return key.guard in GUARDS


def why_it_matters(key: Fingerprint) -> str:
    """Return what follows from it, in one sentence."""
    grave = gravity(key)
    if grave is Gravity.accepted and key.guard == G_UNOWNED.name and key.op in HOST_CALLS:
        return HOST_AND_OWNER
    if grave is Gravity.accepted:
        return IF_IT_IS_NOT_ASKED.get(key.guard, IF_A_TEXT_IS_READ)
    if grave is Gravity.error:
        return "Whoever reads this error looks for the mistake in the wrong place."
    return _MATTERS[grave]


_MATTERS: Final = {
    Gravity.promise: "The public types promise it, so clients rely on it.",
    Gravity.panic: "One call can take down whoever uses the store.",
    Gravity.refused: "Clients that do everything right cannot go on.",
    Gravity.state: "All later answers follow from this state.",
    Gravity.result: "Whoever uses this answer goes on with a wrong value.",
    Gravity.record: "Whoever reads the log later learns of something that did not happen like this.",
}


# --- causes


class Cause(Struct, frozen=True):
    """Classes of divergence that have one cause, by the rule of docs/verdicts.md."""

    findings: tuple[Finding, ...]
    """The gravest first."""

    @property
    def leading(self) -> Finding:
        """The one that says best what broke."""
        return self.findings[0]

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that show it."""
        return tuple(dict.fromkeys(finding.key.op for finding in self.findings))


def cause_of(key: Fingerprint) -> tuple[str, ...]:
    """Return what classes of one cause have in common.

    A guard that does not refuse, or too late, is one cause in whatever operations it shows. Where the guard refuses as
    it must, and only the error or the record differ, it is one cause for each guard. Of what no guard decides it is
    one for each part of the state, and else for each operation and kind. A claim is one cause.
    """
    if key.claim is not None:
        return ("claim", key.claim)
    if key.kind == "state":
        return ("state", _place(key)[0])
    if _refuses(key):
        return (key.kind, key.guard)
    return (key.kind, key.guard, key.op)


def causes(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Return the findings by cause; those that fail the gate first, then the gravest, then those of most operations."""
    found: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.fails, *cause_of(finding.key)), []).append(finding)
    grouped = [Cause(tuple(sorted(one, key=_order))) for one in found.values()]
    return tuple(sorted(grouped, key=lambda one: (*_order(one.leading)[:2], -len(one.operations), _order(one.leading))))


def _order(finding: Finding) -> tuple[bool, int, int, str, str]:
    key = finding.key
    guards = list(GUARDS)
    place = guards.index(key.guard) if key.guard in GUARDS else len(guards)
    return (not finding.fails, gravity(key), place, key.op, finding.fingerprint)


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of their causes."""
    return tuple(finding for cause in causes(findings) for finding in cause.findings)
