"""What an adapter must be able to do before anything can be concluded about what is behind it: check by check."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from typing import Final, Literal, NamedTuple

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.decoding.table import TYPES
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, Answer, Request, ask
from telltale_conformance.oracle.adapters.answers import strict_value
from telltale_conformance.oracle.adapters.kit_integers import check_integers
from telltale_conformance.oracle.adapters.kit_requests import WELL_FORMED
from telltale_conformance.oracle.adapters.kit_results import Departure, NotOffered, Problem
from telltale_conformance.oracle.adapters.kit_texts import check_deep, check_long, check_text
from telltale_conformance.oracle.adapters.protocol import RESET
from telltale_conformance.readable import counted, one_line

PIPELINED: Final = 1000
"""How many requests are sent at once to see that answers come in order; far more than a pipe holds."""
ALONE: Final = 100
"""How many of them are sent one by one too, to see that the answers are the same."""
_LISTED: Final = 6


class Check(NamedTuple):
    """One thing that an adapter must do."""

    name: str
    asks: str
    """What is asked of the adapter, in one sentence."""
    run: Callable[[Adapter], str]
    """Gives what was seen; raises Problem, NotOffered or an AdapterFault."""
    weight: Literal["must", "should", "contract"] = "must"
    """Whether nothing can be judged without it, or only less; or whether it is the contract's demand, which is for
    ``check`` to judge."""


def check_operations(adapter: Adapter) -> str:
    """Return the hello names operations of the contract, and a contract."""
    hello = adapter.hello
    known, unknown = hello.ops & OPERATIONS.keys(), sorted(hello.ops - OPERATIONS.keys())
    if unknown and not known:
        raise Problem(f"no operations but unknown ones: {_some(unknown)}", "name operations as the contract does")
    if not hello.ops:
        raise Problem("no operations", "list in ops what the adapter carries out")
    if hello.contract not in CONTRACTS:
        raise Problem(f"unknown contract {hello.contract!r}", f"name one of {', '.join(CONTRACTS)}")
    missing = [op for op in OPERATIONS if op not in known]
    parts = [f"{len(known)} of {len(OPERATIONS)}" if missing else f"all {len(OPERATIONS)}"]
    if unknown:
        parts.append(f"unknown to this version, so never sent: {_some(unknown)}")
    return "; ".join(parts)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (" and more" if len(names) > _LISTED else "")


def check_understands(adapter: Adapter) -> str:
    """Every operation of the hello takes well-formed arguments."""
    requests = [request for op, request in WELL_FORMED.items() if op in adapter.hello.ops]
    answers = dict(zip(requests, _fresh(adapter, requests), strict=True))
    refused = {request.op: answer for request, answer in answers.items() if answer.kind == "bad_request"}
    if refused:
        op, answer = next(iter(refused.items()))
        raise Problem(
            f"bad_request for {', '.join(refused)}; {op}: {one_line(answer.text(), 200)}",
            "read the arguments with the names and forms of the contract; take operations that cannot be "
            "carried out from ops",
        )
    lacking = [request for request, answer in answers.items() if answer.kind == "unsupported"]
    part = [request for request in lacking if request.op == "decode" and _reads_some_type(adapter)]
    if wholly := [request for request in lacking if request not in part]:
        raise Problem(
            f"offered and answered as unsupported: {', '.join(request.op for request in wholly)}; "
            f"{wholly[0].op}: {one_line(answers[wholly[0]].text(), 200)}",
            "carry them out, or take them from ops: what is offered and not there makes every check inconclusive",
        )
    for request, answer in answers.items():
        _must_be_strict(request.op, answer)
    panics = [request.op for request, answer in answers.items() if answer.kind == "panic"]
    seen = [f"{', '.join(panics)} answered panic"] if panics else []
    seen += [f"decode of {json.loads(request.args)['type']} answered unsupported" for request in part]
    return "; ".join([f"{len(answers)} asked", *seen])


def _reads_some_type(adapter: Adapter) -> bool:
    """Say whether ``decode`` is there for some type: one that an implementation does not have is unsupported."""
    asked = [Request("decode", encode({"type": name, "text": "null"})) for name in TYPES]
    return any(answer.kind != "unsupported" for answer in _fresh(adapter, asked))


def _must_be_strict(op: str, answer: Answer) -> None:
    """Refuse an answer that two readers may read differently, which no check can judge."""
    if answer.kind not in ("ok", "err"):
        return
    try:
        for part in (answer.payload, answer.audit or b"[]"):
            strict_value(part)
    except AdapterFault as fault:
        remedy = "print each member once, texts without lone surrogates, and numbers within 64 bits"
        raise Problem(f"the answer to {op} cannot be judged: {fault.problem}", remedy) from None


def check_outcomes(adapter: Adapter) -> str:
    """Return what succeeds is answered with ok, what is refused with err."""
    _need(adapter, "claim_ownership")
    claim = WELL_FORMED["claim_ownership"]
    unknown = _fresh(adapter, [claim])[0]
    _must_answer(claim.op, unknown)
    if unknown.kind != "err":
        raise Departure(
            f"claiming a session that does not exist was answered with {unknown.kind}",
            "if the store refused, print the refusal as err, in the form that the error's own serializer gives",
        )
    _need(adapter, "open")
    opened, claimed = _fresh(adapter, [WELL_FORMED["open"], claim])
    for op, answer in (("open", opened), (claim.op, claimed)):
        _must_answer(op, answer)
        if answer.kind != "ok":
            raise Departure(f"{op} was answered with {answer.kind}", "if the store carried it out, print ok")
    return "ok and err" + (", with audit" if adapter.hello.audited else ", without audit")


def _must_answer(op: str, answer: Answer) -> None:
    """See that an operation of the hello was asked of the store at all."""
    if answer.kind in ("bad_request", "unsupported"):
        raise Problem(
            f"{op} was answered with {answer.kind}: {one_line(answer.text(), 200)}",
            "read the arguments with the names and forms of the contract; take from ops what cannot be carried out",
        )


def check_records(adapter: Adapter) -> str:
    """Return the records of an operation come with its answer."""
    for op in ("open", "claim_ownership"):
        _need(adapter, op)
    if not adapter.hello.audited:
        raise NotOffered("it does not observe the log")
    _, claimed = _fresh(adapter, [WELL_FORMED["open"], WELL_FORMED["claim_ownership"]])
    records = json.loads(claimed.audit or b"[]")
    if not records:
        raise Problem(
            "claiming a session came with an empty audit",
            "print as audit the records that the operation appended to the session's log; a store that logs no claim "
            "is refused by check",
        )
    return f"claiming a session came with {counted(len(records), 'record')}"


def check_reset(adapter: Adapter) -> str:
    """Return a reset makes a fresh, empty store."""
    _need(adapter, "open")
    opening = WELL_FORMED["open"]
    first = _fresh(adapter, [opening] * 3)
    again = _fresh(adapter, [opening] * 3)
    if first != again:
        shown = [one_line(answer.payload.decode(errors="replace"), 80) for answer in (first[0], again[0])]
        raise Problem(
            f"the first open gave {shown[0]}, and after a reset {shown[1]}",
            "make a new store at reset, with all its counters",
        )
    return "sessions are numbered from the start again"


def check_order(adapter: Adapter) -> str:
    """Many requests may be in flight, and are answered in order."""
    known = [request for op, request in WELL_FORMED.items() if op in adapter.hello.ops]
    if not known:
        raise NotOffered("no operation of the contract is offered")
    requests = list(islice(cycle(known), PIPELINED))
    together = [answer[:2] for answer in _fresh(adapter, requests)]
    apart, again = ([answer[:2] for answer in _one_by_one(adapter, requests[:ALONE])] for _ in range(2))
    if apart != again:
        raise Departure(
            "the same requests are answered otherwise after another reset",
            "let nothing of the store depend on chance, time or what was before the reset",
        )
    if together[:ALONE] != apart:
        position = next(at for at in range(ALONE) if together[at] != apart[at])
        raise Problem(
            f"{requests[position].op} is answered otherwise when {PIPELINED} requests are sent at once",
            "answer one request after the other",
        )
    return f"{PIPELINED} at once"


def _one_by_one(adapter: Adapter, requests: Iterable[Request]) -> list[Answer]:
    adapter.reset()
    return [ask(adapter, request) for request in requests]


def check_pace(adapter: Adapter) -> str:
    """How many operations are answered per second."""
    op = next((op for op in ("next_session_id", "plan", *WELL_FORMED) if op in adapter.hello.ops), None)
    if op is None:
        raise NotOffered("no operation of the contract is offered")
    began = time.perf_counter()
    count = sum(1 for _ in adapter.submit([WELL_FORMED[op]] * PIPELINED))
    seconds = time.perf_counter() - began
    return f"{count / seconds:,.0f} {op} per second" if seconds > 0 else "faster than the clock of this machine"


CHECKS: Final = (
    Check("operations", "names operations of the contract", check_operations),
    Check("understands", "takes well-formed arguments of every operation", check_understands),
    Check("outcomes", "answers ok and err, and audit when it observes it", check_outcomes),
    Check("records", "gives the records of a claim with its answer", check_records, "contract"),
    Check("reset", "makes a fresh store at reset", check_reset),
    Check("order", "answers many requests in order", check_order),
    Check("text", "passes any text unchanged", check_text),
    Check("long", "takes and gives long lines", check_long),
    Check("integers", "has exact integers", check_integers),
    Check("deep", "takes types that nest deep", check_deep, "should"),
    Check("pace", "answers quickly", check_pace, "should"),
)
"""The checks of a started adapter, in order; starting, bye and starting again are the command's own."""


def _fresh(adapter: Adapter, requests: Iterable[Request]) -> list[Answer]:
    return list(adapter.submit([RESET, *requests]))


def _need(adapter: Adapter, op: str) -> None:
    if op not in adapter.hello.ops:
        raise NotOffered(f"{op} is not offered")
