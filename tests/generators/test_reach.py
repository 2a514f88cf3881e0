"""What the programs of a check at default effort reach: look-alike names, raw forms, large things, life after life."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from telltale_conformance.generators.lives import FORMER
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.sizes import SIZES
from telltale_conformance.generators.steps import GeneratedStep, encode_arguments
from telltale_conformance.lean_traces.printing import decode_as_written
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.types.theory import unfold_fully
from telltale_conformance.model.types.variables import bound_names

PROGRAMS = 600
SPELLINGS = ("1.0", "1e0", "-0", "18446744073709551616", "9007199254740993")


class Reached:
    """What is counted of the programs of one seed."""

    def __init__(self, contract: str, programs: int = PROGRAMS) -> None:
        self.relations: dict[str, set[str]] = {}
        """By relation or state of a witness, the operations that met it."""
        self.raw: Counter[str] = Counter()
        self.spelled: Counter[str] = Counter()
        self.renaming = 0
        """How many types were planned whose unfolding has to rename a binder."""
        self.honest = 0
        """How many live capabilities were given with their fragments unsorted or repeated."""
        for index in range(programs):
            for step in Generator(23, index, contract=contract).steps():
                self._count(step)

    def _count(self, step: GeneratedStep) -> None:
        cell, name = step.cell, step.operation.name
        self.relations.setdefault(cell.relation, set()).add(name)
        self.relations.setdefault(cell.witness, set()).add(name)
        if step.args != encode_arguments(step.operation, step.arguments):
            kinds = set(raw_kinds(decode_as_written(step.args)))
            self.raw.update(kinds)
            self.honest += "repeats" in kinds and cell.relation == "live"
        if name == "decode_edge_json":
            document = step.args.decode()
            self.spelled.update(text for text in SPELLINGS if f":{text}," in document or f"[{text}," in document)
        if name == "plan":
            self.renaming += any(
                bound_names(unfold_fully(type_)) - bound_names(type_) != frozenset()
                for type_ in step.arguments[1].values()
            )


def raw_kinds(document: Any, name: str = "") -> Iterator[str]:
    """Yield in which ways a document is written otherwise than we print it."""
    if isinstance(document, dict):
        if [*document] != sorted(document):
            yield "order"
        if document.keys() == {"name"}:
            yield "no sort"
        for member, value in document.items():
            yield from raw_kinds(value, member)
    elif isinstance(document, list):
        if name == "Fragments" and document != sorted(document):
            yield "unsorted"
        if name == "Fragments" and len(set(document)) != len(document):
            yield "repeats"
        for element in document:
            yield from raw_kinds(element)
    elif document is None and name in ("buffer_config", "session_hint"):
        yield "null option"


@pytest.fixture(scope="module")
def reached() -> Mapping[str, Reached]:
    return {"telltale-17": Reached("telltale-17"), "hardened": Reached("hardened", 250)}


def test_doubles_are_given_wherever_names_are_compared(reached: Mapping[str, Reached]) -> None:
    for found in reached.values():
        met = found.relations
        asked = {name for name, operation in OPERATIONS.items() if operation.parameters[:1] == ("capability",)}
        assert met["other owner, alike"] >= asked
        assert met["altered, alike"] >= {name for name, op in OPERATIONS.items() if op.parameters[:1] == ("receipt",)}
        assert "consume_readiness_witness" in met["altered, alike"]
        assert "mark_owner_died" in met["other owner, alike"]
        assert "send" in met["no buffer, alike"]
        assert met["role alike"] >= {"lookup_type", "advance"}
        assert met["label alike"] >= {"lookup_branch_resolution", "advance"}
        assert met["edge alike"] >= {"lookup_handler", "lookup_trace"}
        assert met["site alike"] == {"issue_timeout_witness"}
        assert met["roles alike"] == {"open", "plan"}
        asked_too = met.get("live, other scope, alike", set()) & asked
        assert len(asked_too) >= 4, asked_too


def test_every_raw_form_is_written(reached: Mapping[str, Reached]) -> None:
    for found in reached.values():
        assert all(found.raw[kind] >= 10 for kind in ("order", "unsorted", "repeats", "no sort", "null option")), (
            found.raw
        )
        assert found.honest > 0


def test_numbers_are_spelled_in_every_way(reached: Mapping[str, Reached]) -> None:
    assert all(reached["telltale-17"].spelled[text] for text in SPELLINGS), reached["telltale-17"].spelled


def test_large_things_and_former_lives_are_met(reached: Mapping[str, Reached]) -> None:
    for found in reached.values():
        assert found.relations.keys() >= {FORMER, *SIZES}
    tried = reached["telltale-17"].relations[FORMER]
    left_behind = {
        "lookup_handler",
        "lookup_trace",
        "default_handler_for_session",
        "recv",
        "lookup_type",
        "original_type",
    }
    assert tried >= left_behind | {"validate_ownership_capability", "consume_readiness_witness"}
    assert tried & {"commit_ownership_transfer", "rollback_ownership_transfer"}


def test_types_are_planned_whose_unfolding_renames_a_binder(reached: Mapping[str, Reached]) -> None:
    assert all(found.renaming >= 5 for found in reached.values())


def test_raw_kinds_tells_the_forms() -> None:
    text = '{"b":{"Fragments":["b","a","b"]},"a":[{"name":"m"}],"buffer_config":null}'
    assert {*raw_kinds(json.loads(text))} == {"order", "unsorted", "repeats", "no sort", "null option"}
