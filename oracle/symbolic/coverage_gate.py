"""The gate of the coverage map: what the default program reaches against what is reachable."""

from __future__ import annotations

from typing import Any

from generators.claim_programs import coverage_map, coverage_program
from lean_traces.programs import resolve
from oracle.symbolic.cells import Cell, cell_of
from oracle.symbolic.concrete import read
from oracle.symbolic.execution import ReferenceRun


def reached_by_default_program(contract: str) -> set[Cell]:
    """The cells that the default program of a contract reaches on the reference."""
    run = ReferenceRun(contract)
    results: dict[int, Any] = {}
    found: set[Cell] = set()
    for step in coverage_program(contract).steps:
        args = resolve(step.args, results)
        sid = named_session(args)
        before = None if sid is None else read(run.store, sid)
        event = run.perform(step.seq, step.op, args)
        if "ok" in event:
            results[step.seq] = event["ok"]
        if before is not None:
            outcome = {"ok": event["ok"]} if "ok" in event else {"err": event["err"]}
            found.add(cell_of(before, step.op, args, outcome))
    return found


def named_session(args: dict[str, Any]) -> int | None:
    """The session that an operation names; None for ``open``."""
    given = args.get("capability") or args.get("receipt")
    if given is not None:
        return int(given["session_id"])
    sid: int | None = args.get("sid", args.get("session_ids", [None])[0])
    return sid


def unreached(contract: str) -> list[Cell]:
    """The reachable cells that the default program does not reach: the gate fails when there are any."""
    reachable = {Cell(*row) for row in coverage_map(contract)["reached"]}
    return sorted(reachable - reached_by_default_program(contract))
