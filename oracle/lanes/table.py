"""All lanes by name, in the order in which ``check`` runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from telltale_conformance.oracle.lanes import claims, corpus, graph, lean, near_miss, programs, stateful, symbolic
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.results import LaneResult

Lane = Callable[[Subject, Settings], LaneResult]

LANES: Final[Mapping[str, Lane]] = {
    "corpus": corpus.run,
    "programs": programs.run,
    "stateful": stateful.run,
    "graph": graph.run,
    "near-miss": near_miss.run,
    "claims": claims.run,
    "lean": lean.run,
    "symbolic": symbolic.run,
}
