"""A run to a problem as a program that an implementation can carry out.

The session is opened with the roles, types and buffers; each send and receive is followed by the typed step of its
role, the label travelling as the message; at the end come the operations that show the problem: the send that is
refused, the receive that finds nothing, the label that no branch has.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from telltale_conformance.errors import UsageError
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.printer import print_name
from telltale_conformance.model.types.type_json import encode_type
from telltale_conformance.oracle.compatibility.buffer_text import buffer_text
from telltale_conformance.oracle.compatibility.judging import Judgement
from telltale_conformance.oracle.compatibility.product import Move, Problem, Product
from telltale_conformance.oracle.reference.run import run_on_reference

DEEPEST: Final = 600
"""How deep the JSON of a type may nest in a program, so that whoever reads it needs no great stack: 150 choices."""


class TooDeep(UsageError):
    """Thrown when a type nests too deep to be written in a program."""

    remedy = "shorten the types, or follow the run in the report"


class _Writing:
    """The steps of a program, written one operation after the other."""

    def __init__(self, product: Product, types: dict[str, LocalType]) -> None:
        self.steps: list[Step] = []
        self._product = product
        initial_types = {role: _json(role, types[role]) for role in product.roles if role in types}
        buffers = msgspec.to_builtins(product.buffers)
        self._add("open", buffer_config=buffers, initial_types=initial_types, roles=list(product.roles))

    def move(self, move: Move) -> None:
        """Add a send or receive, and the typed step of the role that moves."""
        label = self._product.messages[move.message].label.name
        if move.answer is None:
            self.receive(move.edge)
        else:
            self.send(move.edge, label)
        self.advance(move.role, label)

    def send(self, edge: int, label: str) -> None:
        self._add("send", sid={"$ref": 0}, val={"Str": label}, **self._ends(edge))

    def receive(self, edge: int) -> None:
        self._add("recv", sid={"$ref": 0}, **self._ends(edge))

    def has_message(self, edge: int) -> None:
        self._add("has_message", sid={"$ref": 0}, **self._ends(edge))

    def advance(self, role: int, label: str) -> None:
        self._add("advance", ep=self._endpoint(role), label=label)

    def stands(self, role: int) -> None:
        self._add("lookup_type", ep=self._endpoint(role))

    def observe(self) -> None:
        self._add("observe", sid={"$ref": 0})

    def _ends(self, edge: int) -> dict[str, str]:
        sender, receiver = self._product.edges[edge]
        return {"from": self._product.roles[sender], "to": self._product.roles[receiver]}

    def _endpoint(self, role: int) -> dict[str, Any]:
        return {"role": self._product.roles[role], "sid": {"$ref": 0}}

    def _add(self, op: str, **args: Any) -> None:
        self.steps.append(Step(args=args, op=op, seq=len(self.steps)))


def _json(role: str, local_type: LocalType) -> Any:
    try:
        return parse(encode_type(local_type), DEEPEST)
    except StrictJsonError:
        raise TooDeep(f"the type of {print_name(role)} nests deeper than a program may") from None


def as_program(subject: str, judgement: Judgement, types: dict[str, LocalType]) -> Program:
    """Return the run of a judgement as a program; without a problem it only opens the session.

    The program is for the judgement's contract. Where that one's rule for recursion leads a typed step elsewhere than
    the types say (claim K16), it is for ``hardened``, which unfolds as they say.
    """
    product = judgement.product
    written = _Writing(product, types)
    for move in judgement.run:
        written.move(move)
    if judgement.problem is not None:
        _show(written, judgement, judgement.problem)
    meta = {
        "buffer": buffer_text(product.buffers),
        "problem": None if judgement.problem is None else judgement.problem.kind,
        "subject": subject,
    }
    program = Program(contract=product.contract.name, meta=meta, steps=tuple(written.steps))
    if product.contract is HARDENED or _is_shown(program, judgement, TELLTALE_17):
        return program
    return (
        msgspec.structs.replace(program, contract=HARDENED.name) if _is_shown(program, judgement, HARDENED) else program
    )


def _show(written: _Writing, judgement: Judgement, problem: Problem) -> None:
    """Add the operations at the end that show what is wrong."""
    product, at = judgement.product, judgement.at
    match problem.kind:
        case "unexpected message" | "sort mismatch":
            assert problem.edge is not None
            (message, *_) = product.buffer(at, problem.edge)
            written.stands(problem.roles[0])
            written.receive(problem.edge)
            if problem.kind == "unexpected message":
                written.advance(problem.roles[0], product.messages[message].label.name)
        case "orphan message":
            assert problem.edge is not None
            written.stands(problem.roles[0])
            written.has_message(problem.edge)
        case "deadlock" | "stuck role":
            for role in problem.roles:
                _attempt(written, product, judgement, role)
    written.observe()


def _attempt(written: _Writing, product: Product, judgement: Judgement, role: int) -> None:
    """Add what a role that waits would do: the send that is not taken, or the receive that finds nothing."""
    intent = product.intent(judgement.at, role)
    edge = product.awaited_edge(judgement.at, role)
    written.stands(role)
    if edge < 0:
        return
    if isinstance(intent, Move):
        written.send(edge, product.messages[intent.message].label.name)
    elif intent == "receive":
        written.receive(edge)


def _is_shown(program: Program, judgement: Judgement, contract: Contract) -> bool:
    """Say whether every send is answered as in the run, and every typed step is one."""
    answers = iter([move for move in judgement.run for _ in range(2)])
    for done in run_on_reference(program, contract):
        if done.step.op == "open":
            continue
        move = next(answers, None)
        if move is None:
            return True
        outcome = done.outcome
        if outcome is None or outcome.error is not None:
            return False
        if done.step.op == "send" and outcome.ok != move.answer:
            return False
    return True
