"""What docs/adapters.md shows is true: its templates run, its tables are complete."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from telltale_conformance.oracle.adapters import RESET, Request, SubprocessAdapter, faults
from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from tests.oracle.adapter_world import NEXT, OPEN, PATIENT, ROOT, SESSIONS, judge

TEXT = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")
CLAIM = Request("claim_ownership", b'{"sid":0,"owner_id":"alice","scope":"Session"}')


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "my_adapter.py"
    path.write_text(blocks("python")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return path


def test_the_python_template_agrees_with_the_reference(template: Path) -> None:
    with SubprocessAdapter([sys.executable, str(template)], PATIENT) as adapter:
        assert judge(adapter, [CLAIM, OPEN, CLAIM, CLAIM, SESSIONS, RESET, SESSIONS, CLAIM]) == "agree"
        assert judge(adapter, [NEXT]) == "unsupported"


def test_the_python_use_runs(template: Path) -> None:
    exec(compile(blocks("python")[1], "adapters.md", "exec"), {})


def test_the_rust_template_offers_what_it_carries_out() -> None:
    (source,) = blocks("rust")
    offered = re.search(r"const OPS: \[&str; (\d+)\] = \[(.*?)\];", source, re.DOTALL)
    assert offered
    names = re.findall(r'"(\w+)"', offered[2])
    carried = re.findall(r'^        "(\w+)" => \{$', source, re.MULTILINE)
    assert names == carried
    assert int(offered[1]) == len(names)
    assert len(source.splitlines()) < 200


def test_all_codes_of_failures_are_listed() -> None:
    kinds = [kind for kind in vars(faults).values() if isinstance(kind, type)]
    codes = [kind.code for kind in kinds if issubclass(kind, faults.AdapterFault) and kind is not faults.AdapterFault]
    listed = TEXT.split("The codes are ")[1].split(".\n")[0]
    assert re.findall(r"`([a-z0-9-]+)`", listed) == codes


def test_the_limits_are_those_of_the_code() -> None:
    limits = DEFAULT_ADAPTER_LIMITS
    table = {
        "an answer, counted from the one before it": f"{limits.deadline:g} s",
        "the first answer after a start": f"{limits.start_deadline:g} s",
        "the exit after `bye`": f"{limits.close_deadline:g} s",
        "one line": f"{limits.line_bytes >> 20} MiB, {limits.nesting} levels of nesting",
        "stderr between two resets": f"{limits.stderr_bytes >> 20} MiB",
    }
    for what, value in table.items():
        assert f"| {what} | {value} |" in TEXT
    assert f"up to {limits.window} requests" in TEXT
    assert f"the last {limits.stderr_kept >> 10} KiB" in TEXT
    assert limits.restarts == 3
    assert "at most three times" in TEXT
