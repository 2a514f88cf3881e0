"""Local types from JSON that our own writer printed, or nearly so: the fast half of reading them.

msgspec checks the shape and passes over the rest: repeated members, forms with two members or none, spellings that
mean the same. What it read is therefore printed again. Printing never needs more bytes than were read, and fewer when
anything was passed over; so of equal length nothing was, in whatever order the members stood. Labels without a sort get
theirs before lengths are compared, because we print it. Anything unusual is left to ``model.types.type_json``, which
says what is wrong.

The nodes below the root are made when somebody looks at them: most types are only stored and printed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
    BasicSort,
    BasicValType,
    Chan,
    ValType,
    sort_from_json,
    val_type_from_json,
)
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var, remember_encoding, unread, unread_mu
from telltale_conformance.model.values import U64, U64_MAX


class NotOurForm(Exception):
    """Thrown where bytes are not quite in the form that our own writer prints; they may still be well-formed."""


_TWO: Final = Meta(min_length=2, max_length=2)


class _Part(Struct, forbid_unknown_fields=True, gc=False):
    """Base of the parts of a type; those with several members, all of which may be missing, have exactly one."""


class _SortForm(_Part):
    Prod: Annotated[list[_Sort], _TWO] | UnsetType = UNSET
    Vector: U64 | UnsetType = UNSET


class _Endpoint(_Part):
    role: str
    sid: U64


class _ValTypeForm(_Part):
    Chan: _Endpoint | UnsetType = UNSET
    Prod: Annotated[list[PrintedValType], _TWO] | UnsetType = UNSET


class _Label(_Part):
    name: str
    sort: _Sort = "Unit"


class _Choice(_Part):
    branches: list[tuple[_Label, PrintedValType | None, _Type]]
    partner: str


class _Recursion(_Part):
    body: _Type
    var: str


class _Form(_Part):
    """A type that is not ``"End"``; the document of its node."""

    Mu: _Recursion | UnsetType = UNSET
    Recv: _Choice | UnsetType = UNSET
    Send: _Choice | UnsetType = UNSET
    Var: str | UnsetType = UNSET

    def fields(self) -> tuple[Any, ...]:
        """Return the fields of the node."""
        if self.Mu is not UNSET:
            return self.Mu.var, _node(self.Mu.body)
        choice = self.Send if self.Recv is UNSET else self.Recv
        assert choice is not UNSET
        branches = [
            Branch(_label(label), None if value_type is None else val_type_of(value_type), _node(continuation))
            for label, value_type, continuation in choice.branches
        ]
        return choice.partner, tuple(branches)

    def encoded(self) -> bytes | None:
        """Return the canonical JSON of the type."""
        try:
            return _encode(self)
        except RecursionError:
            return None

    def exchanges(self) -> frozenset[tuple[bool, str]]:
        """Return whom the choices name, through all branches: (it sends, partner)."""
        found = set()
        waiting: list[_Type] = [self]
        for form in waiting:
            if isinstance(form, str):
                continue
            choice, sends = form.Send, True
            if choice is UNSET:
                choice, sends = form.Recv, False
            if choice is not UNSET:
                found.add((sends, choice.partner))
                for _, _, continuation in choice.branches:
                    waiting.append(continuation)
            elif form.Mu is not UNSET:
                waiting.append(form.Mu.body)
        return frozenset(found)

    def first_labels(self) -> frozenset[str]:
        """Return the labels of the root's branches; of anything but a choice there are none."""
        choice = self.Send if self.Recv is UNSET else self.Recv
        return frozenset() if choice is UNSET else frozenset([label.name for label, _, _ in choice.branches])


_Sort: TypeAlias = BasicSort | _SortForm
PrintedValType: TypeAlias = BasicValType | _ValTypeForm
"""How msgspec reads a value type."""
_Type: TypeAlias = Literal["End"] | _Form
_decode: Final = msgspec.json.Decoder(_Type).decode
_decode_by_role: Final = msgspec.json.Decoder(dict[str, _Type]).decode
_encode: Final = msgspec.json.Encoder().encode
_SECOND_MEMBER: Final = re.compile(rb',"(?:Send|Recv|Mu|Var|Vector|Prod|Chan)":')
"""What stands only in forms with two members: inside a text the quotes would be escaped."""
_NO_MEMBER: Final = re.compile(rb"\{\}")
_NO_SORT: Final = re.compile(rb'(\[\{"name":"[^"\\]*(?:\\.[^"\\]*)*")\}')
"""A label without a sort, as the first part of a branch."""
_WITH_SORT: Final = rb'\1,"sort":"Unit"}'
_LONG_INTEGER: Final = re.compile(rb":([0-9]{20,})")


def printed_type(printed: bytes) -> LocalType:
    """Return the local type whose JSON the bytes are.

    Raises:
        NotOurForm, msgspec.MsgspecError, UnicodeDecodeError, RecursionError: they are not quite in our form;
            ``type_from_json`` decides.
    """
    form = _decode(printed)
    encoded = _encode(form)
    _refuse_passed_over(printed, encoded)
    node = _node(form)
    remember_encoding(node, encoded)
    return node


def printed_types(printed: bytes) -> dict[str, LocalType]:
    """Return the local types by role whose JSON object the bytes are. Errors as of ``printed_type``."""
    forms = _decode_by_role(printed)
    if forms:
        _refuse_passed_over(printed, _encode(forms))
    return {role: _node(form) for role, form in forms.items()}


def _refuse_passed_over(printed: bytes, again: bytes) -> None:
    """Refuse what msgspec passes over, given the print of what it read, in which every label has a sort.

    Raises:
        NotOurForm: a member is repeated, a form has no member or two, something is spelled otherwise than we do, or an
            integer may be beyond the bound, which msgspec cannot state.
    """
    if again != printed and len(again) != len(_NO_SORT.sub(_WITH_SORT, printed)):
        raise NotOurForm
    if _SECOND_MEMBER.search(printed) or _NO_MEMBER.search(printed):
        raise NotOurForm
    if _LONG_INTEGER.search(printed) and max(map(int, _LONG_INTEGER.findall(printed))) > U64_MAX:
        raise NotOurForm


def _node(form: _Type) -> LocalType:
    if isinstance(form, str):
        return END
    if form.Send is not UNSET:
        return unread(Send, form)
    if form.Recv is not UNSET:
        return unread(Recv, form)
    if form.Var is not UNSET:
        return _variable(form.Var)
    assert form.Mu is not UNSET
    body = form.Mu.body
    if isinstance(body, str) or body.Mu is UNSET:
        return unread_mu(form, form.Mu.var, _node(body))  # a session that opens strips it at once
    return unread(Mu, form)


def _label(label: _Label) -> Label:
    sort = label.sort
    if isinstance(sort, str):
        return _basic_label(label.name, sort)
    return Label(label.name, sort_from_json(msgspec.to_builtins(sort)))


def val_type_of(form: PrintedValType) -> ValType:
    """Return the value type that was read.

    Raises:
        TypeJsonError: msgspec let pass what is no value type.
    """
    if isinstance(form, str):
        return form
    chan = form.Chan
    if chan is UNSET or form.Prod is not UNSET or chan.sid > U64_MAX:
        return val_type_from_json(msgspec.to_builtins(form))
    return Chan(chan.sid, chan.role)


@lru_cache(4096)
def _basic_label(name: str, sort: BasicSort) -> Label:
    return Label(name, sort)


@lru_cache(4096)
def _variable(name: str) -> Var:
    return Var(name)
