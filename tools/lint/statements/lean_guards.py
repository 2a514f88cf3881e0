"""The order of guards in the Lean model, read from the tokens of its definitions.

An operation is a definition whose documentation comment begins with its name in backticks. Its guards are the
definitions of ``Guards.lean`` that its body names, in the order of the text: in continuation style that is the order
in which they are walked. G-found is walked for all of them by ``Store.own``, before ``act`` chooses the operation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.lint.statements.faults import Fault, Reading, Walk
from tools.lint.statements.python_guards import Sources

_TOKEN = re.compile(
    r"(?P<doc>/--.*?-/)|(?P<skip>/-.*?-/|--[^\n]*|\s+)|(?P<text>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>\.?[^\W\d][\w'!?]*(?:\.[^\W\d][\w'!?]*)*)|(?P<sign>.)",
    re.DOTALL,
)
_BEGINS = frozenset({"def", "theorem", "structure", "inductive", "instance", "namespace", "end", "mutual", "attribute"})
_CHOOSES = frozenset({"match", "if", "refuse", "refuseWitness"})
_GUARD_DOC = re.compile(r"/--\s*(G-[a-z]+|§3\.\d|H\d+)\b")
_OPERATION_DOC = re.compile(r"/--\s*`(\w+)`")
_CLOSE = "close"
"""What ``act`` chooses too: of §5, without guards of §1 but G-found."""
_COUNTERS = {".generation": "generation", ".claimId": "claim_id", ".witnessId": "witness_id"}


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition of a Lean file: where it is, its documentation, its name, and the tokens of its body."""

    place: str
    doc: str
    name: str
    body: Sequence[str]


def definitions(path: str, source: str) -> Iterator[Definition]:
    """Yield the definitions of a file, each up to what begins after it."""
    tokens = [(found.lastgroup, found[0], found.start()) for found in _TOKEN.finditer(source)]
    tokens = [token for token in tokens if token[0] != "skip"]
    starts = [at for at, (_, text, _) in enumerate(tokens) if text in _BEGINS]
    for at, following in pairwise([*starts, len(tokens)]):
        if tokens[at][1] != "def":
            continue
        doc, before = "", at
        while (before and tokens[before - 1][0] != "doc" and tokens[before - 1][1] in "@[]") or (
            before and tokens[before - 1][1] in {"inline", "macro_inline", "private", "partial"}
        ):
            before -= 1
        if before and tokens[before - 1][0] == "doc":
            doc = tokens[before - 1][1]
        line = source.count("\n", 0, tokens[at][2]) + 1
        body = [text for kind, text, _ in tokens[at + 2 : following] if kind != "doc"]
        yield Definition(f"{path}:{line}", doc, tokens[at + 1][1], body)


def read_model(sources: Sources, guards: str, store: str, operations: Collection[str]) -> Reading:
    """Read the walk of each operation.

    Args:
        sources: the files of the model.
        guards: which of them has the guards.
        store: which of them has ``own``, which walks G-found for every operation.
        operations: the operations to look for.
    """
    names = {
        made.name: found[1]
        for made in definitions(guards, sources[guards])
        if (found := _GUARD_DOC.match(made.doc)) is not None
    }
    every = [made for path, source in sources.items() for made in definitions(path, source)]
    shared, faults = _of_every_operation([made for made in every if made.place.startswith(f"{store}:")], names, store)
    walks: dict[str, Walk] = {}
    called: dict[str, str] = {}
    for made in every:
        found = _OPERATION_DOC.match(made.doc)
        if found is None or found[1] not in operations:
            continue
        operation = found[1]
        if operation in walks:
            faults.append(Fault(made.place, operation, f"is defined at {walks[operation].place} too"))
        if chosen := [token for token in made.body if token in _CHOOSES]:
            faults.append(Fault(made.place, operation, f"chooses by itself ({chosen[0]}) in place of by a guard"))
        walk, unread = _walk(made, names)
        faults += [Fault(made.place, operation, what) for what in unread]
        walks[operation] = Walk(made.place, (*shared, *walk))
        called[made.name] = operation
    return Reading(walks, [*faults, *_not_called(every, called, guards)])


def _of_every_operation(
    made: Sequence[Definition], names: Mapping[str, str], store: str
) -> tuple[tuple[str, ...], list[Fault]]:
    """Return the guards that ``own`` walks before it calls ``act``."""
    own = [one for one in made if one.name == "own" and "act" in one.body]
    if len(own) != 1:
        return (), [Fault(store, None, "there must be one definition own, which walks G-found and then calls act")]
    before = own[0].body[: own[0].body.index("act")]
    after = own[0].body[len(before) :]
    faults = [Fault(own[0].place, None, "own walks a guard after act")] if set(after) & names.keys() else []
    return tuple(names[token] for token in before if token in names), faults


def _walk(made: Definition, names: Mapping[str, str]) -> tuple[tuple[str, ...], list[str]]:
    """Return the guards that a body names, and what could not be read."""
    walk: list[str] = []
    unread: list[str] = []
    for at, token in enumerate(made.body):
        if re.fullmatch(r"g[A-Z]\w*", token) and token not in names:
            unread.append(f"{token} is no guard of the contract")
        if token not in names:
            continue
        name = names[token]
        if name == "G-counter":
            counter = next((_COUNTERS[later] for later in made.body[at : at + 8] if later in _COUNTERS), None)
            if counter is None:
                unread.append("a G-counter without its counter")
            name = f"{name} {counter}"
        walk.append(name)
    return tuple(walk), unread


def _not_called(every: Sequence[Definition], called: Mapping[str, str], guards: str) -> list[Fault]:
    """Where ``act`` calls something else than what was read: what is read must be what runs."""
    act = [made for made in every if made.name == "act"]
    if len(act) != 1:
        return [Fault(guards, None, "there must be one definition act, which chooses the operation")]
    body = act[0].body
    chosen = {body[at + 2] for at, token in enumerate(body[:-2]) if (token, body[at + 1]) == ("=", ">")}
    return [
        *(
            Fault(act[0].place, operation, f"act does not call {name}")
            for name, operation in called.items()
            if name not in chosen
        ),
        *(
            Fault(act[0].place, None, f"act calls {name}, which is documented as no operation of §2")
            for name in sorted(chosen - called.keys() - {_CLOSE})
        ),
    ]
