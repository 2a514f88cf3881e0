"""Live claims: watched on the events of a trace alone, without the reference and whatever the contract.

A monitor keeps only what the events themselves tell: which capability the implementation last handed out, which
receipt is outstanding, what the log said.  So a recorded trace can be checked for its claims even where nothing
is known of the rules its implementation follows.

A claim is kept where it could have been broken and was seen not to be: on at least one occasion, as the catalogue
says for each.  Without one it is not judged.  A refusal is an occasion only where it is the claim's own rule that
refuses: a capability of a session that has ended for good is refused whatever its generation is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims import (
    answers,
    audit,
    authority,
    exchanges,
    host_calls,
    identity,
    persistence,
    plans,
    progress,
    proofs,
    sessions,
    shown,
    transfers,
)
from telltale_conformance.oracle.claims.catalogue import CLAIMS, PARTS
from telltale_conformance.oracle.claims.exchanges import (
    RECEIVES,
    SENDS,
    edge_of_message,
    message_of,
    number_of,
    payload_of,
    verified,
)
from telltale_conformance.oracle.claims.host_calls import HOST_CALLS
from telltale_conformance.oracle.claims.ledger import OWNERSHIP_OPERATIONS, Ledger
from telltale_conformance.oracle.claims.looks import Asked, Everywhere
from telltale_conformance.oracle.claims.persistence import QUESTIONS, RELOAD, Answers
from telltale_conformance.oracle.claims.plans import Plans
from telltale_conformance.oracle.claims.proofs import GIVES_TREES, Trees
from telltale_conformance.oracle.claims.seen import OPENS, Event, Judgement, Monitor, Seen, opened_from
from telltale_conformance.oracle.claims.type_events import TypeWatch
from telltale_conformance.readable import one_line

WATCHED: Final = (*CLAIMS, *(part.id for part in PARTS.values() if part.apart))
"""What there are monitors for."""
_REAPS: Final = those(lambda operation: operation.result == "summaries" and not operation.reads_only)
_GOVERNED: Final = OWNERSHIP_OPERATIONS | HOST_CALLS | OPENS
"""Operations of which a refusal changes nothing but the log."""
_MUTATES: Final = "apply_owned_session_mutation"
_GIVES_NOTHING: Final = those(lambda operation: operation.result == "nothing")
_SETS_TYPE: Final = those(lambda operation: operation.parameters[:1] == ("ep",) and operation.result == "nothing")

MONITORS: Final[Mapping[str, Monitor]] = {
    **identity.MONITORS,
    **authority.MONITORS,
    **audit.MONITORS,
    **sessions.MONITORS,
    **exchanges.MONITORS,
    **host_calls.MONITORS,
    **persistence.MONITORS,
    **plans.MONITORS,
    **proofs.MONITORS,
    **transfers.MONITORS,
    **answers.MONITORS,
    **progress.MONITORS,
}
"""How each of them is watched."""

Looks = Mapping[str, tuple[tuple[str, Monitor], ...]]


def _by_operation(*, after: bool) -> Looks:
    found: dict[str, list[tuple[str, Monitor]]] = {}
    for claim, monitor in (*MONITORS.items(), *shown.MONITORS.items()):
        for op in monitor.ops if monitor.after == after else ():
            found.setdefault(op, []).append((claim, monitor))
    return {op: tuple(monitors) for op, monitors in found.items()}


_BEFORE: Final = _by_operation(after=False)
_AFTER: Final = _by_operation(after=True)


@dataclass(frozen=True)
class Violation:
    """A claim broken by one event."""

    claim: str
    seq: int
    why: str


@dataclass
class ClaimVerdict:
    """What a trace says of one claim."""

    claim: str
    occasions: int = 0
    """On how many events it could have been broken, and was seen to be or not to be."""
    violations: list[Violation] = field(default_factory=list)

    @property
    def verdict(self) -> Literal["kept", "broken", "not judged"]:
        """Broken by the first violation; kept when there was an occasion to break it."""
        if self.violations:
            return "broken"
        return "kept" if self.occasions else "not judged"


class Monitors:
    """All monitors over one trace: ``feed`` each event in order, then read ``verdicts``."""

    def __init__(self) -> None:
        self.verdicts = {key: ClaimVerdict(key) for key in WATCHED}
        self._used: set[int] = set()
        self._lives: dict[int, Ledger] = {}
        self._types = TypeWatch()
        self._answers = Answers()
        self._plans = Plans()
        self._trees = Trees()
        self._everywhere = Everywhere()
        self.unreadable: list[int] = []
        """The events whose answers had no readable shape."""

    def feed(self, event: Event) -> list[Violation]:
        """Watch one event; give the violations that it adds.

        An answer of a shape that no implementation should give is noted in ``unreadable``; nothing is judged from
        then on of the sessions opened so far, because their results are not known.
        """
        seq = int(event["seq"])
        new: list[Violation] = []
        try:
            self._take(event, seq, new)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
            self.unreadable.append(seq)
            self._lives.clear()
            self._types = TypeWatch()
            self._answers = Answers()
            self._plans = Plans()
            self._trees = Trees()
        return new

    def _take(self, event: Event, seq: int, new: list[Violation]) -> None:
        op, args, ok = str(event["op"]), event["args"], "ok" in event
        if ok and op in _GIVES_NOTHING and event["ok"] is not None:
            raise TypeError(f"{op} gives nothing")
        seen = Seen(
            op,
            args,
            ok,
            event["ok" if ok else "err"],
            event.get("audit"),
            self._lives.get(_session(op, args)),
            self._used,
            self._types,
            self._answers,
            self._plans,
            self._trees,
        )
        self._everywhere.asked += op not in QUESTIONS
        self._everywhere.mutations += op == _MUTATES
        self._everywhere.reloads += op == RELOAD
        for claim, judgement in shown.acts_all_the_same(seen).items():
            self._count(claim, judgement, seq, new)
        kept = self._look(_BEFORE, seen, seq, new)
        self._follow(seen)
        kept |= self._look(_AFTER, seen, seq, new)
        self._since_the_look(seen, kept)

    def _look(self, looks: Looks, seen: Seen, seq: int, new: list[Violation]) -> set[str]:
        """Judge one event; return the claims that it keeps by the refusals that are there for them."""
        kept = set()
        for claim, monitor in looks.get(seen.op, ()):
            judgement = monitor.look(seen)
            if judgement is None or not (judgement.broken or _shows(monitor, seen)):
                continue
            self._count(claim, judgement, seq, new)
            if not judgement.broken and monitor.kept_by is not None:
                kept.add(claim)
        return kept

    def _count(self, claim: str, judgement: Judgement, seq: int, new: list[Violation]) -> None:
        verdict = self.verdicts[claim]
        verdict.occasions += 1
        if judgement.broken:
            new.append(Violation(claim, seq, one_line(judgement.why)))
            verdict.violations.append(new[-1])

    def _since_the_look(self, seen: Seen, kept: set[str]) -> None:
        """Note what was asked of a session since it was looked at, and what a look shows."""
        op, ledger = seen.op, seen.ledger
        if op in OPENS and not seen.ok:
            ledger = self._lives.get(seen.args.get("sid", -1))
        if ledger is None:
            return
        if op == "observe":
            if seen.ok:
                ledger.look.looked(seen.answer, guarded=ledger.guarded)
        elif op not in QUESTIONS:
            governed = op in _GOVERNED and not seen.ok
            asked = Asked(op, seen.ok, frozenset(kept) if governed else frozenset())
            left_alone = ledger.guarded and not (seen.ok and op in (_MUTATES, "close"))
            ledger.look.ask(asked, guarded=left_alone)

    def _follow(self, seen: Seen) -> None:
        """Take the event in: what the sessions are like after it."""
        op, args, ledger = seen.op, seen.args, seen.ledger
        self._answers.follow(seen)
        self._plans.follow(seen, _session(op, args))
        if op in OPENS:
            if seen.ok:
                self._opened(seen)
        elif op in _REAPS:
            for summary in seen.answer if seen.ok else ():
                self._lives.pop(summary["sid"], None)
                self._types.ended(summary["sid"])
        elif op in _SETS_TYPE:
            self._types.forget(args["ep"])
        elif ledger is None:
            return
        elif op in OWNERSHIP_OPERATIONS:
            ledger.just_changed = False
            if seen.ok:
                ledger.apply(op, args, seen.answer)
            ledger.log(seen.audit)
        elif op == "close":
            ledger.just_changed = False
            if seen.ok:
                ledger.close(seen.audit)
            ledger.log(seen.audit)
        elif op in GIVES_TREES:
            self._trees.follow(seen)
        elif op in HOST_CALLS:
            ledger.tables.host_call(op, args, guarded=ledger.guarded, ok=seen.ok)
        elif op == "observe":
            ledger.tables.unasked.clear()
            if seen.ok and ledger.terminal and ledger.told_reason is None:
                ledger.told_reason = seen.answer["ownership"]["terminal_reason"]
        elif op in SENDS:
            ledger.sending(edge_of_message(args))
            if seen.answer == "Ok":
                ledger.sent(edge_of_message(args), message_of(args))
        elif op in RECEIVES:
            _received(seen, ledger)
        elif "from" in args and "to" in args and op != "has_message":
            ledger.lose_sight(edge_of_message(args))

    def _opened(self, seen: Seen) -> None:
        sid = seen.answer
        if type(sid) is not int:
            raise TypeError("a session id is a number")
        held = opened_from(seen.args)
        self._used.add(sid)
        self._lives[sid] = Ledger(sid, tuple(held["roles"]), seen.args.get("buffer_config"), self._everywhere)
        self._types.opened(sid, held["roles"], held["initial_types"])


def _shows(monitor: Monitor, seen: Seen) -> bool:
    """Whether an answer that does not break a claim shows that it is kept."""
    return seen.ok or monitor.kept_by is None or seen.refusal in monitor.kept_by


def _received(seen: Seen, ledger: Ledger) -> None:
    edge = edge_of_message(seen.args)
    number = number_of(seen)
    if verified(seen):
        ledger.verifies(edge, payload_of(seen))
        if number is not None:
            ledger.heard[edge] = number
    if seen.ok:
        ledger.received(edge, payload_of(seen))
    else:
        ledger.refuses(edge)


def _session(op: str, args: Mapping[str, Any]) -> Any:
    """Return the id of the session that an operation names; None where it names none."""
    if op in OWNERSHIP_OPERATIONS:
        given = args.get("capability") or args.get("receipt") or args
        return given["session_id"] if "session_id" in given else given["sid"]
    if op in OPENS:
        return None
    if "sid" in args:
        return args["sid"]
    return (args.get("edge") or args.get("ep") or {}).get("sid")


def watch(events: Iterable[Event]) -> dict[str, ClaimVerdict]:
    """Watch a whole trace; the verdict of each claim, by id."""
    monitors = Monitors()
    for event in events:
        monitors.feed(event)
    return monitors.verdicts
