"""The programs of pumps: the cycle, then what was given long ago is tried again, then a look at all that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any, Final, TypeAlias, get_args

import msgspec

from telltale_conformance.generators.coverage import cell_of, situation
from telltale_conformance.generators.pool import Held
from telltale_conformance.generators.profiles import LAST_LOOK
from telltale_conformance.generators.pumps import Pump, Pumped
from telltale_conformance.generators.steps import GeneratedStep, Written, as_program, encode_arguments
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS, Operation, Outcome, step, those
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.signatures import SignatureKind
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import Nat
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var
from telltale_conformance.model.values import (
    SESSION,
    U64_MAX,
    BufferConfig,
    Edge,
    Endpoint,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)

Given: TypeAlias = tuple[Any, Written]
"""An argument, and how a program writes it."""

_BACK: Final = (256, 64, 16, 1)
"""How many later values an old one has behind it; the first of all is tried too, and one that the seed chooses."""
_OWNERS: Final = ("a", "b")
_SIGNATURES: Final[tuple[str, ...]] = ("valid", *get_args(SignatureKind))
_LOOPS: Final[dict[str, LocalType]] = {
    "A": Mu("t", Send("B", (Branch(Label("m"), None, Var("t")),))),
    "B": Mu("t", Recv("A", (Branch(Label("m"), None, Var("t")),))),
}
_WHOLE_LOG: Final = 5_000
"""Of no more turns the whole log is looked at: an answer has a greatest length."""
_OF: Final = {
    # mypy infers no lambda with a default
    parameter: those(lambda operation, first=(parameter,): operation.parameters[:1] == first)  # type: ignore[misc] # see above
    for parameter in ("capability", "receipt", "sid")
}
"""The operations on a capability, on a receipt, on a sid: by what they take first."""


class PumpProgram:
    """Makes the program of one pump, step by step, while the reference carries it out.

    Args:
        pumped: the pump and how often its cycle is repeated.
        seed: chooses one of the old values that are tried again, and nothing else.
        offered: the operations that the implementation offers; no other is used.
        contract: what the reference follows.
    """

    def __init__(self, pumped: Pumped, seed: int, offered: frozenset[str], contract: str) -> None:
        self.pump: Pump = pumped.pump
        self.store = Store(contract)
        self._depth = pumped.depth
        self._offered = offered & ALL_OPERATIONS
        self._rng = Random(f"{seed}/{pumped}")
        self._seq = 0
        self._turn = 0
        self._doubling = False
        self._sids: list[Held[int]] = []
        self._given: dict[str, list[Held[Any]]] = {kind: [] for kind in ("capability", "receipt", "witness")}
        side = 2
        while pumped.pump.crowded and side * (side - 1) < pumped.depth:
            side += 1
        self._roles = tuple(f"R{number}" for number in range(side)) if pumped.pump.crowded else ("A", "B")

    def steps(self) -> Iterator[GeneratedStep]:
        """Yield the steps."""
        pump = self.pump
        for name in pump.before:
            yield self._step(name)
        self._doubling = pump.doubles
        for turn in range(self._depth):
            self._turn = turn
            for name in pump.cycle:
                yield self._step(name)
        self._turn, self._doubling = self._depth, False
        yield from self._again()
        yield from self._last_look()

    # What is tried again

    def _again(self) -> Iterator[GeneratedStep]:
        """Try what was given long ago: in the state that the pump left, then with a transfer pending."""
        if self._sids:
            yield from self._wanted("current_ownership")
        yield from self._old_capabilities()
        yield from self._old_receipts()
        yield from self._old_witnesses()
        live = self._live()
        if live is not None:
            yield from self._wanted("begin_ownership_transfer", capability=live)
            yield from self._old_receipts()
            yield from self._wanted("commit_ownership_transfer")
            yield from self._old_capabilities()
        yield from self._old_sids()
        yield from self._old_plans()
        yield from self._old_edges()
        yield from self._old_sites()
        yield from self._waiting()

    def _old(self, held: Sequence[Held[Any]]) -> list[Held[Any]]:
        """Return the first, those some way back, and one that the seed chooses; never the last."""
        last = len(held) - 1
        if last < 1:
            return []
        places = {0, *(last - back for back in _BACK if back <= last), self._rng.randrange(last)}
        return [held[place] for place in sorted(places)]

    def _old_capabilities(self) -> Iterator[GeneratedStep]:
        for held in self._old(self._given["capability"]):
            for name in sorted(_OF["capability"], key=_by_harm):
                yield from self._wanted(name, capability=(held.value, held.written))

    def _old_receipts(self) -> Iterator[GeneratedStep]:
        for held in self._old(self._given["receipt"]):
            for name in sorted(_OF["receipt"], key=_by_harm):
                yield from self._wanted(name, receipt=(held.value, held.written))

    def _old_witnesses(self) -> Iterator[GeneratedStep]:
        live = self._live()
        for held in self._old(self._given["witness"]) if live is not None else ():
            for _ in range(2):  # one that is still issued is consumed, and once only
                yield from self._wanted(
                    "consume_readiness_witness", capability=live, witness=(held.value, held.written)
                )

    def _old_sids(self) -> Iterator[GeneratedStep]:
        for held in self._old(self._sids):
            for name in sorted(_OF["sid"], key=_by_harm):
                if OPERATIONS[name].reads_only or name == "close":
                    yield from self._wanted(name, sid=(held.value, held.written))
        yield from self._wanted("reap_closed")

    def _old_plans(self) -> Iterator[GeneratedStep]:
        """Open once more from plans used long ago, and look at the types of what was opened."""
        if not self.pump.new_plans:
            return
        for held in self._old([Held(turn, turn) for turn in range(self._depth)]):
            self._turn = held.value
            yield from self._wanted("open_with_sid_from_plan")
            yield from self._wanted("lookup_type")

    def _old_edges(self) -> Iterator[GeneratedStep]:
        session = self.store.sessions.get(self._sid()[0])
        if session is None:
            return
        for name, edges in (("lookup_handler", session.edge_handlers), ("lookup_trace", session.edge_traces)):
            for held in self._old([Held(edge, 0) for edge in edges]):
                yield from self._wanted(name, edge=self._written(held.value))

    def _old_sites(self) -> Iterator[GeneratedStep]:
        timeouts = self.store.timeouts
        for held in self._old([Held(site, 0) for site in timeouts.live]):
            yield from self._wanted("issue_timeout_witness", site=(held.value, None))
        for witness in self._old([Held(witness, 0) for witness in timeouts.live.values()]):
            if witness.value.until_tick >= timeouts.clock:
                yield from self._wanted("advance_clock", tick=(witness.value.until_tick, None))

    def _waiting(self) -> Iterator[GeneratedStep]:
        """Receive all that is waiting, and once more."""
        session = self.store.sessions.get(self._sid()[0])
        if session is None:
            return
        waiting = [pair for pair, buffer in session.buffers.items() for _ in buffer.messages]
        receive = "recv_signed" if "recv_signed" in self._offered and self.pump.cycle[0] != "send" else "recv"
        for sender, receiver in (*waiting, *waiting[-1:]):
            yield from self._wanted(receive, from_=(sender, None), to=(receiver, None))

    def _last_look(self) -> Iterator[GeneratedStep]:
        if self._sids:
            for name in LAST_LOOK.session:
                if name != "authority_audit_log" or self._depth <= _WHOLE_LOG:
                    yield from self._wanted(name)
            if self._live() is not None:
                yield from self._wanted("mark_owner_died")
            yield from self._wanted("close")
            yield from self._wanted("reap_closed")
        for name in LAST_LOOK.store:
            if name != "runtime_audit_log" or self._depth <= _WHOLE_LOG:
                yield from self._wanted(name)

    # Steps and their arguments

    def _wanted(self, name: str, **chosen: Given | None) -> Iterator[GeneratedStep]:
        """Yield a step where its operation is offered and all that it takes is there."""
        missing = [part for part in self._given if part in OPERATIONS[name].parameters and not self._given[part]]
        if name in self._offered and not any(chosen.get(part) is None for part in missing):
            yield self._step(name, **chosen)

    def _step(self, name: str, **chosen: Given | None) -> GeneratedStep:
        operation = OPERATIONS[name]
        if "witness" in operation.parameters:
            chosen.setdefault("capability", self._live())
        given = [chosen.get(parameter) or _ARGUMENTS[parameter](self) for parameter in operation.parameters]
        if operation.gives == "session" and "sid" in operation.parameters and "sid" not in chosen:
            given[0] = self._sid_to_open()
        arguments, written = tuple(value for value, _ in given), tuple(form for _, form in given)
        args = encode_arguments(operation, arguments)
        before = situation(self.store, operation, arguments)
        outcome = step(self.store, operation, arguments)
        seq = self._seq
        self._seq = seq + 1
        self._take(seq, operation, outcome)
        return GeneratedStep(seq, operation, arguments, written, outcome, cell_of(before, operation, outcome), args)

    def _take(self, seq: int, operation: Operation, outcome: Outcome) -> None:
        if outcome.error is not None:
            return
        if operation.gives == "session":
            self._sids.append(Held(outcome.ok, seq))
        elif operation.gives is not None:
            self._given[operation.gives].append(Held(outcome.ok, seq))

    def _live(self) -> Given | None:
        """Return the live capability; None where nobody owns the session."""
        session = self.store.sessions.get(self._sid()[0])
        held = self._given["capability"]
        if session is None or not held or session.ownership.current != held[-1].value:
            return None
        return held[-1].value, held[-1].written

    def _sid(self) -> Given:
        if not self._sids:
            return 0, None
        held = self._sids[0 if self.pump.doubles and not self._doubling else -1]
        return held.value, held.written

    def _sid_to_open(self) -> Given:
        if self._doubling:
            return 1 << self._turn, None
        return (0, None) if self.pump.one_sid else (self.store.next_sid + 1, None)

    def _sids_to_reap(self) -> Given:
        held = self._sids[-1:]
        return [one.value for one in held], [one.written for one in held]

    def _artifact(self, kind: str, field: str) -> Given:
        """Return the last one given; in a doubling, one whose number is off by 2^turn."""
        held = self._given[kind][-1]
        if not self._doubling:
            return held.value, held.written
        number = min(getattr(held.value, field) + (1 << self._turn), U64_MAX)
        forged = msgspec.structs.replace(held.value, **{field: number})
        return forged, {**held.written, "set": {field: number}}

    def _owner(self) -> Given:
        """Return the live owner's name; where nobody owns the session, one of two by turns."""
        session = self.store.sessions.get(self._sid()[0])
        live = session.ownership.current if session is not None else None
        return (_OWNERS[self._turn % 2] if live is None else live.owner_id), None

    def _pair(self) -> tuple[str, str]:
        """Return sender and receiver: of a crowd, others in every turn."""
        roles = self._roles
        sender, receiver = divmod(self._turn % (len(roles) * (len(roles) - 1)), len(roles) - 1)
        if not self.pump.crowded:
            return "A", "B"
        return roles[sender], roles[receiver + (receiver >= sender)]

    def _written(self, edge: Edge) -> Given:
        return edge, {**as_json(edge), "sid": self._sid()[1]}

    def _mutation(self) -> Given:
        change, turn = self.pump.change, self._turn
        if change == "default handler":
            return SetDefaultHandler(f"h{turn}"), None
        sender, receiver = self._pair()
        edge, written = self._written(Edge(receiver=receiver, sender=sender, sid=self._sid()[0]))
        made = UpdateTrace(edge, ("Nat",)) if change == "trace" else UpdateEdgeHandler(edge, f"h{turn}")
        return made, {type(made).__name__: {**as_json(made), "edge": written}}

    def _plan(self) -> Given:
        if not self.pump.new_plans:
            return PlanInput(self._types(), self._roles), None
        types: dict[str, LocalType] = {"A": Send("B", (Branch(Label(f"m{self._turn}"), None, END),))}
        return PlanInput(types, self._roles), None

    def _sequence_number(self) -> Given:
        """Return the next number of the edge; in a doubling 2^turn."""
        if self._doubling:
            return 1 << self._turn, None
        session = self.store.sessions.get(self._sid()[0])
        return (0 if session is None else len(session.auth.get(self._pair(), ()))), None

    def _types(self) -> dict[str, LocalType]:
        """Return types in which every role may send to every other."""
        if not self.pump.crowded:
            return _LOOPS
        types: dict[str, LocalType] = {}
        for role in self._roles:
            body: LocalType = END
            for partner in self._roles:
                body = body if partner == role else Send(partner, (Branch(Label("m"), None, body),))
            types[role] = body
        return types

    def _buffers(self) -> BufferConfig | None:
        if self.pump.roomy:
            return BufferConfig(initial_capacity=min(self._depth, 1 << 16), mode="Fifo", policy="Block")
        return self.pump.buffers

    def _endpoint(self) -> Given:
        sid, written = self._sid()
        return Endpoint(role=self._roles[0], sid=sid), {"role": self._roles[0], "sid": written}

    def _tick(self, ahead: int) -> Given:
        clock = self.store.timeouts.clock
        return (1 << self._turn if self._doubling else clock + ahead), None


