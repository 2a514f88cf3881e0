"""What the theorems state, pinned: a weaker statement under an old name does not pass.

The pin of a theorem is a hash over the words of its statement, and over every definition of the proofs that these words
name, and so on.  Definitions of the model itself are left out: they may change, and are compared with the reference.

``quantified`` tells of what a theorem holds: the kinds of things over which its statement quantifies.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from telltale_conformance.files import packaged
from telltale_conformance.lean_traces.lean_bundle import theorems
from telltale_conformance.lean_traces.lean_rules import COMMANDS
from telltale_conformance.lean_traces.lean_tokens import LeanToken, tokens

PINS: Final = "theorems.json"
"""The file beside the Lean package that holds the pins; written by ``python -m tools.pin_theorems``."""
KINDS: Final[Mapping[str, str]] = {
    "Contract": "both contracts",
    "Store": "stores",
    "List Op": "sequences of operations of a store",
    "List SessionOp": "sequences of operations on a session",
    "List OwnOp": "sequences of ownership operations",
    "Own": "states of an ownership",
    "Session": "sessions",
    "Op": "operations",
    "OwnOp": "ownership operations",
    "Cap": "capabilities",
    "Receipt": "receipts",
    "Readiness": "witnesses",
    "Scope": "scopes",
    "Mutation": "mutations",
    "Edge": "edges",
    "BufferConfig": "buffer configurations",
    "LocalType": "local types",
    "List ( String × LocalType )": "types of roles",
    "Reason": "terminal reasons",
    "PlanEdge": "edges of plans",
}
"""What the variables of a statement stand for, by their type; numbers and names are left out."""
_FROM: Final[Mapping[str, str]] = {
    "hardened": "`hardened`",
    "telltale17": "`telltale-17`",
    "Reachable": "stores that operations lead to",
    "reached": "sessions from their opening on",
    "opening": "sessions from their opening on",
    "start": "sessions from their opening on",
    "fresh": "sessions from their opening on",
    "empty": "stores from the empty one on",
    "HonestOwn": "honest clients",
    "HonestRun": "honest clients",
}
"""What words of a statement say of the contract and of where it begins."""
ONE_RUN: Final = "one run that shows it"
_PROOFS: Final = "Telltale.Proofs."
_DEFINES: Final = frozenset({"abbrev", "def", "inductive", "structure"})
_CLAIM: Final = re.compile(r"K\d+")
_NAME: Final = re.compile(r"\w+'*")
_STARTS: Final = COMMANDS | {"@", "#", "macro"}


def pinned() -> dict[str, str]:
    """Return the hash of what each theorem stated when it was pinned."""
    pins: dict[str, str] = json.loads(packaged("telltale_conformance.lean_traces", "lean", PINS))
    return pins


def stated(sources: Mapping[str, str]) -> dict[str, str]:
    """Return the hash of what each theorem with a sentence states now, by its full name."""
    statements, definitions = _parts(sources)
    return {
        theorem.name: _hash(statements.get(theorem.name.removeprefix("Telltale."), ""), definitions)
        for theorem in theorems(sources)
    }


def quantified(sources: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return of what each theorem with a sentence holds, by its full name: from where on, and for all of what."""
    statements, definitions = _parts(sources)
    found = {}
    for theorem in theorems(sources):
        statement = statements.get(theorem.name.removeprefix("Telltale."), "")
        claims = [text for word in statement.split(" ") if _CLAIM.match(word) for text in definitions.get(word, ())]
        words = " ".join([statement, *(text.partition(" : = ")[2] for text in claims)]).split(" ")
        kinds = [_FROM[word] for word in words if word in _FROM]
        kinds += [KINDS[kind] for kind in _bound(words) if kind in KINDS]
        if _FROM["Reachable"] in kinds:
            kinds = [kind for kind in kinds if kind != KINDS["Store"]]
        shows_one = statement.startswith("not_") or not any(_bound(words))
        found[theorem.name] = (ONE_RUN,) if shows_one else tuple(dict.fromkeys(kinds))
    return found


def _bound(words: Sequence[str]) -> Iterator[str]:
    """Give the type of each binder: of ``x`` in ``(x : List Op)``, of both in ``(x y : Nat)`` once."""
    for index, word in enumerate(words):
        if word not in "({":
            continue
        depth, end = 1, index + 1
        while end < len(words) and depth:
            depth += (words[end] in "({[") - (words[end] in ")}]")
            end += 1
        inside = words[index + 1 : end - 1]
        if ":" in inside and all(_NAME.fullmatch(name) for name in inside[: inside.index(":")]):
            yield " ".join(inside[inside.index(":") + 1 :])


def _parts(sources: Mapping[str, str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the words of every theorem's statement, and of every definition of the proofs, by name."""
    commands = [
        command
        for module, source in sources.items()
        if module.startswith(_PROOFS)
        for command in _commands(list(tokens(source, module)))
    ]
    definitions: dict[str, list[str]] = {}
    statements: dict[str, str] = {}
    for command in commands:
        words = [token.text for token in command]
        kind = next((index for index, word in enumerate(words) if word in _DEFINES | {"theorem"}), None)
        if kind is None or kind + 1 >= len(words):
            continue
        if words[kind] == "theorem":
            statements[words[kind + 1]] = " ".join(words[kind + 1 : _statement_end(words)])
        else:
            for word in _name(words[kind + 1 :]):
                definitions.setdefault(word, []).append(" ".join(words))
    return statements, definitions


def unlike_pinned(sources: Mapping[str, str]) -> list[str]:
    """Return what differs from the pins: statements that changed, theorems without a pin, pins without a theorem."""
    pins, now = pinned(), stated(sources)
    return [
        *(
            f"{name} states something else than what is pinned"
            for name in now
            if pins.get(name, now[name]) != now[name]
        ),
        *(f"{name} is not pinned" for name in now.keys() - pins.keys()),
        *(f"{name} is pinned and not there" for name in pins.keys() - now.keys()),
    ]


def _commands(code: Sequence[LeanToken]) -> list[list[LeanToken]]:
    """Split a file at the words at the margin with which commands begin."""
    found: list[list[LeanToken]] = [[]]
    for token in code:
        if token.column == 0 and token.text in _STARTS:
            found.append([])
        found[-1].append(token)
    return found


def _name(words: Sequence[str]) -> list[str]:
    """Return the parts of the dotted name that the words begin with."""
    parts = [words[0]]
    while words[2 * len(parts) - 1 : 2 * len(parts)] == ["."]:
        parts.append(words[2 * len(parts)])
    return parts


def _statement_end(words: Sequence[str]) -> int:
    """Return where the statement ends: at ``:=`` or ``|`` outside of brackets."""
    depth = 0
    for index, word in enumerate(words):
        depth += (word in "([{⟨") - (word in ")]}⟩")
        if depth == 0 and (word == "|" or words[index : index + 2] == [":", "="]):
            return index
    return len(words)


def _hash(statement: str, definitions: Mapping[str, Sequence[str]]) -> str:
    means, waiting = {statement}, [statement]
    while waiting:
        for word in waiting.pop().split(" "):
            new = [text for text in definitions.get(word, ()) if text not in means]
            means.update(new)
            waiting += new
    return "sha256:" + hashlib.sha256("\n".join(sorted(means)).encode()).hexdigest()
