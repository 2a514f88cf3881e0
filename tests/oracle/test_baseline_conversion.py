"""A baseline of the scheme before is refused with the way out, and converted where each guard of it is certain."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.baseline import BadBaseline, OlderBaseline, read_baseline
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from tests.oracle.report_world import HELLO, lane

TODAY = date(2030, 6, 15)
WRITTEN = {
    "owner": "ana",
    "reason": "the vendor mends it in May",
    "link": "https://example.org/7",
    "expires": "2031-01-31",
}


def seen(guard: str, op: str = "issue_readiness_witness", actual: Any = None) -> LaneDivergence:
    """A divergence of today: the contract refuses by that guard, the implementation does not."""
    error = GUARDS[guard].error
    return LaneDivergence(
        case="program 7",
        seq=3,
        op=op,
        kind="outcome",
        args={},
        expected={"err": {error: {}} if GUARDS[guard].text is None else GUARDS[guard].text},
        actual=actual or {"ok": None},
        guard=guard,
        reason=f"refused by {GUARDS[guard]}",
    )


def entry(guard: str, op: str = "issue_readiness_witness", *, error: str, **changes: Any) -> dict[str, Any]:
    """An entry as the version before wrote it."""
    words = {"op": op, "expected": error, "actual": "ok", "guard": guard, "place": "$", "claim": None}
    old = Fingerprint(kind="outcome", **words).digest_in(2)
    return {"fingerprint": old, "class": "outcome", **words, "lanes": ["programs"], **WRITTEN, **changes}


def written(path: Path, *entries: dict[str, Any], contract: str = "hardened") -> Path:
    """A baseline as the version before wrote it."""
    document = {"schema": "telltale-conformance/baseline", "version": 1, "contract": contract, "entries": entries}
    path.write_text(json.dumps(document))
    return path


def update(path: Path, *results: LaneResult, contract: str = "hardened", **changes: Any) -> int:
    gate = Gate(baseline=path, update=True, today=TODAY)
    gate.prepare(contract)
    check = Check(subject=Subject(command="x"), hello=HELLO, settings=Settings(), results=results, **changes)
    return gate.conclude(check)


def guards_of(path: Path) -> dict[str, str]:
    """The guards of a baseline's entries, with who answers for each."""
    return {entry.guard: entry.owner for entry in read_baseline(path).entries}


def test_it_is_refused_with_the_way_to_make_a_new_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "known.json", entry("G-scope", error="ScopeViolation"), contract="telltale-17")
    assert run(lanes=["corpus"], gate=Gate(baseline=path)) == 2
    said = capsys.readouterr()
    assert f"{path}: its fingerprints are of scheme 2" in said.err
    assert "run the same check with --update" in said.err
    assert "corpus" not in said.out, "said before the lanes run"


def test_an_entry_whose_guard_the_run_shows_keeps_what_people_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "known.json", entry("G-scope", error="ScopeViolation"))
    assert update(path, lane("programs", seen("G-honest"))) == 0
    (kept,) = read_baseline(path).entries
    assert {name: getattr(kept, name) for name in WRITTEN} == WRITTEN
    assert (kept.guard, kept.lanes) == ("G-honest", ("programs",))
    assert kept.fingerprint == kept.of.digest
    said = capsys.readouterr().err
    assert f"= {kept.fingerprint[:12]} {kept.text} (kept: owner ana)" in said
    assert "+ " not in said


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (("G-honest", "G-scope"), "G-scope may be G-honest, G-scope; this run shows 2 of what it stood for"),
        ((), "G-scope may be G-honest, G-scope, G-within; not seen in this run"),
    ],
)
def test_an_entry_whose_guard_is_not_certain_is_not_kept_and_said_with_all_its_words(
    tmp_path: Path, shown: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "known.json", entry("G-scope", error="ScopeViolation"))
    assert update(path, lane("programs", *map(seen, shown))) == 0
    assert guards_of(path) == dict.fromkeys(shown, "unassigned")
    (line,) = [line for line in capsys.readouterr().err.splitlines() if ": ! " in line]
    assert f"(not kept: {why}; owner ana, link https://example.org/7, expires 2031-01-31, " in line
    assert "reason: the vendor mends it in May)" in line


@pytest.mark.parametrize(
    ("contract", "guard", "op", "error", "today"),
    [
        ("hardened", "G-idle", "release_ownership", "TransferPending", "G-idle"),
        ("hardened", "G-live", "release_ownership", "StaleCapability", "G-live"),
        ("hardened", "G-live", "mark_owner_died", "StaleCapability", "G-named"),
        ("hardened", "G-live", "commit_ownership_transfer", "StaleCapability", "G-giver"),
        ("hardened", "claim_ownership", "claim_ownership", "AlreadyClaimed", "G-unowned"),
        ("telltale-17", "G-scope", "issue_readiness_witness", "ScopeViolation", "G-scope"),
        ("telltale-17", "session not found", "close", "session not found", "§5 session"),
        ("telltale-17", "§3.3", "consume_readiness_witness", "InvalidWitness", "§3.3"),
        ("telltale-17", "passes", "close", "ok", "passes"),
    ],
)
def test_an_entry_that_can_mean_one_guard_only_is_kept_though_its_lane_did_not_run(
    tmp_path: Path, contract: str, guard: str, op: str, error: str, today: str
) -> None:
    path = written(tmp_path / "known.json", entry(guard, op, error=error), contract=contract)
    assert update(path, lane("corpus"), contract=contract) == 0
    assert guards_of(path) == {today: "ana"}


def test_every_guard_of_today_is_what_some_name_of_before_stood_for() -> None:
    from telltale_conformance.oracle.verdict.conversion import _former_name

    former = {_former_name(guard) for guard in GUARDS.values()}
    assert {"G-found", "G-live", "G-scope", "G-counter", "H15", "§7", "claim_ownership", "clock"} <= former
    assert not {"G-named", "G-giver", "G-honest", "G-within", "§10.1 sid"} & former


def test_a_converted_entry_that_is_not_seen_any_more_is_stale_as_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "known.json", entry("G-idle", "release_ownership", error="TransferPending"))
    assert update(path, lane("programs")) == 0
    assert guards_of(path) == {}
    assert ": - " in capsys.readouterr().err


def test_a_partial_run_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = written(tmp_path / "known.json", entry("G-scope", error="ScopeViolation"))
    before = path.read_bytes()
    assert update(path, lane("programs"), cut_short="interrupted by SIGINT", interrupted=True) == 3
    assert path.read_bytes() == before


def test_an_entry_that_was_edited_is_refused_under_its_own_scheme(tmp_path: Path) -> None:
    path = written(tmp_path / "known.json", entry("G-scope", error="ScopeViolation") | {"op": "close"})
    with pytest.raises(BadBaseline, match="is not the fingerprint of") as error:
        read_baseline(path)
    assert not isinstance(error.value, OlderBaseline)


def test_a_file_of_the_version_before_that_says_a_scheme_is_no_baseline(tmp_path: Path) -> None:
    path = written(tmp_path / "known.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "scheme": 3}))
    with pytest.raises(BadBaseline, match=r"\$\.version"):
        read_baseline(path)
