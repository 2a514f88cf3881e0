"""The counts that documents say in passing are those of what they count."""

from __future__ import annotations

from collections import Counter

from telltale_conformance.generators.doubles import KINDS
from telltale_conformance.generators.floor import floor_of
from telltale_conformance.generators.guided_programs import FIRST_STEPS, FURTHER, STEPS
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.shipped import RECORDINGS
from telltale_conformance.oracle.adapters.fault_kit import KIT
from telltale_conformance.oracle.campaign import cases, cluster, kept_histories, live, plan, running
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.lanes.stateful import EXAMPLES
from telltale_conformance.oracle.minimise.trying import TO_RATE
from tests.lean_traces.test_lean_rules import ATTEMPTS
from tests.test_docs import ROOT

NUMBERS = ("none", "one", "two", "three")
RUNS = ROOT / "tests" / "data" / "runs" / "telltale-machine-17.0.0"


def page(name: str) -> str:
    return " ".join((ROOT / name).read_text(encoding="utf-8").split())


def recorded() -> dict[str, int]:
    contracts = (path.relative_to(RECORDINGS).parts[0] for path in RECORDINGS.rglob("*.jsonl*"))
    return Counter("hardened" if "hardened" in name else "telltale-17" for name in contracts)


def test_recordings() -> None:
    found = recorded()
    assert f"These are {found['telltale-17']} recordings of" in page("README.md")
    assert f", and {found['hardened']} of a second one" in page("README.md")
    assert f"{found['telltale-17']} recordings of the real implementation, and {found['hardened']} of one" in page(
        "README.md"
    )


def test_lanes() -> None:
    text = page("docs/lanes.md")
    sizes = [len(floor_of(contract, ALL_OPERATIONS)) for contract in ("telltale-17", "hardened")]
    assert "{} cells for `telltale-17`, {} for `hardened`".format(*sizes) in text
    assert f"lists {len(KINDS)} kinds" in text
    assert f"draws {STEPS} steps from the beginning" in text
    assert f"draw no more than {FIRST_STEPS} steps" in text
    assert f"draws {FURTHER} more steps" in text


def test_runs_of_what_was_not_seen_again() -> None:
    assert f"in none of {TO_RATE} runs since" in page("docs/ci.md")


def test_what_hardened_keeps() -> None:
    broken = [claim for claim, one in CLAIMS.items() if one.hardened == "refuted"]
    assert f"It keeps all but {', '.join(broken)}." in page("docs/claims.md")
    assert f"`hardened` keeps all claims but {NUMBERS[len(broken)]}" in page("docs/glossary.md")


def test_attempts_runs_and_faults() -> None:
    assert f"{len(ATTEMPTS)} attempts to state `1 = 2`" in page("docs/lean.md")
    assert f"holds {len(list(RUNS.glob('*.input.json.gz')))} runs" in page("docs/telltale-files.md")
    assert f"| {len(KIT)} of the fault kit" in page("docs/reliability.md")


def test_tasks_and_patience_of_campaigns() -> None:
    text = page("docs/campaign.md")
    size = plan.SIZES
    assert f"{size['mutants']} mutants of {plan.PARENTS} programs of the corpus; every third goes on" in text
    assert NUMBERS.index("three") == cases._GOES_ON
    assert f"with {cases._FURTHER} steps towards" in text
    assert f"{size['programs']} programs, by turns" in text
    assert f"{size['stateful'] * EXAMPLES} sequences of the state machine" in text
    assert f"{size['deep']} pumps" in text
    assert f"{size['concurrent']} histories" in text
    assert f"up to {kept_histories.AGAIN} races" in text
    assert f"says so after {live.ALONE_SECONDS:g} seconds" in text
    assert f"{running.IN_VAIN} tasks in a row have faults" in text
    assert f"waits {cluster.REFUSED_SECONDS:g} seconds for another one" in text
    assert f"after {cluster.OWN_SECONDS:g} seconds without one" in text
    assert f"finds it again within {cluster.CONNECT_SECONDS:g} seconds" in text
    assert f"is greeted {NUMBERS[cluster.GREETINGS]} times" in text
