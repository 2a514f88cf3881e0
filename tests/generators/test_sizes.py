"""What the programs of large things show of branches: each has a partner of its own, and is followed."""

from __future__ import annotations

from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.model.types.local_types import Choice


def many_branches() -> list[GeneratedStep]:
    """The steps of the first program that follows branches of a wide type."""
    for index in range(600):
        steps = list(Generator(5, index).steps())
        if any(step.cell.relation == "many branches" for step in steps):
            return steps
    raise AssertionError("no program of 600 has a type of many branches")


def test_first_last_and_middle_branches_are_followed_and_their_partners_have_edges() -> None:
    steps = [step for step in many_branches() if step.cell.relation == "many branches"]
    (wide,) = {next(iter(step.arguments[1].values())) for step in steps if step.operation.name == "open"}
    assert isinstance(wide, Choice)
    labels = [branch.label.name for branch in wide.branches]
    followed = {step.arguments[1] for step in steps if step.operation.name == "advance" and step.outcome.error is None}
    assert {labels[0], labels[1], labels[2], labels[8], labels[-1]} <= followed
    states = [step.outcome.ok for step in steps if step.operation.name == "observe" and step.outcome.error is None]
    senders = {sender for state in states for _, _, sender, _ in state.edges}
    assert {"P0", "P8", f"P{len(labels) - 1}"} <= senders
