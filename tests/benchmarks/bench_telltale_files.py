"""How fast telltale's own files are judged: runs against parsing them, logs in records a second.

    python -m tests.benchmarks.bench_telltale_files

CPU time of one process; the least of several rounds, since other work on the machine only adds.
"""

from __future__ import annotations

import gzip
import io
import json
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from msgspec import Raw

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.model.plan import open_plan
from telltale_conformance.model.types.global_types import roles_of
from telltale_conformance.model.types.lean_json import encode_global
from telltale_conformance.model.types.local_types import Choice, Recv, Send
from telltale_conformance.model.types.projection import project
from telltale_conformance.model.types.syntax import parse_global_type
from telltale_conformance.model.types.theory import unfolded_with_scope
from telltale_conformance.model.types.trees import strip_mu
from telltale_conformance.oracle.telltale.judging import read_run
from telltale_conformance.oracle.telltale.judging_runs import judge_run
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.telltale.selected_types import printed
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


FRESH = {
    "stream": "rec t. Source -> Sink : {item(Nat). Sink -> Source : ack. t, done. end}",
    "ring": "rec t. A -> B : x. B -> C : x. C -> D : x. D -> E : x. E -> A : x. t",
    "buyers": "rec t. Ann -> Shop : title(String). Shop -> Ann : price(Nat). Shop -> Ben : price(Nat). "
    "Ann -> Ben : share(Nat). Ben -> Shop : {take. Shop -> Ann : more. t, leave. Shop -> Ann : over. end}",
}
"""Protocols that no recorded run has; their loops are gone through until the steps are used up."""


def fresh_run(text: str, steps: int, rng: Random) -> tuple[Any, Any]:
    """Return the input and the compact output of a run that a scheduler of ours makes by chance."""
    whole = parse_global_type(text)
    roles = sorted(roles_of(whole))
    types = {role: project(whole, role) for role in roles}
    current = {role: strip_mu(one) for role, one in types.items()}
    edges = len(open_plan(tuple(roles), types).edge_blueprint)
    queues: dict[tuple[str, str], list[str]] = defaultdict(list)

    def state() -> Any:
        return {
            "coroutines": [
                {"coro_id": n, "owned_endpoints": 1, "pc": 0, "progress_tokens": 0, "session_id": 0, "status": "ready"}
                for n in range(len(roles))
            ],
            "scheduler": {"blocked": {}, "ready_queue": [], "step_count": 0},
            "sessions": [
                {
                    "buffer_edges": edges,
                    "buffered_messages": sum(map(len, queues.values())),
                    "epoch": 0,
                    "local_type_entries": len(current),
                    "role_count": len(roles),
                    "sid": 0,
                    "status": "active",
                }
            ],
        }

    head = {"schema_version": "lean_bridge.v1", "session": 0}
    trace = [{"kind": "opened", "role": ",".join(roles), "tick": 0, **head}]
    made: list[Any] = []
    while len(made) < steps and current:
        role = rng.choice(sorted(current))
        here, event, before = current[role], None, state()
        if isinstance(here, Choice):
            edge = (role, here.partner) if isinstance(here, Send) else (here.partner, role)
            names = [branch.label.name for branch in here.branches]
            label = rng.choices(names, [40, *[1] * (len(names) - 1)])[0] if isinstance(here, Send) else None
            if isinstance(here, Recv) and queues[edge]:
                label = queues[edge].pop(0)
            if label is not None:
                kind = "sent" if isinstance(here, Send) else "received"
                if kind == "sent":
                    queues[edge].append(label)
                after = next(branch.continuation for branch in here.branches if branch.label.name == label)
                current[role] = unfolded_with_scope(after, types[role])[0]
                event = {"kind": kind, "label": label, "receiver": edge[1], "sender": edge[0], **head}
        else:
            event = {"kind": "halted", "schema_version": "lean_bridge.v1", "target": str(roles.index(role))}
            del current[role]
        if event is not None:
            trace.append(event := {**event, "tick": len(made) + 1})
        buffered = sum(map(len, queues.values()))
        made.append(
            {
                "blocked": {},
                "buffered_message_counts": {"0": buffered},
                "event": event,
                "exec_status": "blocked" if event is None else "continue",
                "post_state": state(),
                "pre_state": before,
                "ready_queue": [],
                "selected_coro": roles.index(role),
                "selected_pc": 0,
                "selected_type": printed(current[role]) if role in current else None,
                "session_type_counts": {"0": len(current)},
                "step_index": len(made),
            }
        )
    choreography = {"schema_version": "lean_bridge.v1", "global_type": Raw(encode_global(whole)), "roles": roles}
    given = {"schema_version": "lean_bridge.v1", "choreographies": [choreography], "concurrency": 1, "max_steps": steps}
    output = {
        "concurrency": 1,
        "schema_version": "lean_bridge.v1",
        "sessions": [{"schema_version": "lean_bridge.v1", "sid": 0, "terminal": False}],
        "status": "ok",
        "step_states": made,
        "steps_executed": len(made),
        "trace": trace,
    }
    return given, msgspec.json.decode(msgspec.json.encode(output, order="sorted"))


def fresh_runs(folder: Path) -> None:
    """Print what runs cost that were made for this measurement alone."""
    for name, text in FRESH.items():
        for steps in (20, 200, 2000):
            given, output = fresh_run(text, steps, Random(f"bench {name} {steps}"))
            path, beside = folder / "fresh.output.json", folder / "fresh.input.json"
            path.write_bytes(data := msgspec.json.encode(output, order="sorted"))
            beside.write_bytes(msgspec.json.encode(given))
            result = judge_run(read_run(path, beside, DEFAULT_LIMITS), "telltale-17", Level.state)[0]
            assert result.verdict == "agree", result
            parse, judge = least(partial(msgspec.json.decode, data)), least(partial(judged, path, beside))
            print(
                f"fresh {name:8} {len(output['step_states']):>5} steps {len(data):>9} bytes  "
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
        fresh_runs(Path(temporary))
    logs()
