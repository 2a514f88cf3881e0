"""The search over the product of the roles: its verdict is what trying out every program on the store gives."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from telltale_conformance.generators.global_types import projectable_global_types
from telltale_conformance.generators.role_types import RoleTypes, role_types, small_heads
from telltale_conformance.lean_traces.programs import Program, read_program, write_program
from telltale_conformance.model.contract import HARDENED, TELLTALE_17
from telltale_conformance.model.types.global_types import GlobalType
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.syntax import parse_protocol
from telltale_conformance.model.values import BufferConfig
from telltale_conformance.oracle.compatibility.as_program import as_program
from telltale_conformance.oracle.compatibility.buffer_text import parse_buffer
from telltale_conformance.oracle.compatibility.judging import STATES, Judgement, judge, least_capacity
from telltale_conformance.oracle.compatibility.product import Product
from telltale_conformance.oracle.compatibility.search import every_interleaving, in_rounds
from telltale_conformance.oracle.reference.run import run_on_reference
from tests.oracle.every_program import Explored, TooMany, explored

ONE_SLOT = """
roles A, B, C
A = !B{m. !B{m. !C{go. end}}}
B = ?C{ok. ?A{m. ?A{m. end}}}
C = ?A{go. !B{ok. end}}
"""

BUFFERS = ["Fifo:1:Block", "Fifo:2:Block", "Fifo:1:Drop", "Fifo:1:Error", "Fifo:1:Resize:3", "LatestValue"]


@settings(max_examples=120, deadline=None)
@given(role_types(), st.sampled_from(BUFFERS))
def test_the_verdict_is_that_of_trying_every_program_on_the_store(types: RoleTypes, buffers: str) -> None:
    config = parse_buffer(buffers)
    try:
        tried: Explored = explored(types, config, limit=250)
    except TooMany:
        assume(False)
    judged = judge(tuple(types), types, config, HARDENED)
    assert judged.compatible == ("no" if tried.problems else "yes")
    if judged.problem is not None:
        assert len(judged.run) == tried.moves
        assert judged.problem.kind in tried.problems
        assert judged.shortest


@settings(max_examples=150, deadline=None)
@given(role_types(), st.integers(1, 3))
def test_rounds_decide_like_every_interleaving(types: RoleTypes, capacity: int) -> None:
    config = BufferConfig(initial_capacity=capacity, mode="Fifo", policy="Block")
    product = Product(tuple(types), types, config, TELLTALE_17)
    one_by_one, together = every_interleaving(product, 20_000), in_rounds(product, 20_000)
    assume(one_by_one.complete)
    assert together.complete
    assert (together.problem is None) == (one_by_one.problem is None)
    assert together.states <= one_by_one.states or together.problem is not None


@settings(max_examples=100, deadline=None)
@given(role_types(), st.integers(1, 3))
def test_what_fits_with_few_slots_fits_with_more(types: RoleTypes, capacity: int) -> None:
    def fits(slots: int) -> bool:
        config = BufferConfig(initial_capacity=slots, mode="Fifo", policy="Block")
        return judge(tuple(types), types, config).compatible == "yes"

    assert fits(capacity + 1) or not fits(capacity)


@settings(max_examples=100, deadline=None)
@given(projectable_global_types(4, "ABC", heads=small_heads()), st.sampled_from(["Fifo:1:Block", "Fifo:64:Block"]))
def test_projections_of_one_global_type_fit(projected: tuple[GlobalType, dict[str, LocalType]], buffers: str) -> None:
    _, types = projected
    assert judge(tuple(types), types, parse_buffer(buffers)).compatible == "yes"


@settings(max_examples=100, deadline=None)
@given(role_types(), st.sampled_from(BUFFERS), st.sampled_from([TELLTALE_17, HARDENED]))
def test_the_program_shows_the_problem_on_the_reference(types: RoleTypes, buffers: str, contract: object) -> None:
    judged = judge(tuple(types), types, parse_buffer(buffers), contract)
    assume(judged.problem is not None)
    assert_shown(judged, as_program("p", judged, types))


def assert_shown(judged: Judgement, program: Program) -> None:
    """Run the program on the reference and look for what the problem means."""
    assert judged.problem is not None
    assert program.meta["problem"] == judged.problem.kind
    done = list(run_on_reference(program))
    assert all(one.skipped is None and one.outcome is not None for one in done)
    moves, last = done[1 : 1 + 2 * len(judged.run)], done[1 + 2 * len(judged.run) : -1]
    for index, move in enumerate(judged.run):
        acted, advanced = (one.outcome for one in moves[2 * index : 2 * index + 2])
        assert acted is not None
        assert advanced is not None
        if move.answer is not None:
            assert acted.ok == move.answer
        else:
            assert acted.ok is not None
        if program.contract == "hardened":
            assert advanced.error is None
    answers = [(one.step.op, one.outcome.ok, one.outcome.error) for one in last if one.outcome is not None]
    if any(one.outcome is not None and one.outcome.error is not None for one in moves):
        return  # claim K16: telltale-17 leaves the type under nested recursion, and hardened has other buffers
    match judged.problem.kind:
        case "deadlock" | "stuck role":
            tried = [(op, ok) for op, ok, _ in answers if op in ("send", "recv")]
            assert all(answer in [("send", "WouldBlock"), ("send", "Full"), ("recv", None)] for answer in tried)
            assert len(tried) == len(judged.problem.roles) or judged.problem.kind == "stuck role"
        case "orphan message":
            assert answers[-1][:2] == ("has_message", True)
        case "unexpected message":
            assert answers[-2][1] is not None
            assert answers[-1][0] == "advance"
            assert answers[-1][2] is not None
        case "sort mismatch":
            assert answers[-1][0] == "recv"
            assert answers[-1][1] is not None


@pytest.mark.parametrize(
    ("text", "buffers", "kind", "moves"),
    [
        ("roles A, B\nA = ?B{m. !B{n. end}}\nB = ?A{n. !A{m. end}}", "Fifo:64:Block", "deadlock", 0),
        ("roles A, B\nA = B!m(Nat). end\nB = A?m(Bool). end", "Fifo:64:Block", "sort mismatch", 1),
        ("roles A, B\nA = B!m<Nat>. end\nB = A?m<Bool>. end", "Fifo:64:Block", "sort mismatch", 1),
        ("roles A, B\nA = B!m<Nat>. end\nB = A?m. end", "Fifo:64:Block", None, 0),
        ("roles A, B\nA = B!a. B!b. end\nB = A?b. A?a. end", "Fifo:64:Block", "unexpected message", 1),
        ("roles A, B\nA = B!a. end\nB = end", "Fifo:64:Block", "orphan message", 1),
        ("roles A, B\nA = end\nB = A?m. end", "Fifo:64:Block", "stuck role", 0),
        ("roles A, B, C\nA = μt. B!m. t\nB = μt. A?m. t\nC = A?x. end", "Fifo:64:Block", "stuck role", 0),
        ("roles A, B\nA = μt. B!m. t\nB = μt. A?m. t", "Fifo:64:Block", None, 0),
        (
            "roles A, B, C\nA = C!x. μt. B!m. t\nB = μt. A?m. t\nC = μt. B!y. t",
            "Fifo:64:Block",
            "orphan message",
            1,
        ),
        (ONE_SLOT, "Fifo:1:Block", "deadlock", 1),
        (ONE_SLOT, "Fifo:2:Block", None, 0),
        (ONE_SLOT, "Fifo:1:Drop", "stuck role", 7),
        (ONE_SLOT, "Fifo:1:Error", "stuck role", 1),
        (ONE_SLOT, "Fifo:1:Resize:2", None, 0),
        (ONE_SLOT, "LatestValue", "stuck role", 7),
        ("roles A, B\nA = B!m. t\nB = A?m. end", "Fifo:1:Block", "stuck role", 1),
        ("roles A, B\nA = B!m. μt. t\nB = A?m. end", "Fifo:1:Block", "stuck role", 1),
        ("roles A\nA = Z!m. end", "Fifo:1:Block", "stuck role", 0),
        ("roles A\nA = A!m. end", "Fifo:1:Block", "stuck role", 0),
        ("roles A, B\nA = !B{}\nB = ?A{}", "Fifo:1:Block", "stuck role", 0),
        ("roles A, B\nA = B?m. end\nB = ?A{}", "Fifo:1:Block", "deadlock", 0),
        # two roles go on for ever while three others wait for one another
        (
            f"{ONE_SLOT.replace('A, B, C', 'A, B, C, D, E')}\nD = μt. E!m. t\nE = μt. D?m. t",
            "Fifo:1:Block",
            "deadlock",
            1,
        ),
        ("roles A, B\nA = B!m. end", "Fifo:1:Block", "orphan message", 1),
    ],
)
def test_each_kind_of_problem_has_its_shortest_run(text: str, buffers: str, kind: str | None, moves: int) -> None:
    protocol = parse_protocol(text)
    judged = judge(protocol.roles, protocol.types, parse_buffer(buffers))
    assert (judged.problem and judged.problem.kind, len(judged.run)) == (kind, moves)
    assert judged.compatible == ("yes" if kind is None else "no")


def test_the_least_capacity_and_what_goes_wrong_below_it() -> None:
    protocol = parse_protocol(ONE_SLOT)
    capacity, below = least_capacity(protocol.roles, protocol.types, 64, STATES)
    assert capacity == 2
    assert below is not None
    assert below.problem is not None
    assert below.problem.kind == "deadlock"
    five = parse_protocol(f"roles A, B, C\nA = {'B!m. ' * 5}C!go. end\nB = C?ok. {'A?m. ' * 5}end\nC = A?go. B!ok. end")
    assert least_capacity(five.roles, five.types, 64, STATES)[0] == 5
    easy = parse_protocol("roles A, B\nA = B!m. end\nB = A?m. end")
    assert least_capacity(easy.roles, easy.types, 64, STATES) == (1, None)


def test_the_limit_of_configurations_bounds_the_verdict() -> None:
    streams = "\n".join(f"{a} = μt. {b}!m. t\n{b} = μt. {a}?m. t" for a, b in ("AB", "CD", "EF"))
    protocol = parse_protocol(f"roles A, B, C, D, E, F\n{streams}")
    judged = judge(protocol.roles, protocol.types, parse_buffer("Fifo:64:Drop"), limit=1000)
    assert (judged.compatible, judged.states, judged.bound, judged.problem) == ("bounded", 1000, 1000, None)
    assert judge(protocol.roles, protocol.types, limit=1000).compatible == "yes"


def test_a_problem_too_deep_for_every_interleaving_is_shown_by_a_run_without_what_it_does_not_need() -> None:
    streams = "\n".join(f"{a} = μt. {b}!m. t\n{b} = μt. {a}?m. t" for a, b in ("CD", "EF"))
    many = "X!m. " * 70
    waiting = f"A = {many}Y!go. end\nX = Y?ok. {many.replace('X!', 'A?')}end\nY = A?go. X!ok. end"
    text = f"roles C, D, E, F, A, X, Y\n{streams}\n{waiting}"
    protocol = parse_protocol(text)
    judged = judge(protocol.roles, protocol.types, limit=3000)
    assert judged.problem is not None
    assert judged.problem.kind == "deadlock"
    assert not judged.shortest
    assert len(judged.run) == 64


def test_the_program_is_written_and_read_as_any_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    protocol = parse_protocol(ONE_SLOT)
    judged = judge(protocol.roles, protocol.types, parse_buffer("Fifo:1:Block"))
    program = as_program("one-slot", judged, dict(protocol.types))
    path = tmp_path_factory.mktemp("run") / "run.program.jsonl"
    write_program(path, program)
    assert msgspec.to_builtins(read_program(path)) == msgspec.to_builtins(program)
    sends = [one.outcome.ok for one in run_on_reference(program) if one.step.op == "send" and one.outcome]
    assert sends == ["Ok", "WouldBlock"]


def test_a_run_through_nested_recursion_is_a_program_for_the_contract_that_unfolds_as_the_types_say() -> None:
    nested = parse_protocol("roles A, B\nA = μt. B!a. μs. B!b. t\nB = A?a. A?b. A?a. A?b. end")
    judged = judge(nested.roles, nested.types)
    assert judged.problem is not None
    assert [judged.product.messages[move.message].label.name for move in judged.run].count("a") >= 3
    program = as_program("nested", judged, dict(nested.types))
    assert program.contract == "hardened"
    assert all(one.outcome is not None and one.outcome.error is None for one in run_on_reference(program))
