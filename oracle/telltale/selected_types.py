"""Local types as runs print them, ``LocalType.select "B" [("ping", LocalType.end_)]``: de Bruijn, without sorts.

The Rust machine prints the stripped current type, whose recursion variables nothing binds any more: all of them as
``LocalType.var 0``. The Lean runner keeps continuations folded and substituted. White space and parentheses may
differ: texts are compared without them.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Final

from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.theory import unfold
from telltale_conformance.model.types.trees import Mu, Var

_TOKEN: Final = re.compile(r'("(?:[^"\\]|\\.)*")|[\s()]+')


@lru_cache(4096)
def bare(text: str) -> str:
    """Return a printed type without white space and parentheses."""
    return _TOKEN.sub(lambda found: found[1] or "", text)


def printed(local_type: LocalType) -> str:
    """Return a type as runs print it, without white space and parentheses."""
    return "".join(_pieces(local_type))


def _pieces(local_type: LocalType) -> list[str]:
    pieces: list[str] = []
    stack: list[str | tuple[LocalType, tuple[str, ...]]] = [(local_type, ())]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        node, bound = item
        if isinstance(node, Choice):
            pieces.append(f"LocalType.{'select' if isinstance(node, Send) else 'branch'}{_quoted(node.partner)}[")
            after: list[str | tuple[LocalType, tuple[str, ...]]] = []
            for number, branch in enumerate(node.branches):
                after += [f"{',' if number else ''}{_quoted(branch.label.name)},", (branch.continuation, bound)]
            stack += [*reversed([*after, "]"])]
        elif isinstance(node, Mu):
            pieces.append("LocalType.mu")
            stack.append((node.body, (node.var, *bound)))
        elif isinstance(node, Var):
            pieces.append(f"LocalType.var{bound.index(node.name) if node.name in bound else 0}")
        else:
            pieces.append("LocalType.end_")
    return pieces


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def lean_step(folded: LocalType, label: str) -> LocalType | None:
    """Return what the Lean runner keeps after a step: the continuation of the unfolded type, folded as it stands."""
    head = folded
    for _ in range(64):
        if not isinstance(head, Mu):
            break
        head = unfold(head)
    if not isinstance(head, Choice):
        return None
    return next((branch.continuation for branch in head.branches if branch.label.name == label), None)
