"""What the catalogue says of a wrong store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from telltale_conformance.lean_traces.programs import Step
from tests.second_store.store import Store
from tests.wrong_stores.steps import Play, played

KINDS = (
    "rules",
    "records",
    "look-alike names",
    "depth",
    "raw forms",
    "free texts",
    "sizes",
    "life after life",
    "numbers as JSON",
    "hardened",
    "rare orders",
    "unsteady",
    "plans",
    "signed messages",
    "reload",
    "host calls",
)


class Wrong(NamedTuple):
    """One wrong store."""

    name: str
    kind: str
    sentence: str
    """What is wrong with it."""
    contract: str
    """The contract under which its trigger tells it."""
    made_from: str
    """``reference``, ``second store`` or ``Lean model``."""
    change: Any
    """A function that changes the reference of its process, a class made from the second store, or a Lean mutant."""
    trigger: tuple[Step, ...]
    """The smallest program that right and wrong store answer differently."""


SECOND: list[Wrong] = []
"""The wrong stores made from the second store, as their modules are imported."""


def second(
    kind: str, sentence: str, *plays: Play, contract: str = "telltale-17", name: str = ""
) -> Callable[[type[Store]], type[Store]]:
    """List a class made from the second store, with its trigger."""

    def listed(change: type[Store]) -> type[Store]:
        known = name or change.__name__.lstrip("_").replace("_", " ")
        SECOND.append(Wrong(known, kind, sentence, contract, "second store", change, played(*plays)))
        return change

    return listed
