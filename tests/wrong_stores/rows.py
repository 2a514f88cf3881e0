"""A wrong store for every part of every row: made from the contract's text and the second store, by no one's choice.

The catalogue holds what somebody thought of. These are what is left when each part of the rows is left out alone:

* a guard that the row of an operation lists (``docs/contract.md``, §2 and its table for ``hardened``) is not asked;
* a record that an operation appends is not appended;
* a part of the session that an operation changes stays as it was;
* one question of the contract (``model/contract.py``: a method for each place where the two differ), or all those of
  one rule, is answered as the other contract answers it.

For each store that the fixed list did not tell from the right one, the minimiser found a trigger; the list has it now.
``python -m tests.wrong_stores.rows`` finds those that are lacking; the file has one line for each store.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from telltale_conformance.generators.claim_programs import claim_programs, coverage_program
from telltale_conformance.generators.corpus_programs import buffers_program
from telltale_conformance.generators.fixed_programs import FixedProgram, read_line, written_line
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.generators.surface_program import surface_program
from telltale_conformance.generators.tenure_program import tenure_program
from telltale_conformance.lean_traces.printing import encode_as_written
from telltale_conformance.lean_traces.programs import Program, Step, UnresolvedReference, resolve
from telltale_conformance.model.contract import CONTRACTS, Contract
from telltale_conformance.model.unreachable import UNREACHABLE
from telltale_conformance.oracle.lanes.subject import Settings
from tests.second_store.forms import Refused
from tests.second_store.store import OPERATIONS, Store
from tests.wrong_stores.wrong import Wrong

TEXT: Final = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
FILE: Final = Path(__file__).with_name("rows.jsonl")
KIND: Final = "parts of rows"
ASKED_AS: Final = {
    "G-open": "g_open",
    "G-active": "g_active",
    "G-owned": "g_owned",
    "G-unowned": "g_unowned",
    "G-live": "g_live",
    "G-named": "g_named",
    "G-honest": "g_honest",
    "G-scope": "g_scope",
    "G-idle": "g_idle",
    "G-staged": "g_staged",
    "G-match": "g_match",
    "G-giver": "g_giver",
    "G-within": "g_within",
}
"""The methods of the second store that ask a guard. What it asks otherwise, the catalogue has stores for."""
ELSEWHERE: Final = {"G-found", "G-counter generation", "G-counter claim_id", "G-counter witness_id", "H15"} | {
    f"§3.{number}" for number in range(1, 5)
}
_EITHER: Final = tuple(CONTRACTS)
UNSEEN: Final = {
    "fixes_no_bound_names": (_EITHER, "it says how answers are compared, and changes none"),
    "may_give": (_EITHER, "it shows after 2^64 operations on one session"),
    "spend": (_EITHER, "it shows after 2^64 operations on one session"),
    "claim_generation": (("telltale-17",), "the session's next generation is never raised there"),
    "spend_generation": (("telltale-17",), "nothing asks for the session's next generation there"),
    "attenuated_generation": (("hardened",), "the live generation is always one below the next one there"),
    "committed_generation": (("hardened",), "the live generation is always one below the next one there"),
}
"""Questions whose other answer alone shows in nothing within reach, under which contracts, and why."""


UNSEEN_PARTS: Final = ("log", "handler names", "labels")
"""Parts of a session that are made of records, which are left out one by one, or that only limits show."""


def guards_of(operation: str, contract: str) -> list[str]:
    """Return the guards that the text lists for an operation of §2 under a contract."""
    anchor = f"row-{operation}" if contract == "telltale-17" else f"hardened-{operation}"
    row = TEXT.split(f'<a id="{anchor}"></a>')[1].split('<a id="')[0].split("\n* Log")[0]
    return re.findall(r"G-counter [a-z_]+|G-[a-z]+|§3\.\d|\bH15\b", row.split("* Guards:")[-1].split(".\n")[0])


def guarded_operations() -> list[str]:
    """Return the operations with a row of guards."""
    return re.findall(r'<a id="hardened-(\w+)"></a>', TEXT)


def _made(name: str, operation: str, **methods: Callable[..., Any]) -> type[Store]:
    return type(name.replace(" ", "_"), (Store,), {"wakes_at": frozenset({operation}), **methods})


def _within(operation: str, *, owner: bool = False) -> Callable[..., Any]:
    """Return the operation with a mark that it is going on."""

    def run(self: Any, *arguments: Any) -> Any:
        self.inside = operation
        try:
            return getattr(Store, operation)(self, *arguments)
        finally:
            self.inside = None

    return run


def without_guard(operation: str, guard: str) -> type[Store]:
    """Return a store of which an operation does not ask a guard; the next one meets what it let pass."""
    method = ASKED_AS[guard]

    def not_asked(self: Any, s: Any, *given: Any) -> None:
        if getattr(self, "inside", None) != operation:
            getattr(Store, method)(self, s, *given)

    def run(self: Any, *arguments: Any) -> Any:
        s = self.sessions.get(sid_of(arguments))
        if s is None or not (_nobody(guard, s, operation) or (guard == "G-staged" and s["pending"] is None)):
            return _within(operation)(self, *arguments)
        try:
            return getattr(Store, operation)(self, *arguments)
        except Refused as refused:
            if refused.guard != {"G-owned": "owned", "G-staged": "staged"}[guard]:
                raise
            raise Refused(_next_refusal(operation, s, arguments)) from None

    return _made(f"{operation} without {guard}", operation, **{operation: run, method: not_asked})


def _nobody(guard: str, s: Any, operation: str) -> bool:
    """Whether a guard that follows looks at the owner that the one left out asks for."""
    return guard == "G-owned" and s["owner"] is None and "commit" not in operation


def _next_refusal(operation: str, s: Any, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Return how the next guard refuses where there is no owner, or no receipt, to compare with."""
    given = arguments[0]
    if type(given) is dict and "claim_id" in given:
        return {"ReceiptMismatch": {"session_id": s["sid"], "claim_id": given["claim_id"]}}
    owner, generation = (given["owner_id"], given["generation"]) if type(given) is dict else (arguments[1], 0)
    fields = {"owner_id": owner, "expected_generation": generation, "actual_generation": 0}
    return {"StaleCapability": {"session_id": s["sid"], **fields}}


