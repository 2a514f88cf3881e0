"""The seeded program generator: program number ``index`` of a seed is always the same, wherever it is made.

A program is made while the reference carries it out, so that every step is drawn knowing what the session in focus
is like. Its last steps look at everything that is left, so that what went wrong in silence shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Final

from telltale_conformance.generators.arguments import Arguments
from telltale_conformance.generators.beside import after, at_the_end
from telltale_conformance.generators.coverage import cell_of, phase_of, situation
from telltale_conformance.generators.doubles import PLAIN, Cast, cast_with_doubles
from telltale_conformance.generators.drawing import Drawing
from telltale_conformance.generators.goals import Goals
from telltale_conformance.generators.lives import Life, opened_again, opening
from telltale_conformance.generators.pool import Pool
from telltale_conformance.generators.profiles import DIRECTED, LAST_LOOK, PROFILES, Profile, select
from telltale_conformance.generators.raw_forms import raw_form
from telltale_conformance.generators.reached import Reached, Watch
from telltale_conformance.generators.sizes import SIZES
from telltale_conformance.generators.steps import RELOAD, Act, GeneratedStep, Written, as_program, encode_arguments
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import as_json, decode_as_written
from telltale_conformance.lean_traces.programs import Program, Step, UnresolvedReference, references, resolve
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import OPERATIONS, Operation, step
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import Edge, UpdateEdgeHandler

DEFAULT_STEPS: Final = 80
"""Steps of a program before its last look."""
_RAW: Final = 0.07
"""How often the arguments of a step are written in a raw form."""
_PLAIN: Final = 4
"""Of how many programs of a profile one has names that do not look alike."""
_AMID_LIFE: Final = 8
"""Drawn steps in each life of a session."""
_AFTER_COURSE: Final = 15
"""Drawn steps after what a course begins with, at least."""
DIRECTED_STEPS: Final = 180
"""Steps of a program towards goals before its last look."""
_ODDNESS: Final = (0.05, 0.1, 0.25)
"""What one program towards goals and another has for the oddness of its profile."""
_AS_IT_IS: Final = 0.65
"""How often an operation is tried in the state as it is instead."""
_TIMES: Final = (*(1,) * 70, *(2,) * 5, 3, 3, 4, 9, 17)
"""How often in a row a goal is reached; a reload once, as a second one finds what the first has left."""
_SESSIONS: Final = (1, 2, 2, 3)
"""How many sessions a program towards goals begins with."""
_LOOKED_ROUND: Final = 0.15
"""How often it turns to another session."""
_AGAIN: Final = 0.3
"""How often what succeeded is done again at once with the same arguments: some of it is refused then."""
_TREES: Final = 0.01
"""How often trees are looked at on the way, as leaves that come later hide what went wrong."""
_LOOKED_AT: Final = 8
"""How many sessions are looked at at the end of a program."""
_CLOSED_AT_LAST: Final = 0.25
_RELOADED_AT_LAST: Final = 0.4
"""How often sessions are closed, and the store is read back, before the last look of a program towards goals."""
_LAST_SESSIONS: Final = 3
"""How many sessions are closed there at most, and of how many a tree is looked at."""
_LOOKED_INTO: Final = 4
"""How many bindings of a kind are looked up at the end of a program, per session."""


def profile_of(index: int) -> Profile:
    """Return the profile of the program with that index."""
    return PROFILES[index % len(PROFILES)]


def _cast_of(seed: int, index: int) -> Cast:
    """Return the names of a program: with doubles, but for one program of a few under each profile."""
    turn = index // len(PROFILES)
    return cast_with_doubles(seed + turn - turn // _PLAIN) if turn % _PLAIN else PLAIN


class Generator:
    """Makes one program, step by step.

    Args:
        seed: of the whole run, 0 to 2^64-1.
        index: the program's number, from 0.
        offered: the operations that the implementation offers; no other is used.
        contract: what the reference follows.
        profile: the weights to draw by; by default the one of the index.
        reached: is given what each step reached, as guidance sees it.
    """

    def __init__(
        self,
        seed: int,
        index: int,
        *,
        offered: frozenset[str] = ALL_OPERATIONS,
        contract: Contract | str = "telltale-17",
        profile: Profile | None = None,
        reached: Reached | None = None,
    ) -> None:
        self.profile = profile or profile_of(index)
        rng = Random(f"{seed}/{index}")
        self.store = Store(contract)
        self._reached = reached
        self._watch = None if reached is None else Watch(self.store, reached.told, reached.most)
        self._draw = Drawing(rng, self.profile.oddness, _cast_of(seed, index))
        self._offered = offered
        self._turn = index // len(PROFILES)
        self._selection = select(self.profile, rng, offered)
        self._pool = Pool()
        self._arguments = Arguments(self._draw, self._pool, self.store)
        self._apart = Random(f"{seed}/{index}/beside")
        self._seq = 0
        self._beside = 0
        """How many of the steps so far are beside the drawn ones, and not counted."""

    def steps(self, count: int | None = None) -> Iterator[GeneratedStep]:
        """Yield ``count`` steps and then the last look at everything that is left; and what is beside them.

        Where no count is given, there are as many as programs of the course have.
        """
        if not self._selection.names:
            return
        if self.profile.course == "goals":
            yield from self._directed(DIRECTED_STEPS if count is None else count)
            return
        count = DEFAULT_STEPS if count is None else count
        for made in self._made(count):
            yield made
            yield from self._looks(after(made.operation, made.arguments, made.outcome))
        yield from self._looks(at_the_end(self.store, self._apart))

    def continued(self, begun: Iterable[Step], count: int) -> Iterator[GeneratedStep]:
        """Yield the steps of a program that can be carried out, then ``count`` drawn ones and the last look.

        What is drawn knows the state that the program has led to, and what it was given there.
        """
        results: dict[int, Any] = {}
        for one in begun:
            codec = CODECS[one.op]
            try:
                args = resolve(one.args, results)
                arguments, names = codec.from_json(args), codec.wire_names
            except (UnresolvedReference, ArgumentError):
                continue
            given = (one.args.get(names[parameter]) for parameter in codec.operation.parameters)
            written = tuple(arg if references(arg) else None for arg in given)
            made = self._carry_out(one.op, arguments, written, raw=False)
            if made.outcome.error is None and made.operation.gives:
                results[one.seq] = as_json(made.outcome.ok)
            yield made
        if self.profile.course == "goals":
            yield from self._directed(self._counted + count)
            return
        for made in self._drawn(self._counted + count):
            yield made
            yield from self._looks(after(made.operation, made.arguments, made.outcome))
        yield from self._last_look(self._pool.sids)
        yield from self._looks(at_the_end(self.store, self._apart))

    def _looks(self, acts: Iterable[Act]) -> Iterator[GeneratedStep]:
        """Yield steps that are not counted."""
        for act in acts:
            if act.operation in self._offered:
                self._beside += 1
                written = self._arguments.referring(act.operation, act.arguments)
                yield self._carry_out(act.operation, act.arguments, written, raw=False)

    @property
    def _counted(self) -> int:
        return self._seq - self._beside

    def _directed(self, until: int) -> Iterator[GeneratedStep]:
        """Yield steps towards goals up to that number, then the last look."""
        bound: dict[Edge, None] = {}
        for made in self._towards_goals(until):
            bound.update(dict.fromkeys(_bound_in(made)))
            yield made
        yield from self._acts(self._at_last())
        yield from self._last_look(self.store.sessions)
        yield from self._acts(Act("lookup_handler", (edge,)) for edge in list(bound)[-_LOOKED_INTO:])
        yield from self._acts(busiest_trees(self.store))

    def _at_last(self) -> Iterator[Act]:
        """Yield what a program towards goals ends with at times: its sessions are closed, the store is read back."""
        draw = self._draw
        if draw.random() < _CLOSED_AT_LAST:
            yield from (Act("close", (sid,)) for sid in tuple(self.store.sessions)[-_LAST_SESSIONS:])
        if draw.random() < _RELOADED_AT_LAST:
            yield RELOAD

    def _towards_goals(self, until: int) -> Iterator[GeneratedStep]:
        draw, selection = self._draw, self._selection
        goals = Goals(draw, self._pool, self.store, self._arguments)
        goals.look_round(1)
        if not self.store.sessions:
            for _ in range(draw.one_of(_SESSIONS)):
                yield from self._acts(goals.towards("open"))
        while self._counted < until:
            goals.look_round(_LOOKED_ROUND)
            if draw.random() < _TREES:
                yield from self._acts(busiest_trees(self.store))
            before, operation = self._seq, OPERATIONS[selection.any(draw.random())]
            if operation.reads_only:
                yield self._step(operation.name, goals.sid)
                continue
            if draw.random() >= _AS_IT_IS:
                for _ in range(1 if operation.name == RELOAD.operation else draw.one_of(_TIMES)):
                    if self._counted < until:
                        yield from self._again(self._acts(goals.towards(operation.name)))
            if self._seq == before:
                phase = phase_of(self.store.sessions.get(goals.sid))
                yield from self._again([self._step(selection.one(phase, draw.random()), goals.sid)])

    def _again(self, made: Iterable[GeneratedStep]) -> Iterator[GeneratedStep]:
        """Yield steps, and some of those that changed something a second time."""
        for one in made:
            yield one
            changed = not one.operation.reads_only and one.outcome.error is None
            if changed and one.operation.name != RELOAD.operation and self._draw.random() < _AGAIN:
                yield self._carry_out(one.operation.name, one.arguments, one.written)

    def _made(self, count: int) -> Iterator[GeneratedStep]:
        if self.profile.course == "lives":
            yield from self._lives()
        elif self.profile.course == "sizes":
            yield from self._sizes()
        elif self.profile.course == "edges":
            roles, types, _ = opening(self._draw)
            yield from self._acts([Act("open", (roles, types, self._draw.buffer_config()))])
        elif "open" in self._offered:
            yield self._step("open", 0)
        yield from self._drawn(max(count, self._counted + _AFTER_COURSE) if self._counted > 1 else count)
        yield from self._last_look(self._pool.sids)

    def _drawn(self, until: int) -> Iterator[GeneratedStep]:
        """Yield steps drawn by weight up to that number."""
        draw = self._draw
        while self._counted < until:
            focus = self._focus()
            name = self._selection.one(phase_of(self.store.sessions.get(focus)), draw.random())
            if OPERATIONS[name].gives == "session" and len(self.store.sessions) >= 3 and draw.random() < 0.7:
                continue
            yield self._step(name, focus)
            if self.profile.course == "reloads":
                yield from self._acts([RELOAD])

    def _lives(self) -> Iterator[GeneratedStep]:
        """Yield the lives of a session that is opened again and again under its id."""
        sid, arguments = self.store.next_sid, opening(self._draw)
        yield from self._acts([Act("open", arguments)])
        for _ in range(2):
            if sid not in self.store.sessions:
                break
            life = Life(self._draw, self._pool, self.store, sid)
            yield from self._acts(life.lived())
            yield from self._drawn(self._counted + _AMID_LIFE)
            yield from self._acts(life.ends())
            yield from self._acts(opened_again(self._draw, sid, arguments))
            yield from self._acts(life.again())

    def _sizes(self) -> Iterator[GeneratedStep]:
        """Yield what makes something large; which, follows from the number of the program."""
        relation = [*SIZES][self._turn % len(SIZES)]
        yield from self._acts(act._replace(relation=relation) for act in SIZES[relation](self._draw, self.store))

    def _acts(self, acts: Iterable[Act]) -> Iterator[GeneratedStep]:
        for act in acts:
            if act.operation in self._offered:
                written = self._arguments.referring(act.operation, act.arguments)
                step = self._carry_out(act.operation, act.arguments, written)
                yield step._replace(cell=step.cell._replace(relation=act.relation)) if act.relation else step

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

    def _carry_out(
        self, name: str, arguments: tuple[object, ...], written: tuple[Written, ...], *, raw: bool = True
    ) -> GeneratedStep:
        operation = OPERATIONS[name]
        args = encode_arguments(operation, arguments)
        if raw and arguments and self._draw.random() < _RAW:
            args = raw_form(self._draw, operation, args)
            arguments, written = _read_again(operation, args, written)
        before = situation(self.store, operation, arguments)
        alike = () if self._watch is None else self._watch.before(operation, arguments)
        outcome = step(self.store, operation, arguments)
        seq = self._seq
        self._seq = seq + 1
        self._pool.take(seq, operation, outcome)
        cell = cell_of(before, operation, outcome)
        if self._watch is not None and self._reached is not None:
            self._reached.tell(seq, self._watch.after(operation, arguments, outcome, cell, alike))
        plan = arguments[1] if name == "open_with_sid_from_plan" else None
        if isinstance(plan, PlanInput):
            cell = cell._replace(relation=self._arguments.plans.use(plan))
        return GeneratedStep(seq, operation, arguments, written, outcome, cell, args)

    def _last_look(self, sids: Iterable[int]) -> Iterator[GeneratedStep]:
        """Look at the last of these sessions, at what is bound and sent in live ones, and at the store."""
        for sid in tuple(sids)[-_LOOKED_AT:]:
            written = self._pool.write_sid(sid)
            for name in LAST_LOOK.session:
                if name in self._offered and (name == "observe" or name in self.profile.weights):
                    yield self._carry_out(name, (sid,), (written,))
        for session in tuple(self.store.sessions.values())[-_LOOKED_AT:]:
            yield from self._look_into(session)
        for name in LAST_LOOK.store:
            if name in self._offered:
                yield self._carry_out(name, (), ())

    def _look_into(self, session: Session) -> Iterator[GeneratedStep]:
        """Look up what was bound and receive what was sent, as far as the profile has to do with it."""
        asked = self.profile.weights.keys() & self._offered
        sid, written = session.sid, self._pool.write_sid(session.sid)
        pairs = dict.fromkeys((edge.sender, edge.receiver) for edge in session.edge_handlers)
        bound = [Edge(receiver=receiver, sender=sender, sid=sid) for sender, receiver in pairs]
        for name, edges in (("lookup_handler", bound), ("lookup_trace", tuple(session.edge_traces))):
            for edge in edges[: _LOOKED_INTO if name in asked else 0]:
                yield self._carry_out(name, (edge,), (None,))
        receive = next((name for name in ("recv_signed", "recv") if name in asked), None)
        if receive is not None:
            waiting = [pair for pair, buffer in session.buffers.items() for _ in buffer.messages]
            for sender, receiver in waiting[: 2 * _LOOKED_INTO]:
                yield self._carry_out(receive, (sid, sender, receiver), (written, None, None))


def _bound_in(made: GeneratedStep) -> Iterator[Edge]:
    """Yield the edge that a step binds a handler to."""
    if made.operation.name in ("update_handler", "apply_owned_session_mutation"):
        given = next((one for one in made.arguments if isinstance(one, UpdateEdgeHandler)), None)
        yield from (one for one in (*made.arguments, given and given.edge) if isinstance(one, Edge))


def busiest_trees(store: Store) -> Iterator[Act]:
    """Yield looks at the tree with the most leaves of each session: its root, and the proof of the last leaf."""
    for sid, session in [*store.sessions.items()][-_LAST_SESSIONS:]:
        if session.auth:
            sender, receiver = max(session.auth, key=lambda pair: len(session.auth[pair]))
            edge = Edge(receiver=receiver, sender=sender, sid=sid)
            yield Act("auth_root", (sid, edge))
            yield Act("auth_proof", (sid, edge, len(session.auth[sender, receiver]) - 1))


def _read_again(
    operation: Operation, args: bytes, written: tuple[Written, ...]
) -> tuple[tuple[object, ...], tuple[Written, ...]]:
    """Return the arguments that a text holds, and how a program writes each: an object as it is in the text."""
    document = decode_as_written(args)
    names = CODECS[operation.name].wire_names
    plain = (
        reference if reference is not None and not isinstance(document.get(names[parameter]), dict) else None
        for parameter, reference in zip(operation.parameters, written, strict=True)
    )
    return CODECS[operation.name].from_json(document), tuple(plain)


def directed(
    seed: int, index: int, offered: frozenset[str], contract: Contract | str, reached: Reached | None = None
) -> Generator:
    """Return what makes program ``index`` of those that are drawn towards goals."""
    oddness = Random(f"{seed}/{index}/goals").choice(_ODDNESS)
    profile = DIRECTED[index % len(DIRECTED)]._replace(oddness=oddness)
    return Generator(seed, index, offered=offered, contract=contract, profile=profile, reached=reached)


def generate_program(seed: int, index: int, *, steps: int = DEFAULT_STEPS, contract: str = "telltale-17") -> Program:
    """Return program number ``index`` of a seed as a program with references."""
    generator = Generator(seed, index, contract=contract)
    meta = {"index": index, "profile": generator.profile.name, "seed": seed}
    return as_program(generator.steps(steps), contract, meta)
