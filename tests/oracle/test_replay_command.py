"""``replay`` as a command, the installed one and its entry here: what it prints, and its exit codes."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.lines import NoTraces, find_traces
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.telltale.documents import find_subjects
from tests.installed import run, run_here
from tests.trace_files import CLAIM, CLOSE, HEADER, OPEN, RECORDINGS, trace_bytes

FIELDS = {
    "trace",
    "verdict",
    "events",
    "judged",
    "uncovered",
    "first_divergence",
    "error",
    "kind",
    "not_judged",
    "not_explained",
    "log_compared",
}


def trace(folder: Path, name: str, events: list[object], **header: object) -> Path:
    path = folder / name
    path.write_bytes(trace_bytes(events, {**HEADER, **header}))
    return path


def test_the_recordings_agree() -> None:
    done = run("replay", "--recordings")
    assert (done.returncode, done.stderr) == (0, "")
    last = done.stdout.splitlines()[-1]
    assert last == (
        "253 traces: 253 agree, 0 diverge, 0 malformed, 0 inconclusive; 19550 events judged, 0 uncovered, 0 not judged"
    )


def test_json_prints_one_object_per_trace_and_nothing_else() -> None:
    done = run("replay", RECORDINGS, "--json", "--level", "payload")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr, len(objects)) == (0, "", 146)
    assert all(item.keys() == FIELDS and item["verdict"] == "agree" for item in objects)


def test_a_divergence_exits_1_and_shows_event_fields_guard_and_state(tmp_path: Path) -> None:
    wrong = {"args": {"owner_id": "a", "sid": 0}, "audit": [], "err": {"Unclaimed": {"session_id": 1}}}
    path = trace(tmp_path, "t.jsonl", [OPEN, {**wrong, "op": "mark_owner_died"}, CLOSE])
    done, here = run("replay", path), run_here("replay", path)
    assert (done.returncode, done.stderr) == (1, "")
    assert (here.returncode, here.stdout, here.stderr) == (1, done.stdout, "")
    assert done.stdout.splitlines()[:8] == [
        f"diverge  {path}  3 events",
        "  event 1 (line 3): mark_owner_died diverges in payload",
        '    args      {"owner_id": "a", "sid": 0}',
        "    expected  err.Unclaimed.session_id = 0",
        "    actual    err.Unclaimed.session_id = 1",
        "    decision  refused by G-owned: there is no live owner",
        '    state     {"ownership": {"consumed_witnesses": [], "current": null, "issued_readiness": [], '
        '"next_claim_id": 1, "next_witness_id": 1, "pending_transfer": null, "terminal_reason": null}, '
        '"sid": 0, "status": "Active"}',
        "    1 later event not judged",
    ]
    first = json.loads(run_here("replay", path, "--json").stdout)["first_divergence"]
    assert (first["seq"], first["op"], first["class"]) == (1, "mark_owner_died", "payload")
    assert first["expected"] == {"err": {"$.Unclaimed.session_id": 0}}
    assert (first["guard"], first["reason"]) == ("G-owned", "refused by G-owned: there is no live owner")


def test_a_malformed_trace_exits_2_with_file_line_and_remedy(tmp_path: Path) -> None:
    path = trace(tmp_path, "t.jsonl", [OPEN, {**CLOSE, "ok": 1}, {**CLOSE, "args": {"sid": -1}}])
    done = run("replay", path)
    assert done.returncode == 2
    assert done.stdout.startswith(f"malformed  {path}:4: args of close, `sid`: Expected `int` >= 0")
    assert "schema trace-event" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "0 events judged" in done.stdout
    document = json.loads(run_here("replay", path, "--json").stdout)
    assert (document["verdict"], document["judged"], document["first_divergence"]) == ("malformed", 0, None)


def test_a_folder_without_traces_a_missing_file_and_an_unknown_contract_exit_2(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    good = trace(tmp_path, "good.jsonl", [OPEN])
    strange = trace(tmp_path, "strange.jsonl", [OPEN], contract="telltale-99")
    folder = tmp_path / "empty"
    folder.mkdir()
    for arguments, sentence in (
        (["replay", folder], "no traces in this folder"),
        (["replay", tmp_path / "none.jsonl"], "no such file or folder"),
        (["replay", good, "--contract", "telltale-99"], "'telltale-99' is not one of"),
        (["replay", strange], "unknown contract 'telltale-99': this harness states telltale-17, hardened"),
        (["replay", good, "--level", "strict"], "'strict' is not one of"),
        (["replay", good, "--max-nesting", "3"], "--max-nesting"),
        (["replay"], "name a trace or a folder of traces, or give --recordings"),
        (["repaly"], "No such command"),
    ):
        done = run_here(*arguments)
        assert (done.returncode, sentence in done.stdout + done.stderr) == (2, True), done
        assert "Traceback" not in done.stdout + done.stderr


def test_limits_are_settable(tmp_path: Path) -> None:
    path = trace(tmp_path, "t.jsonl", [OPEN])
    done = run_here("replay", path, "--max-line-bytes", "100")
    assert (done.returncode, "line longer than 100 bytes" in done.stdout) == (2, True)


def test_a_trace_of_which_nothing_could_be_judged_exits_3(tmp_path: Path) -> None:
    path = trace(tmp_path, "t.jsonl", [])
    done = run_here("replay", path)
    assert done.returncode == 3
    assert f"inconclusive  {path}: the trace has no events" in done.stdout


def test_a_trace_without_log_records_says_that_the_log_is_not_compared(tmp_path: Path) -> None:
    without = [{key: value for key, value in event.items() if key != "audit"} for event in (OPEN, CLAIM)]
    bare = trace(tmp_path, "bare.jsonl", [*without], observes=[])
    whole = trace(tmp_path, "whole.jsonl", [OPEN, CLAIM])
    rows = [json.loads(row) for row in run_here("replay", bare, whole, "--json").stdout.splitlines()]
    assert [row["log_compared"] for row in rows] == [False, True]
    first, second, _ = run_here("replay", bare, whole).stdout.splitlines()
    assert first == f"agree  {bare}  2 events, log not compared: the trace has no records of it"
    assert second == f"agree  {whole}  2 events"


@pytest.mark.parametrize("level", ["outcome", "payload", "audit", "state"])
def test_levels_judge_more_and_more(tmp_path: Path, level: str) -> None:
    wrong_text = {"args": {"sid": 9}, "audit": [], "err": "session 8 not found", "op": "close"}
    wrong_log = {**CLOSE, "audit": [{"event": "Issued"}]}
    missing = {"args": {"sid": 0}, "audit": [], "ok": {"sid": 0}, "op": "observe"}
    codes = {
        name: run_here("replay", trace(tmp_path, f"{name}.jsonl", [OPEN, event]), "--level", level).returncode
        for name, event in (("payload", wrong_text), ("audit", wrong_log), ("state", missing))
    }
    order = ["outcome", "payload", "audit", "state"]
    assert codes == {name: int(order.index(level) >= order.index(name)) for name in codes}


def test_plain_and_packed_traces_in_folders_are_found(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    trace(inner, "one.jsonl", [OPEN])
    shutil.copy(RECORDINGS / "corner-widening-0.jsonl.gz", tmp_path)
    done = run_here("replay", tmp_path)
    assert (done.returncode, "2 traces: 2 agree" in done.stdout) == (0, True)


def test_what_a_folder_names_and_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    trace(tmp_path, "one.jsonl", [OPEN])
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "gone.output.json").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.jsonl")
    done = run_here("replay", tmp_path, "--json")
    assert done.returncode == 2
    told = {Path(row["trace"]).name: row for row in map(json.loads, done.stdout.splitlines())}
    assert {name: row["verdict"] for name, row in told.items()} == {
        "one.jsonl": "agree",
        "gone.jsonl": "malformed",
        "gone.output.json": "malformed",
        "pipe.jsonl": "malformed",
    }
    assert "No such file" in told["gone.jsonl"]["error"]
    assert "it is a pipe" in told["pipe.jsonl"]["error"]


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    trace(elsewhere, "two.jsonl", [OPEN])
    folder = tmp_path / "folder"
    folder.mkdir()
    trace(folder, "one.jsonl", [OPEN])
    for name, target in (("again", elsewhere), ("linked", elsewhere), ("loop", folder)):
        (folder / name).symlink_to(target)
    done = run_here("replay", folder)
    assert (done.returncode, "2 traces: 2 agree" in done.stdout) == (0, True)
    assert str(folder / "again" / "two.jsonl") in done.stdout


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace(tmp_path, "one.jsonl", [OPEN])
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refusing(place: Path) -> Iterator[os.DirEntry[str]]:
        if place.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(NoTraces, match="closed: Permission denied"):
        list(find_subjects([tmp_path]))
    with pytest.raises(NoTraces, match="closed: Permission denied"):
        find_traces([tmp_path])


def test_claims_are_watched_beside_the_verdict_and_even_where_the_contract_is_unknown(tmp_path: Path) -> None:
    done = run_here("replay", RECORDINGS / "corner-reuse-after-release-0.jsonl.gz", "--claims")
    assert done.returncode == 0
    assert "  claim K1 generation-freshness broken at event " in done.stdout
    assert re.search(r"  claims kept \(on so many occasions\): K\d+ [a-z-]+ \([1-9]", done.stdout)
    assert "  claims not judged: " in done.stdout
    strange = trace(tmp_path, "t.jsonl", [OPEN, CLAIM, CLOSE], contract="mine-3")
    document = json.loads(run_here("replay", strange, "--claims", "--json").stdout)
    assert document["verdict"] == "inconclusive"
    assert document["claims"]["verdicts"]["K12"] == {"status": "kept", "occasions": 1}
    assert document["claims"]["verdicts"]["K10"] == {"status": "not judged", "occasions": 0}
    validator("report", "traceVerdict").validate(document)
    assert "unknown contract 'mine-3'" in document["error"]
    assert run_here("replay", strange, "--claims").returncode == 3
    assert run_here("replay", strange).returncode == 2
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{}\n")
    done = run_here("replay", broken, "--claims")
    assert (done.returncode, "claims kept" in done.stdout) == (2, False)


def test_the_command_imports_nothing_that_only_other_reports_need() -> None:
    others = (
        "jinja2",
        *(f"telltale_conformance.oracle.{name}" for name in ("dossier", "lanes.claims", "reports.sarif")),
    )
    code = f"import sys, telltale_conformance.oracle.cli.replay; print([one for one in {others} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_worker_imports_nothing_that_only_reports_need() -> None:
    code = (
        "import sys, telltale_conformance.oracle.cli.replayed_file\n"
        "ours = [name.split('.')[2] for name in sys.modules if name.startswith('telltale_conformance.oracle.')]\n"
        "print(sorted(set(ours)), 'email' in sys.modules, 'urllib.request' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['cli', 'reference', 'verdict'] False False\n"