def without_record(operation: str, artifact: str, event: str) -> type[Store]:
    """Return a store of which an operation does not append a kind of record."""

    def log(self: Any, s: Any, kind: str, value: Any, happened: str, reason: Any = None) -> None:
        if (getattr(self, "inside", None), kind, happened) != (operation, artifact, event):
            Store.log(self, s, kind, value, happened, reason)

    return _made(f"{operation} without {artifact} {event}", operation, log=log, **{operation: _within(operation)})


def with_part_kept(operation: str, part: str) -> type[Store]:
    """Return a store of which an operation leaves a part of its session as it was."""

    def run(self: Any, *arguments: Any) -> Any:
        s = self.sessions.get(sid_of(arguments))
        before = None if s is None else deepcopy(s[part])
        answer = getattr(Store, operation)(self, *arguments)
        if s is not None:
            s[part] = before
        return answer

    return _made(f"{operation} keeps {part}", operation, **{operation: run})


def sid_of(arguments: tuple[Any, ...]) -> Any:
    """Return the session that the arguments of an operation name."""
    given = arguments[0] if arguments else None
    if isinstance(given, dict):
        given = given.get("session_id", given.get("sid"))
    return given if type(given) is int else None


def asked_otherwise(rule: str, *methods: str) -> Callable[[], None]:
    """Return a change: questions of the contract are answered as the other contract answers them."""

    def otherwise(method: str) -> Callable[..., Any]:
        asked = getattr(Contract, method)

        def answered(self: Contract, *arguments: Any, **named: Any) -> Any:
            return asked(replace(self, **{rule: not getattr(self, rule)}), *arguments, **named)

        return answered

    def change() -> None:
        for method in methods:
            setattr(Contract, method, otherwise(method))

    return change


def questions() -> dict[str, list[str]]:
    """Return the questions of the contract by their rules, as ``h3``: ``may_attenuate``."""
    found: dict[str, list[str]] = {}
    for name, each in vars(Contract).items():
        stated = None if name.startswith("_") or not callable(each) else re.match(r"H\d+", each.__doc__ or "")
        if stated is not None:
            found.setdefault(stated[0].lower(), []).append(name)
    return found


