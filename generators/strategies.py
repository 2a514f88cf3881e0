"""Hypothesis strategies for every domain value of the store, and text of the local-type syntax by its grammar.

Local types, payloads and protocols are in ``generators.local_types``; what is here adds the values of ownership,
messages, mutations and time, each sound by its shape and arbitrary in its content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from hypothesis.strategies import DrawFn, SearchStrategy
from lark import Lark

from telltale_conformance.files import packaged
from telltale_conformance.generators.local_types import (
    any_local_types,
    dual_pairs,
    local_types,
    names,
    near_misses,
    protocols,
    u64s,
    unicode_text,
    val_types,
    values,
)
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.values import (
    SESSION,
    BufferConfig,
    CancellationWitness,
    Edge,
    Endpoint,
    Fragments,
    HostMutation,
    OwnerDied,
    OwnerDiedFields,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Resize,
    ResizeBounds,
    Scope,
    SetDefaultHandler,
    TerminalReason,
    TimeoutWitness,
    TransferAbandoned,
    TransferAbandonedFields,
    TransferCommitFailed,
    TransferCommitFailedFields,
    UpdateEdgeHandler,
    UpdateTrace,
)

__all__ = [
    "any_local_types",
    "buffer_configs",
    "cancellation_witnesses",
    "capabilities",
    "dual_pairs",
    "edges",
    "endpoints",
    "initial_types",
    "local_types",
    "mutations",
    "names",
    "near_misses",
    "protocols",
    "readiness_witnesses",
    "receipts",
    "role_lists",
    "scopes",
    "terminal_reasons",
    "timeout_witnesses",
    "type_texts",
    "u64s",
    "unicode_text",
    "val_types",
    "values",
]

OWNERS: Final = ("a", "b", "c")


def owner_ids() -> SearchStrategy[str]:
    """Names of owners, of few so that they meet again."""
    return st.one_of(st.sampled_from(OWNERS), names())


def scopes() -> SearchStrategy[Scope]:
    """Scopes: the whole session, or fragments, repeated and in any order."""
    fragments: SearchStrategy[Scope] = st.builds(
        lambda given: Fragments(tuple(given)), st.lists(st.sampled_from(["A", "B", "x"]), max_size=3)
    )
    return st.one_of(st.just(SESSION), fragments)


def role_lists() -> SearchStrategy[list[str]]:
    """Role lists: mostly of distinct names; repeated, empty and odd ones too."""
    return st.one_of(
        st.sampled_from([["A", "B"], ["A", "B", "C"]]),
        st.lists(names(), max_size=4),
        st.lists(st.sampled_from(["A", "B"]), max_size=4),
    )


@st.composite
def initial_types(draw: DrawFn, roles: list[str]) -> Mapping[str, LocalType]:
    """Types for some of the roles, and seldom for one that is not listed."""
    typed = [role for role in dict.fromkeys([*roles, "unlisted"]) if draw(st.integers(0, 4))]
    partners = st.sampled_from(roles) if roles else names()
    return {role: draw(local_types(3, partners, st.sampled_from(["m", "n", "o"]))) for role in typed}


def buffer_configs() -> SearchStrategy[BufferConfig]:
    """Buffer configurations of every mode and policy, small so that buffers fill."""
    small = st.integers(0, 4)
    policies = st.one_of(
        st.sampled_from(["Block", "Drop", "Error"]),
        st.builds(lambda most: Resize(ResizeBounds(most)), st.one_of(small, u64s())),
    )
    return st.builds(BufferConfig, small, st.sampled_from(["Fifo", "LatestValue"]), policies)


def capabilities() -> SearchStrategy[OwnershipCapability]:
    """Capabilities as anyone may forge them."""
    return st.builds(OwnershipCapability, u64s(), owner_ids(), scopes(), u64s())


def receipts() -> SearchStrategy[OwnershipReceipt]:
    """Receipts as anyone may forge them."""
    return st.builds(OwnershipReceipt, u64s(), u64s(), owner_ids(), scopes(), u64s(), u64s(), owner_ids())


def readiness_witnesses() -> SearchStrategy[ReadinessWitness]:
    """Readiness witnesses as anyone may forge them."""
    return st.builds(ReadinessWitness, u64s(), owner_ids(), unicode_text(), scopes(), u64s(), u64s())


def timeout_witnesses() -> SearchStrategy[TimeoutWitness]:
    """Timeout witnesses."""
    return st.builds(TimeoutWitness, u64s(), names(), u64s(), u64s())


def terminal_reasons() -> SearchStrategy[TerminalReason]:
    """Terminal reasons of every kind."""
    return st.one_of(
        st.builds(lambda owner: OwnerDied(OwnerDiedFields(owner)), owner_ids()),
        st.builds(lambda claim, owner: TransferAbandoned(TransferAbandonedFields(claim, owner)), u64s(), owner_ids()),
        st.builds(
            lambda claim, owner, why: TransferCommitFailed(TransferCommitFailedFields(claim, owner, why)),
            u64s(),
            owner_ids(),
            unicode_text(),
        ),
    )


def cancellation_witnesses() -> SearchStrategy[CancellationWitness]:
    """Draw cancellation witnesses."""
    return st.builds(CancellationWitness, u64s(), owner_ids(), terminal_reasons(), u64s(), u64s())


def edges(sids: SearchStrategy[int] | None = None) -> SearchStrategy[Edge]:
    """Edges, of any session or of one of ``sids``, between any roles."""
    roles = st.one_of(st.sampled_from(["A", "B"]), names())
    return st.builds(Edge, roles, roles, u64s() if sids is None else sids)


def endpoints(sids: SearchStrategy[int] | None = None) -> SearchStrategy[Endpoint]:
    """Endpoints, of any session or of one of ``sids``."""
    return st.builds(Endpoint, st.one_of(st.sampled_from(["A", "B"]), names()), u64s() if sids is None else sids)


def mutations(sids: SearchStrategy[int] | None = None) -> SearchStrategy[HostMutation]:
    """Host mutations of every kind, foreign edges and unknown roles included."""
    handlers = st.sampled_from(["h", "g", ""])
    return st.one_of(
        st.builds(SetDefaultHandler, handlers),
        st.builds(UpdateEdgeHandler, edges(sids), handlers),
        st.builds(lambda edge, trace: UpdateTrace(edge, tuple(trace)), edges(sids), st.lists(val_types(), max_size=3)),
    )


def type_texts(start: str = "session_type") -> SearchStrategy[str]:
    """Texts in the syntax of local and global types, drawn from its grammar; of whole protocol files with ``protocol``.

    They fit the grammar and need not mean anything: names of sorts are not always sorts, roles not always listed.
    """
    name = st.sampled_from(["A", "B", "m", "n", "t", "x1", "été"])
    sort = st.sampled_from(["Unit", "Nat", "Bool", "String", "Real", "Vector", "Prod", "Chan"])
    return from_lark(
        _grammar(),
        start=start,
        explicit={
            "NAME": st.one_of(name, sort),
            "QUOTED": names().map(lambda text: json.dumps(text, ensure_ascii=False)),
            "NUMBER": u64s().map(str),
        },
    )


@cache
def _grammar() -> Lark:
    text = packaged("telltale_conformance.model.types", "grammar.lark").decode()
    return Lark(text, start=["session_type", "protocol"])
