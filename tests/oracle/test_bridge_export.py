"""``lean export --bridge``: run inputs from protocols, with every branch first in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from typer.testing import CliRunner

from telltale_conformance.generators.branch_orders import branch_orders
from telltale_conformance.generators.global_types import global_types, projectable_global_types
from telltale_conformance.generators.role_types import small_heads
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.telltale.run_protocols import read_run_protocols
from telltale_conformance.model.types.automata import difference
from telltale_conformance.model.types.global_types import Comm, GlobalType
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.projection import project
from telltale_conformance.model.types.syntax import parse_local_type
from telltale_conformance.model.types.synthesis import NoGlobalType, global_type_of
from telltale_conformance.model.types.trees import Mu, SessionType
from telltale_conformance.oracle.cli.app import app

CHOICES = "roles A, B\nglobal = μt. A -> B : {more. B -> A : {ok. t, no. end}, stop. end}\n"


def export(tmp_path: Path, text: str, *args: str) -> tuple[int, str, list[Path]]:
    source = tmp_path / "p.session"
    source.write_text(text)
    done = CliRunner().invoke(app, ["lean", "export", "--bridge", str(source), "-o", str(tmp_path / "out"), *args])
    return done.exit_code, done.stdout + done.stderr, sorted((tmp_path / "out").glob("*.input.json"))


def first_labels(tree: SessionType) -> list[str]:
    """The labels that a runner takes that always takes the first branch, once round."""
    labels = []
    while isinstance(tree, Comm | Mu):
        if isinstance(tree, Comm):
            if not tree.branches:
                break
            labels.append(tree.branches[0].label.name)
            tree = tree.branches[0].continuation
        else:
            tree = tree.body
    return labels


def test_every_branch_is_first_in_some_run_and_the_reader_of_runs_reads_them(tmp_path: Path) -> None:
    code, out, files = export(tmp_path, CHOICES)
    assert code == 0, out
    assert [path.name for path in files] == ["p-1.input.json", "p-2.input.json", "p-3.input.json"]
    for path, direction in zip(files, ["more", "more", "stop"], strict=True):
        (session,) = read_run_protocols(path, DEFAULT_LIMITS)
        assert list(session.roles) == ["A", "B"]
        assert f'"name":"{direction}"' in path.read_text()


@settings(max_examples=60)
@given(global_types(3, "AB", small_heads()))
def test_the_orders_reach_every_branch_and_change_nothing_else(tree: GlobalType) -> None:
    orders = branch_orders(tree, 10_000)
    assert orders[0] == tree
    reached = {tuple(first_labels(order)) for order in orders}
    assert len(reached) == len(orders)
    for role in "AB":
        assert all(difference(project(order, role), project(tree, role)) is None for order in orders)


@settings(max_examples=60, deadline=None)
@given(projectable_global_types(3, "AB", heads=small_heads()))
def test_a_global_type_is_found_for_the_projections_of_one(projected: tuple[GlobalType, dict[str, LocalType]]) -> None:
    _, types = projected
    found = global_type_of(types)
    assert all(difference(project(found, role), types[role]) is None for role in types)


def test_local_types_alone_are_exported_by_the_global_type_found(tmp_path: Path) -> None:
    code, out, files = export(tmp_path, "roles A, B\nA = μt. !B{m. t, n. end}\nB = μt. ?A{m. t, n. end}\n")
    assert (code, len(files)) == (0, 2), out


def test_types_that_need_buffers_have_no_global_type() -> None:
    crossing = {"A": parse_local_type("B!m. B?n. end"), "B": parse_local_type("A!n. A?m. end")}
    with pytest.raises(NoGlobalType, match="need buffers"):
        global_type_of(crossing)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("roles A, B\nA = B!m. B?n. end\nB = A!n. A?m. end\n", "no global type was found"),
        ("roles A, B\nglobal = A -> B : m. t\n", "p.session:2:22: unbound variable"),
        ("roles A\nglobal = A -> B : m. end\n", "B takes part in the global type and is not among the roles"),
        ("roles A, B\nglobal = A -> : m. end\n", "expected a role name"),
    ],
)
def test_what_cannot_be_exported_says_why(tmp_path: Path, text: str, words: str) -> None:
    code, out, files = export(tmp_path, text)
    assert (code, files) == (2, [])
    assert words in out


def test_what_lean_refuses_and_too_many_orders_are_said(tmp_path: Path) -> None:
    text = "roles A, B, C\nglobal = A -> B : {l. B -> C : x. end, r. B -> C : y. end}\n"
    code, out, files = export(tmp_path, text, "--orders", "1")
    assert (code, len(files)) == (0, 1)
    assert "telltale's Lean refuses this protocol: no plain projection on C" in out
    assert "only the first 1 orders" in out