class _Effects(Store):
    """The right store, which notes what its operations change and log."""

    def __init__(self, contract: str) -> None:
        super().__init__(contract)
        self.kept: dict[tuple[str, str], None] = {}
        self.logged: dict[tuple[str, str, str], None] = {}

    def carried_out(self, op: str, values: dict[str, Any]) -> Any:
        s = self.sessions.get(sid_of(tuple(values.values())))
        if s is None or OPERATIONS[op].keys() & {"roles", "plan", "session_ids"}:
            return super().carried_out(op, values)
        before, length = deepcopy(s), len(s["log"])
        answer = super().carried_out(op, values)
        self.kept |= {(op, part): None for part in s if part not in UNSEEN_PARTS and s[part] != before[part]}
        for record in s["log"][length:]:
            self.logged[op, next(iter(record["artifact"])), record["event"]] = None
        return answer


def _watched(contract: str) -> Iterator[Program]:
    yield coverage_program(contract)
    yield surface_program(contract)
    yield tenure_program(contract)
    yield buffers_program(contract)
    yield from (program for _, program in claim_programs())
    yield from (generate_program(0, index, contract=contract) for index in range(40))


@cache
def effects(contract: str) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """Return what the operations change of a session, and the records that they append, as far as programs show it."""
    kept: dict[tuple[str, str], None] = {}
    logged: dict[tuple[str, str, str], None] = {}
    for program in _watched(contract):
        store, results = _Effects(contract), dict[int, Any]()
        for step in program.steps:
            if step.op not in OPERATIONS:
                continue
            try:
                given = store.parsed(encode_as_written(resolve(step.args, results)))
            except UnresolvedReference:
                continue
            outcome, payload, _ = store.answer(step.op, given)
            if outcome == "ok":
                results[step.seq] = deepcopy(payload)
        kept |= store.kept
        logged |= store.logged
    return sorted(kept), sorted(logged)


@cache
def rows() -> tuple[Wrong, ...]:
    """Return all of them, those of one contract after the other's."""
    return tuple(_rows())


def _rows() -> Iterator[Wrong]:
    never = {(one.contract, one.operation, one.guard.name) for one in UNREACHABLE}
    for contract in CONTRACTS:
        for operation in guarded_operations():
            for guard in guards_of(operation, contract):
                if guard in ELSEWHERE or (contract, operation, guard) in never:
                    continue
                yield _wrong(contract, f"{operation} without {guard}", without_guard(operation, guard))
        kept, logged = effects(contract)
        for operation, part in kept:
            yield _wrong(contract, f"{operation} keeps {part}", with_part_kept(operation, part))
        for operation, artifact, event in logged:
            name = f"{operation} without {artifact} {event}"
            yield _wrong(contract, name, without_record(operation, artifact, event))
        for rule, methods in questions().items():
            for some in [methods, *([method] for method in methods if len(methods) > 1)]:
                if not all(method in UNSEEN and contract in UNSEEN[method][0] for method in some):
                    name = f"{rule.upper()} {' and '.join(some)} as by the other contract"
                    yield _wrong(contract, name, asked_otherwise(rule, *some), "reference")


def _wrong(contract: str, name: str, change: Any, made_from: str = "second store") -> Wrong:
    name = f"{contract}: {name}"
    return Wrong(name, KIND, f"{name}.", contract, made_from, change, _triggers().get(name, ()))


@cache
def _triggers() -> dict[str, tuple[Step, ...]]:
    lines = FILE.read_bytes().splitlines() if FILE.exists() else []
    return {program.name: program.steps for program in map(read_line, lines)}


def main() -> None:
    """Find a program for every store that the fixed list does not tell."""
    from tests.wrong_stores.catalogue import adapter
    from tests.wrong_stores.minimised import found
    from tests.wrong_stores.tellers import told_by

    sys.setrecursionlimit(100_000)
    lines = []
    for contract in CONTRACTS:
        wrongs = [wrong for wrong in rows() if wrong.contract == contract]
        told = told_by("fixed", contract, wrongs, Settings())[0].told
        for wrong in wrongs:
            if wrong.name in told and not wrong.trigger:
                continue
            steps = wrong.trigger or found(adapter(wrong), contract).steps
            print(f"{wrong.name}: {len(steps)} steps", flush=True)
            lines.append(written_line(FixedProgram((wrong.name,), steps)))
    FILE.write_bytes(b"".join(lines))


if __name__ == "__main__":
    main()
