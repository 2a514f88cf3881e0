"""What global and local types share: recursion, variables, the end, labelled branches.

A session type of either kind is one of

* ``END``: nothing more to do;
* ``Mu(var, body)``: recursion, ``var`` stands for the whole type inside ``body``;
* ``Var(name)``: go on with the recursion of that name;
* a ``Branching`` node: a choice of one role (``local_types``) or a communication (``global_types``).

The trees are immutable and hashable. Building a node costs the same whatever lies below it; equality, hash
and deallocation work at any depth. A tree may share subtrees (unfolding does): every function of this
package that can avoid it walks a shared subtree once.

Many types are stored and printed and never looked into. So a node may be made of a document in which its fields are
found when somebody first looks at one (``unread``); whoever holds the node sees no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Final, Protocol, Self, TypeVar

from telltale_conformance.model.types.immutable import Node, setter
from telltale_conformance.model.types.payloads import PayloadSort, ValType


class Label(Node):
    """The name of a message and the sort of its payload (Unit when not given)."""

    __slots__ = __match_args__ = ("name", "sort")
    name: str
    sort: PayloadSort

    def __init__(self, name: str, sort: PayloadSort = "Unit") -> None:
        self._fill(name, sort)

    def __repr__(self) -> str:
        return f"Label({self.name!r}, {self.sort!r})"


class Branch(Node):
    """One alternative of a choice: its label, the value type (or None) and how the role goes on."""

    __slots__ = __match_args__ = ("label", "value_type", "continuation")
    label: Label
    value_type: ValType | None
    continuation: SessionType

    def __init__(self, label: Label, value_type: ValType | None, continuation: SessionType) -> None:
        _set_label(self, label)
        _set_value_type(self, value_type)
        _set_continuation(self, continuation)

    def __repr__(self) -> str:
        return f"Branch({self.label!r}, {self.value_type!r}, {self.continuation!r})"


_set_label: Final = setter(Branch, "label")
_set_value_type: Final = setter(Branch, "value_type")
_set_continuation: Final = setter(Branch, "continuation")


class Document(Protocol):
    """A type that was read and found to be well-formed, but not yet made into nodes below its root."""

    def fields(self) -> tuple[Any, ...]:
        """Return the fields of the root."""

    def encoded(self) -> bytes | None:
        """Return its canonical JSON; None where that is too deep for the document."""

    def exchanges(self) -> frozenset[tuple[bool, str]]:
        """Return whom the choices of a local type name, through all branches: (it sends, partner)."""

    def first_labels(self) -> frozenset[str]:
        """Return the labels of the root's branches; of anything but a choice there are none."""


_LATER: Final = frozenset({"_document", "_encoded", "_noted"})
"""Slots that are empty where nobody has filled them; None is read then."""


class SessionType(Node):
    """Base of all forms; never built itself."""

    __slots__ = ("_document", "_encoded", "_noted")
    _document: Document | None
    _encoded: bytes | None
    _noted: dict[Callable[..., Any], Any] | None
    _shown_by: ClassVar[list[Callable[[SessionType], str]]] = []
    """Says how a type is written; the printer, which knows the syntax, puts itself in."""

    def __getattr__(self, name: str) -> Any:
        """Read the fields of a node that was made of a document; what else there is to know of it is not there yet."""
        if name in _LATER:
            return None
        if name not in self.__match_args__:
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        document = self._document
        assert document is not None
        for set_field, value in zip(self._setters, document.fields(), strict=True):
            set_field(self, value)
        return getattr(self, name)

    def __repr__(self) -> str:
        text = self._shown_by[-1](self) if self._shown_by else "…"
        return f"<{type(self).__name__} {text}>"


class End(SessionType):
    """Nothing more to do. There is one instance, ``END``; ``End()`` gives it."""

    __slots__ = ()
    _only: ClassVar[Self | None] = None

    def __new__(cls) -> Self:
        """Give the one instance."""
        if cls._only is None:
            only = super().__new__(cls)
            only._fill()
            cls._only = only
        return cls._only

    def __repr__(self) -> str:
        return "END"


