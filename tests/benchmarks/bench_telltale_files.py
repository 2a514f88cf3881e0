"""How fast telltale's own files are judged: runs against parsing them, logs in records a second.

    python -m tests.benchmarks.bench_telltale_files

CPU time of one process; the least of several rounds, since other work on the machine only adds.
"""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.oracle.telltale.judging import read_run
from telltale_conformance.oracle.telltale.judging_runs import judge_run
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.run_world import NAMES, RUNS, slim

ROUNDS = 7


def least(work: Callable[[], Any]) -> float:
    """Return the least CPU seconds that the work takes."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def runs(folder: Path, dialect: str) -> None:
    """Print what judging each run costs, as a multiple of parsing it."""
    times = []
    for name in NAMES:
        data = gzip.decompress((RUNS / f"{name}.output.json.gz").read_bytes())
        if dialect == "lean":  # what the Lean runner prints, compact
            output = json.loads(data)
            kept = ("concurrency", "schema_version", "sessions", "step_states", "steps_executed", "trace")
            data = msgspec.json.encode({**{key: output[key] for key in kept}, "status": "ok"})
        path = folder / f"{name}.output.json"
        path.write_bytes(data)
        given = RUNS / f"{name}.input.json.gz"
        parse = least(partial(msgspec.json.decode, data))
        judge = least(partial(judged, path, given))
        times.append((parse, judge))
        print(
            f"{dialect:5} {name:28} {len(data):>9} bytes  "
            f"parse {parse * 1e3:6.2f} ms  judge {judge * 1e3:6.2f} ms  {judge / parse:5.2f}"
        )
    whole = sum(judge for _, judge in times) / sum(parse for parse, _ in times)
    most = max(judge / parse for parse, judge in times)
    print(f"{dialect:5} all together {whole:.2f} times the CPU of parsing, at most {most:.2f}")


PERIOD = 6
"""After so many steps the recorded heartbeat is where it was: one message sent and received."""


def long_run(messages: int) -> Any:
    """Return the recorded heartbeat gone on for so many messages, without effects, as a Lean-like document."""
    output = slim("fixture_recursive_heartbeat")
    opening, *exchanges = output["trace"]
    trace, steps = [opening], []
    for turn in range(messages):
        late = turn * PERIOD
        trace += [{**event, "tick": event["tick"] + late} for event in exchanges[:2]]
        for step in output["step_states"][:PERIOD]:
            event = step["event"] and {**step["event"], "tick": step["event"]["tick"] + late}
            steps.append({**step, "step_index": step["step_index"] + late, "event": event})
    return {**output, "trace": trace, "step_states": steps}


def long_runs(folder: Path) -> None:
    """Print what a step costs where a run is long."""
    given = RUNS / "fixture_recursive_heartbeat.input.json.gz"
    for messages in (10, 100, 1000, 5000):
        path = folder / "long.output.json"
        path.write_bytes(data := msgspec.json.encode(long_run(messages)))
        assert judge_run(read_run(path, given, DEFAULT_LIMITS), "telltale-17", Level.state)[0].verdict == "agree"
        parse, judge = least(partial(msgspec.json.decode, data)), least(partial(judged, path, given))
        print(
            f"lean  {messages:>5} messages, {messages * PERIOD:>6} steps {len(data):>9} bytes  "
            f"parse {parse * 1e3:7.2f} ms  judge {judge * 1e3:7.2f} ms  {judge / parse:5.2f}"
        )


def judged(path: Path, given: Path) -> None:
    """Judge one run."""
    judge_run(read_run(path, given, DEFAULT_LIMITS), "telltale-17", Level.state)


def log(records: int) -> list[Any]:
    """Return a log of transfers, witnesses and refusals."""
    rng, owner, generation, claim, number = Random(1), "host-0", 0, 1, 1
    written: list[Any] = []

    def write(artifact: Any, event: str, reason: str | None = None) -> None:
        written.append({"artifact": artifact, "event": event, "reason": reason, "tick": None})

    def capability() -> Any:
        return {
            "OwnershipCapability": {"generation": generation, "owner_id": owner, "scope": "Session", "session_id": 0}
        }

    write(capability(), "Issued")
    while len(written) < records:
        held = {
            "generation": generation,
            "owner_id": owner,
            "predicate_ref": "ready",
            "scope": "Session",
            "session_id": 0,
        }
        kind = rng.random()
        if kind < 0.5:
            for event in ("Issued", "Consumed"):
                write({"Readiness": {**held, "witness_id": number}}, event)
            number += 1
        elif kind < 0.7:
            write({"Readiness": {**held, "witness_id": number + 5}}, "Rejected", "witness was never issued")
        else:
            to = f"host-{rng.randrange(5)}"
            receipt = {
                "claim_id": claim,
                "from_generation": generation,
                "from_owner_id": owner,
                "scope": "Session",
                "session_id": 0,
                "to_generation": generation + 1,
                "to_owner_id": to,
            }
            claim += 1
            write({"OwnershipReceipt": receipt}, "Issued")
            if kind < 0.8:
                write({"OwnershipReceipt": receipt}, "RolledBack")
                continue
            write(capability(), "Invalidated", "ownership transferred")
            write({"OwnershipReceipt": receipt}, "Committed")
            owner, generation = to, generation + 1
            write(capability(), "Issued")
    return written


def logs() -> None:
    """Print how many records of a log are judged in a second."""
    document = log(100_000)
    data = msgspec.json.encode(document)

    def judge() -> None:
        stream = JsonStream(io.BytesIO(data), "log.json", DEFAULT_LIMITS)
        assert (
            judge_logs(AuditLogReader(stream, "authority_audit_log"), "log.json", "telltale-17", Level.state).verdict
            == "agree"
        )

    seconds = least(judge)
    print(f"logs  {len(document)} records in {seconds:.2f} s: {len(document) / seconds:,.0f} records/s")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        runs(Path(temporary), "rust")
        runs(Path(temporary), "lean")
        long_runs(Path(temporary))
    logs()
