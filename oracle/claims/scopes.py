"""Scopes and what holds them, compared as the contract does: a scope is a set, however it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telltale_conformance.lean_traces.json_values import same_json


def fragments(scope: Any) -> frozenset[str] | None:
    """Return a scope as a set of fragments; None is ``Session``, which contains all.

    Raises:
        ValueError, KeyError, TypeError: it is no scope.
    """
    if scope == "Session":
        return None
    listed = scope["Fragments"]
    if not isinstance(listed, list):
        raise ValueError("the fragments of a scope are no list")
    return frozenset(listed)


def within(part: Any, whole: Any) -> bool:
    """Say whether one scope grants no more than another."""
    inner, outer = fragments(part), fragments(whole)
    return outer is None or (inner is not None and inner <= outer)


def same_artifact(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Say whether two capabilities, receipts or witnesses are the same."""
    if one is None or other is None:
        return one is other
    if "scope" not in one or "scope" not in other:
        return same_json(one, other)
    if fragments(one["scope"]) != fragments(other["scope"]):
        return False
    return same_json(*({name: value for name, value in side.items() if name != "scope"} for side in (one, other)))
