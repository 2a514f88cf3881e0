"""``types`` finds out whether the roles of a protocol fit: deadlocks, buffers, the run to a problem, bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.programs import read_program
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.reference.run import run_on_reference
from tests.oracle.types_world import here, types, written

__all__ = ["here"]
ONE_SLOT = """roles A, B, C
A = !B{m. !B{m. !C{go. end}}}
B = ?C{ok. ?A{m. ?A{m. end}}}
C = ?A{go. !B{ok. end}}
"""
DEADLOCK = "roles A, B\nA = ?B{m. !B{n. end}}\nB = ?A{n. !A{m. end}}\n"


def row(*args: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = types("--compatible", "--json", *args)
    (line,) = out.splitlines()
    parsed: dict[str, Any] = json.loads(line)
    assert list(validator("compatibility").iter_errors(parsed)) == []
    return code, parsed


def test_the_row_has_exactly_its_members_and_its_run_is_a_program(here: Path) -> None:
    code, found = row(written("d.session", DEADLOCK))
    assert code == 1
    assert set(found) == {"subject", "compatible", "problem", "run", "states", "bound"}
    assert (found["subject"], found["compatible"], found["problem"]) == ("d.session", "no", "deadlock")
    assert [step["op"] for step in found["run"]] == ["open", "lookup_type", "recv", "lookup_type", "recv", "observe"]
    assert found["bound"] is None
    code, fits = row(written("o.session", ONE_SLOT))
    assert (code, fits["compatible"], fits["problem"], fits["run"]) == (0, "yes", None, [])


@pytest.mark.parametrize(
    ("buffer", "exit_code", "problem"),
    [
        ("Fifo:64:Block", 0, None),
        ("Fifo:1:Block", 1, "deadlock"),
        ("fifo:1:drop", 1, "stuck role"),
        ("Fifo:1:Error", 1, "stuck role"),
        ("Fifo:1:Resize:2", 0, None),
        ("LatestValue", 1, "stuck role"),
    ],
)
def test_buffers_are_told_apart(here: Path, buffer: str, exit_code: int, problem: str | None) -> None:
    code, found = row(written("o.session", ONE_SLOT), "--buffer", buffer)
    assert (code, found["problem"]) == (exit_code, problem)


def test_a_protocol_that_deadlocks_only_with_one_slot_is_said_to(here: Path) -> None:
    for args in ([], ["--compatible"]):
        code, out, _ = types(written("o.session", ONE_SLOT), *args)
        assert code == 0
        assert "the least capacity that fits is 2; with Fifo:1:Block: deadlock" in out


def test_the_run_is_written_as_a_program_that_the_reference_carries_out(here: Path) -> None:
    code, out, _ = types(
        written("o.session", ONE_SLOT), "--compatible", "--buffer", "Fifo:1:Block", "--program", "run.jsonl"
    )
    assert code == 1
    assert "   1. A sends m to B\n" in out
    answers = [
        (one.step.op, one.outcome.ok) for one in run_on_reference(read_program(Path("run.jsonl"))) if one.outcome
    ]
    assert [answer for op, answer in answers if op == "send"] == ["Ok", "WouldBlock"]
    code, _, err = types("o.session", "--program", "none.jsonl")
    assert (code, Path("none.jsonl").exists()) == (0, False)
    assert "no run to write" in err


def test_a_problem_of_the_search_is_in_the_ordinary_report(here: Path) -> None:
    code, out, _ = types(written("d.session", DEADLOCK))
    assert code == 1
    assert "d.session:2:1: deadlock: A waits for a message from B; B waits for a message from A" in out


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("roles A, B\nA = B!m(Nat). end\nB = A?m(Bool). end\n", "sort mismatch"),
        ("roles A, B\nA = B!a. B!b. end\nB = A?b. A?a. end\n", "unexpected message"),
    ],
)
def test_sorts_and_orders_that_differ_are_reported(here: Path, text: str, kind: str) -> None:
    code, out, _ = types(written("p.session", text), "--json")
    assert code == 1
    assert [one["kind"] for one in json.loads(out)["problems"]] == [kind]


def test_the_limit_of_states_makes_the_verdict_bounded_and_inconclusive(here: Path) -> None:
    loops = "\n".join(f"{a} = μt. {b}!m. t\n{b} = μt. {a}?m. t" for a, b in ("AB", "CD", "EF"))
    name = written("s.session", f"roles A, B, C, D, E, F\n{loops}\n")
    code, found = row(name, "--buffer", "Fifo:64:Drop", "--states", "500")
    assert (code, found["compatible"], found["states"], found["bound"]) == (3, "bounded", 500, 500)
    code, out, _ = types(name, "--compatible", "--buffer", "Fifo:64:Drop", "--states", "500")
    assert "up to 500 states; not decided" in out


@pytest.mark.parametrize(
    ("buffer", "why"),
    [
        ("Lifo:1:Block", "'Lifo' is no mode"),
        ("Fifo", "capacity and policy are missing"),
        ("Fifo:1", "the policy is missing"),
        ("Fifo:x:Block", "'x' is no capacity"),
        ("Fifo:-1:Block", "'-1' is no capacity"),
        ("Fifo:65537:Block", "'65537' is no capacity"),
        ("Fifo:1:Wait", "'Wait' is no policy"),
        ("Fifo:1:Block:2", "nothing follows the policy Block"),
        ("Fifo:1:Resize", "Resize takes the greatest capacity"),
        ("LatestValue:1:Block", "takes no capacity"),
    ],
)
def test_a_mistaken_buffer_lists_the_forms(here: Path, buffer: str, why: str) -> None:
    code, _, err = types(written("o.session", ONE_SLOT), "--buffer", buffer)
    assert code == 2
    assert why in err
    assert "write Fifo:N:Block, Fifo:N:Drop, Fifo:N:Error, Fifo:N:Resize:MAX or LatestValue" in err


@pytest.mark.parametrize("depth", [600, 5000])
def test_types_too_deep_for_a_program_are_judged_without_one(here: Path, depth: int) -> None:
    name = written("d.session", f"roles A, B\nA = {'B!m. ' * depth}end\nB = {'A?m. ' * (depth - 1)}A?n. end\n")
    code, found = row(name, "--states", "6000")
    assert (code, found["compatible"], found["problem"], found["run"]) == (1, "no", "unexpected message", [])
    code, _, err = types(name, "--states", "6000", "--program", "run.jsonl")
    assert (code, Path("run.jsonl").exists()) == (2, False)
    assert "the type of A nests deeper than a program may" in err


def test_a_run_input_is_no_protocol(here: Path) -> None:
    code, _, err = types(written("r.json", {"schema_version": "lean_bridge.v1", "choreographies": []}))
    assert code == 2
    assert "this is a run input" in err


def test_one_type_alone_has_no_roles_to_fit(here: Path) -> None:
    code, _, err = types(written("t", "A!m. end"), "--compatible")
    assert code == 2
    assert "a single type has no roles to fit" in err
