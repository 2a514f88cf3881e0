"""``replay`` on audit logs as a command: what it prints, and its exit codes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.schemas import validator
from tests.installed import run_here
from tests.oracle.log_records import CAP, DEATH, ISSUED, RELEASED


def log(folder: Path, document: Any, name: str = "log.json") -> Path:
    path = folder / name
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def test_a_log_that_agrees_exits_0(tmp_path: Path) -> None:
    done = run_here("replay", log(tmp_path, DEATH), log(tmp_path, DEATH, "packed.json.gz"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("2 traces: 2 agree")


def test_a_log_that_diverges_exits_1_and_names_record_guard_and_nearest(tmp_path: Path) -> None:
    path = log(tmp_path, [ISSUED, ISSUED])
    done = run_here("replay", path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:6] == [
        f"diverge  {path}  2 records",
        "  at $[1] (record 1, session 0): claim_ownership diverges in audit",
        '    args      {"owner_id": "a", "scope": "Session", "sid": 0}',
        '    expected  {"artifact": {"OwnershipCapability": {"generation": 0, "owner_id": "a", "scope": "Session", '
        '"session_id": 0}}, "event": "Invalidated", "reason": "ownership released", "tick": null}',
        '    actual    {"artifact": {"OwnershipCapability": {"generation": 0, "owner_id": "a", "scope": "Session", '
        '"session_id": 0}}, "event": "Issued", "reason": null, "tick": null}',
        "    decision  refused by G-unowned: there is a live owner already",
    ]


@pytest.mark.parametrize(
    ("document", "code"),
    [(DEATH, 0), ([ISSUED, ISSUED], 1), ([{**ISSUED, "event": "Gone"}], 2), ([], 3)],
)
def test_the_row_is_as_the_schema_says(tmp_path: Path, document: Any, code: int) -> None:
    done = run_here("replay", log(tmp_path, document), "--json", "--claims")
    assert done.returncode == code
    row = json.loads(done.stdout)
    validator("report", "traceVerdict").validate(row)
    assert row["kind"] == "audit-log"
    if code == 0:
        assert row["claims"]["verdicts"].keys() == {"K1", "K2", "K3", "K7", "K8", "K9", "K12"}


def test_below_level_audit_a_log_is_not_judged(tmp_path: Path) -> None:
    done = run_here("replay", log(tmp_path, DEATH), "--level", "payload", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["not_judged"] == {"records": 3}


def test_the_contract_can_be_chosen(tmp_path: Path) -> None:
    path = log(tmp_path, [ISSUED, RELEASED, ISSUED])
    assert run_here("replay", path).returncode == 0
    assert run_here("replay", path, "--contract", "hardened").returncode == 1


def test_a_folder_is_searched_for_logs_and_traces(tmp_path: Path) -> None:
    log(tmp_path, DEATH)
    log(tmp_path, {"name": "a package"}, "package.json")
    done = run_here("replay", tmp_path)
    assert (done.returncode, "1 trace: 1 agree" in done.stdout) == (0, True)


MALFORMED: dict[str, tuple[bytes, str]] = {
    "another event": (json.dumps([ISSUED, {**ISSUED, "event": "Gone"}]).encode(), "$[1].event: Invalid enum value"),
    "a wrong type": (
        json.dumps([{**ISSUED, "artifact": {"OwnershipCapability": {**CAP, "generation": "0"}}}]).encode(),
        "$[0].artifact.OwnershipCapability.generation: Expected `int`, got `str`",
    ),
    "an unknown field": (json.dumps([{**ISSUED, "who": 1}]).encode(), "$[0]: Object contains unknown field `who`"),
    "two artifacts": (
        json.dumps([{**ISSUED, "artifact": {"OwnershipCapability": CAP, "Readiness": None}}]).encode(),
        "$[0].artifact",
    ),
    "no artifact": (json.dumps([{**ISSUED, "artifact": {}}]).encode(), "$[0]: there is not exactly one artifact"),
    "too great a number": (
        json.dumps([{**ISSUED, "artifact": {"OwnershipCapability": {**CAP, "generation": 2**64}}}]).encode(),
        "an integer is above 2^64-1",
    ),
    "cut off": (json.dumps(DEATH).encode()[:-20], "not JSON"),
    "something behind": (json.dumps(DEATH).encode() + b" 1", "something follows the document"),
    "an unknown root field": (b'{"session":0,"authority_audit_log":[],"more":1}', "$: unknown field `more`"),
    "a session that is none": (b'{"session":-1,"authority_audit_log":[]}', "$.session: Expected `int` >= 0"),
    "not UTF-8": (json.dumps([RELEASED]).encode().replace(b"released", b"rel\xffsed"), "not UTF-8"),
    "an object cut short": (b'{"some":1', "$: not JSON: Input data was truncated"),
    "no text": (b'{"some":\xff}', "$: not JSON: "),
    "no document of these": (b'{"some":"thing"}', "this is no trace, no run output and no audit log"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_log_exits_2_with_file_path_and_remedy(tmp_path: Path, case: str) -> None:
    document, problem = MALFORMED[case]
    path = log(tmp_path, document)
    done = run_here("replay", path)
    assert done.returncode == 2, done
    assert done.stdout.startswith(f"malformed  {path}: ")
    assert problem in done.stdout
    assert "; " in done.stdout.splitlines()[0]
    assert "Traceback" not in done.stdout + done.stderr


def test_damaged_packed_data_are_malformed(tmp_path: Path) -> None:
    path = tmp_path / "log.json.gz"
    path.write_bytes(gzip.compress(json.dumps(DEATH * 40).encode())[:-30])
    done = run_here("replay", path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
