"""A pytest file that stands alone: a program, the contract's answer, and what it takes to ask an adapter."""

from __future__ import annotations

import pprint
from typing import Any

from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.reference.judging import expected_result
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level, outcome_variant
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from telltale_conformance.sinks import python_docstring

_TEMPLATE = '''"""{title}

Stands alone: it needs pytest and the implementation's adapter, which speaks the adapter protocol on its standard
input and output. It fails as long as the implementation departs from the contract `{contract}`.

    ADAPTER="command of the adapter" pytest {name}
"""

import json
import os
import shlex
import subprocess

import pytest

ADAPTER = os.environ.get("ADAPTER", {adapter!r})
STEPS = [
{steps}
]
"""Operation, arguments as they are sent, and which answer the contract demands."""
MEMBER = {member!r}
EXPECTED = {expected}
"""What the contract demands of the last step."""


def answers():
    first, last = [("hello", '{{"protocol":1}}'), ("reset", "{{}}")], [("bye", "{{}}")]
    requests = [*first, *((op, args) for op, args, _ in STEPS), *last]
    lines = [f'{{{{"id":{{n}},"op":"{{op}}","args":{{args}}}}}}' for n, (op, args) in enumerate(requests)]
    done = subprocess.run(
        shlex.split(ADAPTER), input="\\n".join(lines) + "\\n", capture_output=True, encoding="utf-8", timeout=60
    )
    found = {{answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}}
    return [found[n] for n in range(2, 2 + len(STEPS))]


def variant(answer):
    if "ok" in answer:
        return "ok"
    error = answer.get("err")
    if isinstance(error, dict):
        return next(iter(error))
    return "text" if isinstance(error, str) else "panic"


def plain(value):
    """Leave out what is not compared: sorts that are Unit, and the estimate of retained bytes."""
    if isinstance(value, dict):
        return {{
            name: plain(member)
            for name, member in value.items()
            if (name, member) != ("sort", "Unit") and name != "retained_bytes"
        }}
    return [plain(element) for element in value] if isinstance(value, list) else value


@pytest.mark.skipif(not ADAPTER, reason="name the adapter's command in ADAPTER")
def test_the_implementation_keeps_the_contract():
    given = answers()
    for answer, (op, _, wanted) in zip(given, STEPS):
        assert variant(answer) == wanted, f"{{op}} answered {{answer}}"
    if MEMBER is not None:
        assert plain(given[-1].get(MEMBER)) == plain(EXPECTED)
'''


def pytest_text(program: Program, fingerprint: Fingerprint, level: Level, name: str, adapter: str | None) -> str:
    """Return the file.

    Args:
        program: minimal, ending with the diverging step.
        fingerprint: the class of its divergence.
        level: how strictly the answers are compared.
        name: the file's own name.
        adapter: the command of the implementation's adapter, if there is one.
    """
    came = on_reference(program).steps
    steps = []
    for item in came:
        result = expected_result(item.outcome)
        steps.append((item.step.op, item.printed.decode(), _variant(result)))
    last = came[-1].outcome
    member: str | None = None
    expected: Any = None
    if fingerprint.kind in ("payload", "state"):
        member, expected = next(iter(expected_result(last).items()))
    elif fingerprint.kind == "audit":
        member, expected = "audit", as_json(last.audit)
    return _TEMPLATE.format(
        title=python_docstring(fingerprint.text()),
        contract=python_docstring(program.contract),
        name=name,
        adapter=adapter or "",
        steps="\n".join(f"    {step!r}," for step in steps),
        member=member,
        expected=pprint.pformat(expected, width=112, sort_dicts=False),
    )


def _variant(result: dict[str, Any]) -> str:
    """Return ``ok``, the error's variant, or ``text`` of an error that is a text."""
    if isinstance(result.get("err"), str):
        return "text"
    return outcome_variant(is_ok="ok" in result, result=next(iter(result.values())))
