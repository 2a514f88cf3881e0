"""Local types as JSON in the implementation's own form.

It is what the original runtime's serializer prints::

    "End"
    {"Send":{"branches":[[{"name":"m","sort":"Nat"},"Nat","End"]],"partner":"B"}}
    {"Mu":{"body":{"Recv":…},"var":"t"}}
    {"Var":"t"}

Written bytes are canonical: ascending keys, no spaces, UTF-8 unescaped. All functions are linear and none
recurses, so depth is bounded only by the limit that the caller states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from telltale_conformance.model.types.json_shape import (
    Place,
    kind_of,
    members,
    quoted,
    refuse,
    sole_member,
    text,
    text_bytes,
)
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
    PayloadSort,
    ValType,
    encode_sort,
    encode_val_type,
    sort_from_json,
    val_type_from_json,
)
from telltale_conformance.model.types.trees import (
    END,
    Branch,
    Branching,
    Label,
    Mu,
    SessionType,
    Var,
    remember_encoding,
    remembered_encoding,
)

__all__ = [
    "Below",
    "Built",
    "Heads",
    "Piece",
    "elements",
    "encode_type",
    "label_from_json",
    "read_tree",
    "type_from_json",
    "write_tree",
]

Piece: TypeAlias = "bytes | SessionType"
"""Written JSON, or a node whose JSON belongs there."""


def encode_type(local_type: LocalType) -> bytes:
    """Return the canonical JSON of a type in its own form; remembered on the node it was asked for.

    Time and size are those of the tree written out: a subtree that is shared n times is written n times.
    """
    kept = local_type._encoded
    if kept is not None:
        return kept
    encoded = remembered_encoding(local_type) or write_tree(local_type, _own_pieces)
    remember_encoding(local_type, encoded)
    return encoded


def type_from_json(value: object, path: Place = "$") -> LocalType:
    """Read a type from parsed JSON in its own form.

    ``value`` is made of dict, list, str, int, None (and perhaps bool and float, which are refused). An absent
    label sort reads as Unit. Unknown or missing fields, wrong kinds, integers outside 0..2^64-1 and lone
    surrogates raise TypeJsonError.
    """
    return read_tree(value, path, _own_node)


# --- writing


def write_tree(tree: SessionType, pieces: Callable[[SessionType], list[Piece]]) -> bytes:
    """Return the JSON of a tree, each node written as ``pieces`` says."""
    parts: list[bytes] = []
    stack: list[Piece] = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, bytes):
            parts.append(item)
        else:
            stack += reversed(pieces(item))
    return b"".join(parts)


def _own_pieces(node: SessionType) -> list[Piece]:
    encoded = remembered_encoding(node)
    if encoded is not None:
        return [encoded]
    if isinstance(node, Choice):
        pieces: list[Piece] = [b'{"Send":{"branches":[' if isinstance(node, Send) else b'{"Recv":{"branches":[']
        before = b"[{"
        for branch in node.branches:
            label = branch.label
            value_type = b"null" if branch.value_type is None else encode_val_type(branch.value_type)
            pieces.append(
                b'%s"name":%s,"sort":%s},%s,' % (before, text_bytes(label.name), encode_sort(label.sort), value_type)
            )
            pieces.append(branch.continuation)
            before = b"],[{"
        pieces.append(b'%s],"partner":%s}}' % (b"]" if node.branches else b"", text_bytes(node.partner)))
        return pieces
    if isinstance(node, Mu):
        return [b'{"Mu":{"body":', node.body, b',"var":%s}}' % text_bytes(node.var)]
    if isinstance(node, Var):
        return [b'{"Var":%s}' % text_bytes(node.name)]
    if isinstance(node, Branching):
        raise TypeError("a global type has no JSON in the form of local types")
    return [b'"End"']


# --- reading

Built: TypeAlias = "SessionType | tuple[Callable[[tuple[Branch, ...]], SessionType], Heads] | str"
"""A leaf; or what is known of a choice before its continuations; or the variable of a Mu before its body."""

Heads: TypeAlias = "list[tuple[Label, ValType | None]]"
"""The branches of a choice before their continuations."""

Below: TypeAlias = "list[tuple[object, Place]]"
"""The JSON of a node's children and where each stands."""


def read_tree(
    value: object,
    place: Place,
    node: Callable[[object, Place], tuple[Built, Below]],
) -> SessionType:
    """Read nodes in document order with an explicit stack, then put them together from last to first."""
    todo = [(value, place)]
    found: list[Built] = []
    while todo:
        one, below = node(*todo.pop())
        found.append(one)
        todo += reversed(below)
    built: list[SessionType] = []
    for one in reversed(found):
        if isinstance(one, SessionType):
            built.append(one)
        elif isinstance(one, str):
            built.append(Mu(one, built.pop()))
        else:
            form, heads = one
            built.append(form(tuple(Branch(label, value_type, built.pop()) for label, value_type in heads)))
    return built[0]


def _own_node(value: object, place: Place) -> tuple[Built, Below]:
    if value == "End":
        return END, []
    name, content = sole_member(value, place, 'a local type ("End", Send, Recv, Mu or Var)')
    here = (place, name)
    if name in ("Send", "Recv"):
        fields = members(content, here, f"a {name}", ("partner", "branches"))
        partner = text(fields["partner"], (here, "partner"), "a role name")
        heads: list[tuple[Label, ValType | None]] = []
        below: Below = []
        for there, branch in elements(fields["branches"], (here, "branches")):
            if type(branch) is not list or len(branch) != 3:
                raise refuse(there, "a branch is due (an array of label, value type or null, local type)")
            value_type = None if branch[1] is None else val_type_from_json(branch[1], (there, 1))
            heads.append((label_from_json(branch[0], (there, 0), sort_from_json), value_type))
            below.append((branch[2], (there, 2)))
        return (partial(Send if name == "Send" else Recv, partner), heads), below
    if name == "Mu":
        fields = members(content, here, "a Mu", ("var", "body"))
        return text(fields["var"], (here, "var"), "a variable name"), [(fields["body"], (here, "body"))]
    if name == "Var":
        return Var(text(content, here, "a variable name")), []
    raise refuse(place, f'a local type is "End", Send, Recv, Mu or Var, not {quoted(str(name))}')


def elements(value: object, place: Place) -> list[tuple[Place, object]]:
    """Return the branches of a choice in JSON, each with its place."""
    if type(value) is not list:
        raise refuse(place, f"the branches are due (an array), this is {kind_of(value)}")
    return [((place, index), element) for index, element in enumerate(value)]


def label_from_json(value: object, place: Place, read_sort: Callable[[object, Place], PayloadSort]) -> Label:
    """Read a label whose sort ``read_sort`` reads; an absent sort is Unit."""
    fields = members(value, place, "a label", ("name", "sort"), optional="sort")
    name = text(fields["name"], (place, "name"), "a label name")
    if "sort" not in fields:
        return Label(name)
    return Label(name, read_sort(fields["sort"], (place, "sort")))
