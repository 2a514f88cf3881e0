"""What docs/adapters.md shows is true: what it shows runs, its tables are complete."""

from __future__ import annotations

import re

from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from telltale_conformance.oracle.init.languages import LANGUAGES
from tests.oracle.adapter_world import ROOT

TEXT = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_python_use_runs() -> None:
    (source,) = blocks("python")
    exec(compile(source, "adapters.md", "exec"), {})


def test_every_language_with_a_template_is_in_the_table() -> None:
    listed = re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", TEXT.split("## Start a project")[1], re.MULTILINE)
    assert dict(listed) == {name: language.needs.split(",")[0] for name, language in LANGUAGES.items()}


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