def _by_harm(name: str) -> tuple[bool, bool, str]:
    """Order operations: those that only look first, those that end a session last."""
    operation = OPERATIONS[name]
    return not operation.reads_only, operation.terminal, name


_ARGUMENTS: Final[dict[str, Callable[[PumpProgram], Given]]] = {
    "sid": PumpProgram._sid,
    "session_ids": PumpProgram._sids_to_reap,
    "roles": lambda of: (of._roles, None),
    "initial_types": lambda of: (of._types(), None),
    "buffer_config": lambda of: (of._buffers(), None),
    "owner_id": PumpProgram._owner,
    "new_owner_id": lambda of: (_OWNERS[(of._turn + 1) % 2], None),
    "scope": lambda of: (SESSION, None),
    "new_scope": lambda of: (SESSION, None),
    "capability": lambda of: of._artifact("capability", "generation"),
    "receipt": lambda of: of._artifact("receipt", "claim_id"),
    "witness": lambda of: of._artifact("witness", "witness_id"),
    "predicate_ref": lambda of: ("ready", None),
    "reason": lambda of: ("broken", None),
    "mutation": PumpProgram._mutation,
    "ep": PumpProgram._endpoint,
    "label": lambda of: ("m", None),
    "new_type": lambda of: (_LOOPS["AB"[of._turn % 2]], None),
    "new_original": lambda of: (_LOOPS["AB"[of._turn % 2]], None),
    "edge": lambda of: of._written(Edge(receiver=of._pair()[1], sender=of._pair()[0], sid=of._sid()[0])),
    "from_": lambda of: (of._pair()[0], None),
    "to": lambda of: (of._pair()[1], None),
    "plan": PumpProgram._plan,
    "sequence_no": PumpProgram._sequence_number,
    "signature": lambda of: (_SIGNATURES[of._turn % len(_SIGNATURES)], None),
    "form": lambda of: ("binary", None),
    "handler": lambda of: (f"h{of._turn}", None),
    "trace": lambda of: (("Nat",), None),
    "val": lambda of: (Nat(of._turn), None),
    "site": lambda of: (f"s{of._turn}" if len(of.pump.cycle) == 1 else "s", None),
    "until_tick": lambda of: of._tick(1 + of._turn if len(of.pump.cycle) == 1 else 2),
    "tick": lambda of: of._tick(1),
}
"""What an operation is given where nothing else is chosen, by parameter."""


def pump_program(pumped: Pumped, seed: int, contract: str, offered: frozenset[str], last: int) -> Program:
    """Return the program of a pump up to the step of that number."""
    steps = PumpProgram(pumped, seed, offered, contract).steps()
    return as_program(islice(steps, last + 1), contract, {"pump": str(pumped), "seed": seed})