END: Final = End()


class Branching(SessionType):
    """A node with labelled branches, in the order given; there may be none."""

    __slots__ = ()
    branches: tuple[Branch, ...]

    def with_branches(self, branches: tuple[Branch, ...]) -> Self:
        """Return the same node with other branches."""
        raise NotImplementedError


class Mu(SessionType):
    """Recursion: in ``body`` the variable ``var`` stands for this whole type."""

    __slots__ = __match_args__ = ("var", "body")
    var: str
    body: SessionType

    def __init__(self, var: str, body: SessionType) -> None:
        self._fill(var, body)


class Var(SessionType):
    """A recursion variable."""

    __slots__ = __match_args__ = ("name",)
    name: str

    def __init__(self, name: str) -> None:
        self._fill(name)


_Form = TypeVar("_Form", bound=SessionType)
_Derived = TypeVar("_Derived")


def unread(form: type[_Form], document: Document) -> _Form:
    """Return a node of that class whose fields are in a document."""
    node: _Form = _new(form)
    _set_document(node, document)
    _set_encoded(node, None)
    _set_noted(node, None)
    return node


def unread_mu(document: Document, var: str, body: SessionType) -> Mu:
    """Return a Mu of a document whose fields are known."""
    node = unread(Mu, document)
    _set_var(node, var)
    _set_body(node, body)
    return node


def remember_encoding(session_type: SessionType, encoded: bytes) -> None:
    """Keep the canonical JSON of a type on its root."""
    _set_encoded(session_type, encoded)


def remembered_encoding(session_type: SessionType) -> bytes | None:
    """Return the canonical JSON of a type where it is kept on its root, or a document has it."""
    encoded = session_type._encoded
    if encoded is None:
        document = document_of(session_type)
        encoded = None if document is None else document.encoded()
    return encoded


def document_of(session_type: SessionType) -> Document | None:
    """Return the document that a node was made of, if it was."""
    return session_type._document


def noted(derive: Callable[[_Form], _Derived]) -> Callable[[_Form], _Derived]:
    """Keep what a function derives of a type on the type's root, for as long as the type lives."""

    @wraps(derive)
    def derived(session_type: _Form) -> _Derived:
        notes = session_type._noted
        if notes is None:
            notes = {}
            _set_noted(session_type, notes)
        elif derive in notes:
            kept: _Derived = notes[derive]
            return kept
        result = notes[derive] = derive(session_type)
        return result

    return derived


_new: Final = object.__new__
_set_document: Final = setter(SessionType, "_document")
_set_encoded: Final = setter(SessionType, "_encoded")
_set_noted: Final = setter(SessionType, "_noted")
_set_var: Final = setter(Mu, "var")
_set_body: Final = setter(Mu, "body")


def children(session_type: SessionType) -> tuple[SessionType, ...]:
    """Return the types directly below a node, in order: every branch's continuation, or the body of a Mu."""
    if isinstance(session_type, Branching):
        return tuple(branch.continuation for branch in session_type.branches)
    if isinstance(session_type, Mu):
        return (session_type.body,)
    return ()


def strip_mu(session_type: SessionType) -> SessionType:
    """Return the type without its leading Mu, nothing substituted: the contract's ``unfold_mu`` (§6, §7)."""
    while isinstance(session_type, Mu):
        session_type = session_type.body
    return session_type


def postorder(session_type: SessionType) -> list[SessionType]:
    """Every distinct node (by identity) once, children before parents; linear also in shared trees."""
    order: list[SessionType] = []
    met: set[int] = set()
    stack: list[Any] = [session_type]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif id(node) not in met:
            met.add(id(node))
            below = children(node)
            if below:
                stack += (node, None)
                stack += reversed(below)
            else:
                order.append(node)
    return order
