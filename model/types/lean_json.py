"""Local and global types as JSON in the form that the Lean side of the original project exchanges.

It names the kind of each node and knows no value types::

    {"kind":"end"}
    {"kind":"send","partner":"B","branches":[{"label":{"name":"m","sort":"nat"},"continuation":{"kind":"end"}}]}
    {"kind":"comm","sender":"A","receiver":"B","branches":[the same]}
    {"kind":"rec","var":"t","body":{…}}
    {"kind":"var","name":"t"}

``send`` and ``recv`` make local types, ``comm`` makes global ones. Written bytes are canonical: ascending
keys, no spaces, UTF-8 unescaped. All functions are linear and none recurses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from telltale_conformance.model.types.global_types import Comm, GlobalType
from telltale_conformance.model.types.json_shape import (
    Place,
    kind_of,
    members,
    refuse,
    sole_member,
    text,
    text_bytes,
    u64,
)
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
    BASIC_SORTS,
    PayloadSort,
    ProdSort,
    Vector,
    encode_sort,
    read_pairs,
)
from telltale_conformance.model.types.trees import END, Branch, Branching, Mu, SessionType, Var
from telltale_conformance.model.types.type_json import (
    Below,
    Built,
    Heads,
    Piece,
    elements,
    label_from_json,
    read_tree,
    write_tree,
)


def encode_type_lean(local_type: LocalType) -> bytes:
    """Return the canonical JSON of a local type in this form. Value types do not exist there and are left out."""
    return write_tree(local_type, _pieces)


def encode_global(global_type: GlobalType) -> bytes:
    """Return the canonical JSON of a global type. Value types do not exist there and are left out."""
    return write_tree(global_type, _pieces)


def type_from_lean_json(value: object, path: Place = "$") -> LocalType:
    """Read a local type from parsed JSON; every branch gets no value type.

    Raises:
        TypeJsonError: where the value is no local type of this form.
    """
    return read_tree(value, path, _local_node)


def global_from_json(value: object, path: Place = "$") -> GlobalType:
    """Read a global type from parsed JSON. Errors as above."""
    return read_tree(value, path, _global_node)


# --- writing


def _pieces(node: SessionType) -> list[Piece]:
    if isinstance(node, Branching):
        pieces: list[Piece] = [b'{"branches":[']
        between = b""
        for branch in node.branches:
            label = branch.label
            pieces += (between + b'{"continuation":', branch.continuation)
            between = b',"label":{"name":%s,"sort":%s}},' % (text_bytes(label.name), _encoded_sort(label.sort))
        pieces.append(between[:-1] + b"]," + _form(node) + b"}")
        return pieces
    if isinstance(node, Mu):
        return [b'{"body":', node.body, b',"kind":"rec","var":%s}' % text_bytes(node.var)]
    if isinstance(node, Var):
        return [b'{"kind":"var","name":%s}' % text_bytes(node.name)]
    return [b'{"kind":"end"}']


def _form(node: Branching) -> bytes:
    match node:
        case Comm(sender, receiver):
            return b'"kind":"comm","receiver":%s,"sender":%s' % (text_bytes(receiver), text_bytes(sender))
        case Send(partner):
            return b'"kind":"send","partner":%s' % text_bytes(partner)
        case Recv(partner):
            return b'"kind":"recv","partner":%s' % text_bytes(partner)
    raise TypeError(f"no form of {type(node).__name__} in JSON")


def _encoded_sort(sort: PayloadSort) -> bytes:
    return encode_sort(sort).lower()  # the JSON of a sort holds nothing but sort names and numbers


# --- reading


def _local_node(value: object, place: Place) -> tuple[Built, Below]:
    kind = _kind(value)
    if kind in ("send", "recv"):
        fields = members(value, place, f"a {kind}", ("kind", "partner", "branches"))
        partner = text(fields["partner"], (place, "partner"), "a role name")
        return _branching(partial(Send if kind == "send" else Recv, partner), fields["branches"], place)
    if kind == "comm":
        raise refuse(place, "this is a communication of a global type; a local type is due")
    return _common_node(value, place, "a local type with a kind of end, send, recv, rec or var")


def _global_node(value: object, place: Place) -> tuple[Built, Below]:
    kind = _kind(value)
    if kind == "comm":
        fields = members(value, place, "a comm", ("kind", "sender", "receiver", "branches"))
        sender, receiver = (text(fields[name], (place, name), "a role name") for name in ("sender", "receiver"))
        return _branching(partial(Comm, sender, receiver), fields["branches"], place)
    if kind in ("send", "recv"):
        raise refuse(place, f"this is a {kind} of a local type; a global type is due")
    if kind == "delegate":
        raise refuse(place, "a delegation is not read: a session store knows nothing of endpoints handed over")
    return _common_node(value, place, "a global type with a kind of end, comm, rec or var")


def _common_node(value: object, place: Place, what: str) -> tuple[Built, Below]:
    kind = _kind(value)
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
    raise refuse(place, f"{what} is due, {given}")


def _kind(value: object) -> object:
    return value.get("kind") if type(value) is dict else None


def _branching(
    form: Callable[[tuple[Branch, ...]], SessionType], branches: object, place: Place
) -> tuple[Built, Below]:
    heads: Heads = []
    below: Below = []
    for there, branch in elements(branches, (place, "branches")):
        parts = members(branch, there, "a branch", ("label", "continuation"))
        heads.append((label_from_json(parts["label"], (there, "label"), _sort), None))
        below.append((parts["continuation"], (there, "continuation")))
    return (form, heads), below


_SORTS: dict[object, PayloadSort] = {sort.lower(): sort for sort in BASIC_SORTS}


def _sort(value: object, place: Place) -> PayloadSort:
    return read_pairs(value, place, _sort_leaf, ProdSort, "a payload sort", key="prod")


def _sort_leaf(value: object, place: Place) -> PayloadSort:
    if type(value) is str:
        if value in _SORTS:
            return _SORTS[value]
        raise refuse(place, f"a payload sort in lower case is due, this is {kind_of(value)}")
    name, content = sole_member(value, place, "a payload sort")
    if name != "vector":
        raise refuse(place, f"a payload sort is vector or prod here, not {kind_of(name)}")
    return Vector(u64(content, (place, name), "the size of a vector"))
