"""What the tests of baselines and reports share: divergences, lanes and reports, made without any implementation."""

from __future__ import annotations

from typing import Any

import msgspec

from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.reports.findings import findings
from telltale_conformance.oracle.reports.report import Minimiser, Report
from telltale_conformance.oracle.verdict.baseline import Baseline, Standing
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult

MARKUP = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(2)</script>"
HELLO = Hello(
    name="my-store",
    version="2.1",
    language="rust",
    contract="telltale-17",
    ops=frozenset(OPERATIONS),
    observes=frozenset({"audit"}),
)
CELL = Cell("claim_ownership", "ok", "unclaimed", "-", "-")


def program(owner: str = "a", role: str = "A", sids: int = 1) -> Program:
    """Return a program whose last step uses a capability that was released."""
    opens = [Step(args={"roles": [role, "B"], "initial_types": {}}, op="open", seq=number) for number in range(sids)]
    sid, claim = {"$ref": sids - 1}, {"$ref": sids}
    return Program(
        steps=(
            *opens,
            Step(args={"sid": sid, "owner_id": owner, "scope": "Session"}, op="claim_ownership", seq=sids),
            Step(args={"capability": claim, "predicate_ref": "p"}, op="issue_readiness_witness", seq=sids + 1),
            Step(args={"capability": claim}, op="release_ownership", seq=sids + 2),
            Step(args={"capability": claim}, op="validate_ownership_capability", seq=sids + 3),
        )
    )


def accepted(owner: str = "a", role: str = "A", sid: int = 0, **changes: Any) -> LaneDivergence:
    """Return the divergence of a store that goes on accepting a released capability."""
    made = program(owner, role, sid + 1)
    capability = {"generation": 0, "owner_id": owner, "scope": "Session", "session_id": sid}
    divergence = LaneDivergence(
        case="program 7",
        seq=made.steps[-1].seq,
        op="validate_ownership_capability",
        kind="outcome",
        args={"capability": capability},
        expected={"err": {"Unclaimed": {"session_id": sid}}},
        actual={"ok": None},
        guard="G-owned",
        reason="refused by G-owned: there is no live owner",
        program=made,
        state={"sid": sid, "status": "Active"},
    )
    return msgspec.structs.replace(divergence, **changes)


def unlogged(path: str | None = None, owner: str = "a") -> LaneDivergence:
    """Return the divergence of a store that does not log a rejected receipt."""
    record = {"artifact": {"OwnershipReceipt": {"from_owner_id": owner}}, "event": "Rejected", "reason": "r", "tick": 1}
    return LaneDivergence(
        case="corner-3.jsonl",
        seq=12,
        op="commit_ownership_transfer",
        kind="audit",
        args={"receipt": {"claim_id": 1, "from_owner_id": owner}},
        expected={"audit": {"$[0]": record}},
        actual={"audit": {"$[0]": "(absent)"}},
        guard="G-staged",
        reason="refused by G-staged: no transfer is pending",
        path=path,
    )


def lane(
    name: str = "programs", *divergences: LaneDivergence, missing: int = 0, faults: int = 0, **changes: Any
) -> LaneResult:
    """Return the result of a lane that ran in full, save what is missing."""
    against = len(divergences)
    result = LaneResult(
        lane=name,
        evidence=Evidence(Items("cases", 3 + against + missing, 3, against)),
        tally=Tally(cases=3 + against, judged=40, faults=faults),
        divergences=divergences,
        coverage=frozenset({CELL}),
        seconds=1.25,
    )
    return msgspec.structs.replace(result, **changes)


def report(
    *lanes: LaneResult,
    baseline: Baseline | None = None,
    standing: Standing | None = None,
    minimise: Minimiser | None = None,
    command: str | None = "my-adapter --fast",
    **changes: Any,
) -> Report:
    """Return the report of these lanes."""
    diverge = any(one.divergences for one in lanes)
    made = Report(
        harness="0.1.0",
        command=command,
        implementation=HELLO,
        contract="telltale-17",
        level=Level.state,
        seed=3,
        effort="default",
        seconds=4.5,
        exit_code=1 if diverge else 0,
        cut_short=None,
        lanes=lanes,
        findings=findings(lanes, command=command, hello=HELLO, baseline=baseline, minimise=minimise),
        standing=standing,
        baseline=None if standing is None else "known.json",
    )
    return msgspec.structs.replace(made, **changes)
