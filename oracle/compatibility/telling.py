"""A judgement in words, and as the row that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec

from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.payloads import PayloadSort
from telltale_conformance.model.types.printer import print_name, print_sort
from telltale_conformance.oracle.compatibility.as_program import TooDeep, as_program
from telltale_conformance.oracle.compatibility.buffer_text import buffer_text
from telltale_conformance.oracle.compatibility.judging import Judgement
from telltale_conformance.oracle.compatibility.product import Move, Problem, Product
from telltale_conformance.readable import counted


def row(subject: str, judgement: Judgement, types: dict[str, LocalType]) -> dict[str, Any]:
    """Return the judgement as one JSON object; the run is its program, empty where a type nests too deep."""
    program = None
    if judgement.problem is not None:
        with suppress(TooDeep):
            program = as_program(subject, judgement, types)
    return {
        "subject": subject,
        "compatible": judgement.compatible,
        "problem": None if judgement.problem is None else judgement.problem.kind,
        "run": [] if program is None else msgspec.to_builtins(program.steps),
        "states": judgement.states,
        "bound": judgement.bound,
    }


def verdict_line(judgement: Judgement) -> str:
    """Return the verdict with what decides it."""
    buffers = buffer_text(judgement.product.buffers)
    if judgement.compatible == "yes":
        return f"the roles fit with {buffers} (decided, {counted(judgement.states, 'state')})"
    if judgement.problem is not None:
        return f"the roles do not fit with {buffers}: {judgement.problem.kind}"
    return f"no problem with {buffers} up to {judgement.bound} states; not decided"


def problem_sentence(judgement: Judgement) -> str:
    """Return what is wrong at the end of the run, in a sentence."""
    problem, product = judgement.problem, judgement.product
    assert problem is not None
    names = [print_name(product.roles[role]) for role in problem.roles]
    after = f"after {counted(len(judgement.run), 'move')}" if judgement.run else "at once"
    with_buffers = f"{after}, with {buffer_text(product.buffers)}"
    match problem.kind:
        case "deadlock" | "stuck role":
            waits = "; ".join(_waiting(judgement, problem, role) for role in problem.roles)
            return f"{waits} ({with_buffers})"
        case "orphan message":
            label = _first_held(judgement, problem)
            return f"{label} from {names[1]} to {names[0]} is never received ({with_buffers})"
        case "unexpected message":
            label = _first_held(judgement, problem)
            return f"{names[0]} gets {label} from {names[1]} and awaits something else ({with_buffers})"
        case "sort mismatch":
            label = _first_held(judgement, problem)
            return f"{names[0]} gets {label} from {names[1]} and awaits it with another payload ({with_buffers})"


def run_lines(judgement: Judgement) -> Iterator[str]:
    """Yield the moves of a run, one a line."""
    for number, move in enumerate(judgement.run, 1):
        yield f"{number:>4}. {_move(judgement.product, move)}"


def _move(product: Product, move: Move) -> str:
    sender, receiver = (print_name(product.roles[role]) for role in product.edges[move.edge])
    label = _message(product, move.message)
    if move.answer is None:
        return f"{receiver} receives {label} from {sender}"
    return f"{sender} sends {label} to {receiver}" + ("" if move.answer == "Ok" else f": {move.answer}")


def _message(product: Product, message: int) -> str:
    label = product.messages[message].label
    sort: PayloadSort = label.sort
    return print_name(label.name) + ("" if sort == "Unit" else f"({print_sort(sort)})")


def _first_held(judgement: Judgement, problem: Problem) -> str:
    assert problem.edge is not None
    return _message(judgement.product, judgement.product.buffer(judgement.at, problem.edge)[0])


def _waiting(judgement: Judgement, problem: Problem, role: int) -> str:
    product, at = judgement.product, judgement.at
    name, intent, edge = print_name(product.roles[role]), product.intent(at, role), product.awaited_edge(at, role)
    if intent == "undefined":
        return f"{name} can never go on: its type says nothing that it could do here"
    if edge < 0:
        return f"{name} waits for a role that is not in the session"
    sender, receiver = (print_name(product.roles[one]) for one in product.edges[edge])
    if isinstance(intent, Move):
        label = _message(product, intent.message)
        if intent.answer == "Full":
            return f"{name} sends {label} to {receiver} and the buffer refuses it: Full"
        return f"{name} waits until {receiver} takes a message, its buffer is full"
    never = ", which never comes" if problem.kind == "stuck role" else ""
    return f"{name} waits for a message from {sender}{never}"
