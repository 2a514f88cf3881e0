"""Local types as JSON: the implementation's own form, and the Lean side's.

The own form is what the original runtime's serializer prints::

    "End"
    {"Send":{"branches":[[{"name":"m","sort":"Nat"},"Nat","End"]],"partner":"B"}}
    {"Mu":{"body":{"Recv":…},"var":"t"}}
    {"Var":"t"}

The Lean form names the kind and knows no value types::

    {"kind":"end"}
    {"kind":"send","partner":"B","branches":[{"label":{"name":"m","sort":"nat"},"continuation":{"kind":"end"}}]}
    {"kind":"rec","var":"t","body":{…}}
    {"kind":"var","name":"t"}

Written bytes are canonical: ascending keys, no spaces, UTF-8 unescaped. All functions are linear and none
recurses, so depth is bounded only by the limit that the caller states.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from telltale_conformance.model.types.json_shape import (
    Place,
    TypeJsonError,
    kind_of,
    members,
    quoted,
    refuse,
    sole_member,
    text,
    text_bytes,
    u64,
)
from telltale_conformance.model.types.local_types import (
    END,
    Branch,
    Choice,
    Label,
    LocalType,
    Mu,
    Recv,
    Send,
    Var,
    remember_encoding,
)
from telltale_conformance.model.types.payloads import (
    BASIC_SORTS,
    PayloadSort,
    ProdSort,
    ValType,
    Vector,
    encode_sort,
    encode_val_type,
    read_pairs,
    sort_from_json,
    val_type_from_json,
)

__all__ = ["TypeJsonError", "encode_type", "encode_type_lean", "type_from_json", "type_from_lean_json"]

_Piece: TypeAlias = "bytes | LocalType"


def encode_type(local_type: LocalType) -> bytes:
    """The canonical JSON of a type in its own form; remembered on the node it was asked for.

    Time and size are those of the tree written out: a subtree that is shared n times is written n times.
    """
    if local_type._encoded is None:
        remember_encoding(local_type, _written(local_type, _own_pieces))
    encoded = local_type._encoded
    assert encoded is not None
    return encoded


def encode_type_lean(local_type: LocalType) -> bytes:
    """The canonical JSON of a type in the Lean form. Value types do not exist there and are left out."""
    return _written(local_type, _lean_pieces)


def type_from_json(value: object, path: Place = "$", *, max_depth: int | None = None) -> LocalType:
    """Read a type from parsed JSON in its own form.

    `value` is made of dict, list, str, int, None (and perhaps bool and float, which are refused). An absent
    label sort reads as Unit. Unknown or missing fields, wrong kinds, integers outside 0..2^64-1 and lone
    surrogates raise TypeJsonError, as do more than `max_depth` nested Send, Recv and Mu.
    """
    return _read(value, path, max_depth, _own_node)


def type_from_lean_json(value: object, path: Place = "$", *, max_depth: int | None = None) -> LocalType:
    """Read a type from parsed JSON in the Lean form; every branch gets no value type. Errors as above."""
    return _read(value, path, max_depth, _lean_node)


# --- writing


def _written(local_type: LocalType, pieces: Callable[[LocalType], list[_Piece]]) -> bytes:
    parts: list[bytes] = []
    stack: list[_Piece] = [local_type]
    while stack:
        item = stack.pop()
        if isinstance(item, bytes):
            parts.append(item)
        else:
            stack += reversed(pieces(item))
    return b"".join(parts)


def _own_pieces(node: LocalType) -> list[_Piece]:
    if node._encoded is not None:
        return [node._encoded]
    if isinstance(node, Choice):
        pieces: list[_Piece] = [b'{"Send":{"branches":[' if isinstance(node, Send) else b'{"Recv":{"branches":[']
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
    return [b'"End"']


def _lean_pieces(node: LocalType) -> list[_Piece]:
    if isinstance(node, Choice):
        pieces: list[_Piece] = [b'{"branches":[']
        between = b""
        for branch in node.branches:
            label = branch.label
            pieces += (between + b'{"continuation":', branch.continuation)
            between = b',"label":{"name":%s,"sort":%s}},' % (
                text_bytes(label.name),
                _encode_lean_sort(label.sort),
            )
        kind = b"send" if isinstance(node, Send) else b"recv"
        pieces.append(b'%s],"kind":"%s","partner":%s}' % (between[:-1], kind, text_bytes(node.partner)))
        return pieces
    if isinstance(node, Mu):
        return [b'{"body":', node.body, b',"kind":"rec","var":%s}' % text_bytes(node.var)]
    if isinstance(node, Var):
        return [b'{"kind":"var","name":%s}' % text_bytes(node.name)]
    return [b'{"kind":"end"}']


def _encode_lean_sort(sort: PayloadSort) -> bytes:
    return encode_sort(sort).lower()  # the JSON of a sort holds nothing but sort names and numbers


# --- reading

_Built: TypeAlias = "LocalType | tuple[type[Choice], str, list[tuple[Label, ValType | None]]] | str"
"""A leaf; or what is known of a choice before its continuations; or the variable of a Mu before its body."""

_Below: TypeAlias = "list[tuple[object, Place]]"


def _read(
    value: object,
    place: Place,
    max_depth: int | None,
    node: Callable[[object, Place], tuple[_Built, _Below]],
) -> LocalType:
    """Read nodes in document order with an explicit stack, then put them together from last to first."""
    todo: list[tuple[object, Place, int]] = [(value, place, 0)]
    found: list[_Built] = []
    while todo:
        item, here, depth = todo.pop()
        one, below = node(item, here)
        found.append(one)
        if max_depth is not None and depth >= max_depth and not isinstance(one, LocalType):
            raise refuse(place, f"the local type has more than {max_depth} levels of Send, Recv and Mu, the limit here")
        for inner, there in reversed(below):
            todo.append((inner, there, depth + 1))
    built: list[LocalType] = []
    for one in reversed(found):
        if isinstance(one, LocalType):
            built.append(one)
        elif isinstance(one, str):
            built.append(Mu(one, built.pop()))
        else:
            form, partner, heads = one
            branches = tuple(Branch(label, value_type, built.pop()) for label, value_type in heads)
            built.append(form(partner, branches))
    return built[0]


def _own_node(value: object, place: Place) -> tuple[_Built, _Below]:
    if value == "End":
        return END, []
    name, content = sole_member(value, place, 'a local type ("End", Send, Recv, Mu or Var)')
    here = (place, name)
    if name in ("Send", "Recv"):
        fields = members(content, here, f"a {name}", ("partner", "branches"))
        partner = text(fields["partner"], (here, "partner"), "a role name")
        heads: list[tuple[Label, ValType | None]] = []
        below: _Below = []
        for there, branch in _elements(fields["branches"], (here, "branches")):
            if type(branch) is not list or len(branch) != 3:
                raise refuse(there, "a branch is due (an array of label, value type or null, local type)")
            value_type = None if branch[1] is None else val_type_from_json(branch[1], (there, 1))
            heads.append((_label(branch[0], (there, 0), sort_from_json), value_type))
            below.append((branch[2], (there, 2)))
        return (Send if name == "Send" else Recv, partner, heads), below
    if name == "Mu":
        fields = members(content, here, "a Mu", ("var", "body"))
        return text(fields["var"], (here, "var"), "a variable name"), [(fields["body"], (here, "body"))]
    if name == "Var":
        return Var(text(content, here, "a variable name")), []
    raise refuse(place, f'a local type is "End", Send, Recv, Mu or Var, not {quoted(str(name))}')


def _lean_node(value: object, place: Place) -> tuple[_Built, _Below]:
    kind = value.get("kind") if type(value) is dict else None
    if kind in ("send", "recv"):
        fields = members(value, place, f"a {kind}", ("kind", "partner", "branches"))
        partner = text(fields["partner"], (place, "partner"), "a role name")
        heads: list[tuple[Label, ValType | None]] = []
        below: _Below = []
        for there, branch in _elements(fields["branches"], (place, "branches")):
            parts = members(branch, there, "a branch", ("label", "continuation"))
            heads.append((_label(parts["label"], (there, "label"), _lean_sort), None))
            below.append((parts["continuation"], (there, "continuation")))
        return (Send if kind == "send" else Recv, partner, heads), below
    if kind == "rec":
        fields = members(value, place, "a rec", ("kind", "var", "body"))
        return text(fields["var"], (place, "var"), "a variable name"), [(fields["body"], (place, "body"))]
    if kind == "var":
        fields = members(value, place, "a var", ("kind", "name"))
        return Var(text(fields["name"], (place, "name"), "a variable name")), []
    if kind == "end":
        members(value, place, "an end", ("kind",))
        return END, []
    given = "this is " + (kind_of(value) if kind is None else f"of kind {kind_of(kind)}")
    raise refuse(place, f"a local type with a kind of end, send, recv, rec or var is due, {given}")


def _elements(value: object, place: Place) -> list[tuple[Place, object]]:
    if type(value) is not list:
        raise refuse(place, f"the branches are due (an array), this is {kind_of(value)}")
    return [((place, index), element) for index, element in enumerate(value)]


def _label(value: object, place: Place, read_sort: Callable[[object, Place], PayloadSort]) -> Label:
    fields = members(value, place, "a label", ("name", "sort"), optional="sort")
    name = text(fields["name"], (place, "name"), "a label name")
    if "sort" not in fields:
        return Label(name)
    return Label(name, read_sort(fields["sort"], (place, "sort")))


_LEAN_SORTS: dict[object, PayloadSort] = {sort.lower(): sort for sort in BASIC_SORTS}


def _lean_sort(value: object, place: Place) -> PayloadSort:
    return read_pairs(value, place, _lean_sort_leaf, ProdSort, "a payload sort", key="prod")


def _lean_sort_leaf(value: object, place: Place) -> PayloadSort:
    if type(value) is str:
        if value in _LEAN_SORTS:
            return _LEAN_SORTS[value]
        raise refuse(place, f"a payload sort in lower case is due, this is {kind_of(value)}")
    name, content = sole_member(value, place, "a payload sort")
    if name != "vector":
        raise refuse(place, f"a payload sort is vector or prod here, not {kind_of(name)}")
    return Vector(u64(content, (place, name), "the size of a vector"))
