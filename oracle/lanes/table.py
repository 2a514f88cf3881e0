"""All lanes by name, in the order in which ``check`` runs them, and the self-tests of the harness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from telltale_conformance.oracle.lanes import (
    claims,
    concurrent,
    corpus,
    deep,
    fixed,
    graph,
    guided,
    lean,
    limits,
    near_miss,
    programs,
    stateful,
    symbolic,
)
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.results import LaneResult


class Lane(NamedTuple):
    """One way in which an implementation is judged."""

    run: Callable[[Subject, Settings], LaneResult]
    usual: Mapping[Effort, float]
    """The seconds that it usually takes on two quiet cores, behind an adapter in Python; the time limit follows."""
    takes_cases: bool = False
    """Whether ``--cases`` may say how many cases it tries."""


def _usual(quick: float, default: float, thorough: float) -> Mapping[Effort, float]:
    return {Effort.quick: quick, Effort.default: default, Effort.thorough: thorough}


LANES: Final[Mapping[str, Lane]] = {
    "fixed": Lane(fixed.run, _usual(4, 4, 4)),
    "corpus": Lane(corpus.run, _usual(6, 6, 6)),
    "programs": Lane(programs.run, _usual(10, 10, 100), takes_cases=True),
    "guided": Lane(guided.run, _usual(3, 5, 50), takes_cases=True),
    "stateful": Lane(stateful.run, _usual(4, 4, 40), takes_cases=True),
    "deep": Lane(deep.run, _usual(4, 9, 200), takes_cases=True),
    "graph": Lane(graph.run, _usual(2, 15, 30)),
    "claims": Lane(claims.run, _usual(5, 5, 5)),
    "concurrent": Lane(concurrent.run, _usual(1, 3, 40), takes_cases=True),
}
ASKED_FOR: Final[Mapping[str, Lane]] = {"limits": Lane(limits.run, _usual(60, 60, 60))}
"""The lanes that are run only where they are asked for."""

SELF_TESTS: Final[Mapping[str, Callable[[str], LaneResult]]] = {
    "near-miss": near_miss.run,
    "symbolic": symbolic.run,
    "lean": lean.run,
}
"""What speaks of the harness under a contract, and never of an implementation."""
DEPENDS_ON: Final[Mapping[str, Callable[[], str]]] = {"lean": lean.toolchain}
"""What a self-test depends on beside the harness, Python and the libraries."""
BY_NAME_ONLY: Final = {"lean": "starting Lean takes 2.5 GB and half a minute: ask for it with --lanes lean"}
"""The self-tests that are run only where they are asked for, and why."""
