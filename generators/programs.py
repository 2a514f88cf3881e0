"""The seeded program generator: program number ``index`` of a seed is always the same, wherever it is made.

A program is made while the reference carries it out, so that every step is drawn knowing what the session in focus
is like. Its last steps look at everything that is left, so that what went wrong in silence shows.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Final

from telltale_conformance.generators.arguments import Arguments
from telltale_conformance.generators.coverage import cell_of, phase_of, situation
from telltale_conformance.generators.drawing import Drawing
from telltale_conformance.generators.pool import Pool
from telltale_conformance.generators.profiles import LAST_LOOK, PROFILES, Profile, select
from telltale_conformance.generators.steps import GeneratedStep, Written, as_program
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store

ALL_OPERATIONS: Final = frozenset(OPERATIONS)
DEFAULT_STEPS: Final = 80
"""Steps of a program before its last look."""
_LOOKED_INTO: Final = 4
"""How many bindings of a kind are looked up at the end of a program, per session."""


def profile_of(index: int) -> Profile:
    """Return the profile of the program with that index."""
    return PROFILES[index % len(PROFILES)]


class Generator:
    """Makes one program, step by step.

    Args:
        seed: of the whole run, 0 to 2^64-1.
        index: the program's number, from 0.
        offered: the operations that the implementation offers; no other is used.
        contract: what the reference follows.
        profile: the weights to draw by; by default the one of the index.
    """

    def __init__(
        self,
        seed: int,
        index: int,
        *,
        offered: frozenset[str] = ALL_OPERATIONS,
        contract: Contract | str = "telltale-17",
        profile: Profile | None = None,
    ) -> None:
        self.profile = profile or profile_of(index)
        rng = Random(f"{seed}/{index}")
        self.store = Store(contract)
        self._draw = Drawing(rng, self.profile.oddness)
        self._offered = offered
        self._selection = select(self.profile, rng, offered)
        self._pool = Pool()
        self._arguments = Arguments(self._draw, self._pool, self.store)
        self._seq = 0

    def steps(self, count: int = DEFAULT_STEPS) -> Iterator[GeneratedStep]:
        """Yield ``count`` steps and then the last look at everything that is left."""
        if not self._selection.names:
            return
        draw, names = self._draw, self._selection.names
        if "open" in self._offered:
            yield self._step("open", 0)
        while self._seq < count:
            focus = self._focus()
            cumulative = self._selection.cumulative[phase_of(self.store.sessions.get(focus))]
            name = names[bisect(cumulative, draw.random() * cumulative[-1])]
            if OPERATIONS[name].gives == "session" and len(self.store.sessions) >= 3 and draw.random() < 0.7:
                continue
            yield self._step(name, focus)
        yield from self._last_look()

    def _focus(self) -> int:
        """Return a sid to work on: mostly of the last one opened, else any opened, seldom none."""
        draw = self._draw
        sids = tuple(self._pool.sids)
        if not sids:
            return 0
        if draw.random() < 0.6:
            return sids[-1]
        live = tuple(self.store.sessions)
        return draw.one_of(live if live and draw.random() < 0.7 else sids)

    def _step(self, name: str, focus: int) -> GeneratedStep:
        arguments, written = self._arguments.of(name, focus)
        return self._carry_out(name, arguments, written)

    def _carry_out(self, name: str, arguments: tuple[object, ...], written: tuple[Written, ...]) -> GeneratedStep:
        operation = OPERATIONS[name]
        before = situation(self.store, operation, arguments)
        outcome = step(self.store, operation, arguments)
        seq = self._seq
        self._seq = seq + 1
        self._pool.take(seq, operation, outcome)
        return GeneratedStep(seq, operation, arguments, written, outcome, cell_of(before, operation, outcome))

    def _last_look(self) -> Iterator[GeneratedStep]:
        for sid in tuple(self._pool.sids):
            written = self._pool.write_sid(sid)
            for name in LAST_LOOK.session:
                if name in self._offered and (name == "observe" or name in self.profile.weights):
                    yield self._carry_out(name, (sid,), (written,))
        for session in tuple(self.store.sessions.values()):
            yield from self._look_into(session)
        for name in LAST_LOOK.store:
            if name in self._offered:
                yield self._carry_out(name, (), ())

    def _look_into(self, session: Session) -> Iterator[GeneratedStep]:
        """Look up what was bound and receive what was sent, as far as the profile has to do with it."""
        asked = self.profile.weights.keys() & self._offered
        sid, written = session.sid, self._pool.write_sid(session.sid)
        for name, edges in (("lookup_handler", session.edge_handlers), ("lookup_trace", session.edge_traces)):
            for edge in islice(tuple(edges), _LOOKED_INTO if name in asked else 0):
                yield self._carry_out(name, (edge,), (None,))
        if "recv" in asked:
            waiting = [pair for pair, buffer in session.buffers.items() for _ in buffer.messages]
            for sender, receiver in waiting[: 2 * _LOOKED_INTO]:
                yield self._carry_out("recv", (sid, sender, receiver), (written, None, None))


def generate_program(seed: int, index: int, *, steps: int = DEFAULT_STEPS, contract: str = "telltale-17") -> Program:
    """Return program number ``index`` of a seed as a program with references."""
    generator = Generator(seed, index, contract=contract)
    meta = {"index": index, "profile": generator.profile.name, "seed": seed}
    return as_program(generator.steps(steps), contract, meta)
