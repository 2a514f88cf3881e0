"""What every adapter offers, and the messages that pass between it and the harness (adapter protocol 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol

import msgspec
from msgspec import Meta, Struct

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, BadLimit
from telltale_conformance.readable import one_line

PROTOCOL_VERSION: Final = 1

AnswerKind = Literal["ok", "err", "unsupported", "panic", "bad_request"]
"""``ok`` and ``err`` are outcomes to judge; ``panic`` is a divergence of that class; ``unsupported`` means
not covered; ``bad_request`` means that the adapter did not understand us, so nothing is concluded."""

ANSWER_KINDS: Final[tuple[AnswerKind, ...]] = ("ok", "err", "unsupported", "panic", "bad_request")


CLIENTS: Final = 4
"""How many clients the reference offers, and how many processes are started of a command for one client."""


class Request(NamedTuple):
    """One operation to carry out."""

    op: str
    args: bytes
    """The arguments as one JSON object, on one line (no raw line break can be inside)."""


RESET: Final = Request("reset", b"{}")
"""Put among the requests of one ``submit``: everything after it happens in a fresh, empty store.

It gives no answer, so that many short programs run through one full pipe.
"""

AWAIT_ANSWERS: Final = None
"""Put among the requests of one ``submit``: the next request cannot be formed before all answers to those
given so far were taken. (Without it, requests are drawn ahead of answers, as far as the window allows.)"""


class Answer(NamedTuple):
    """What an adapter answered to one request, each part as the raw JSON that it printed."""

    kind: AnswerKind
    payload: bytes
    """The value of ``ok`` or ``err``; for the other kinds a JSON string that says why."""
    audit: bytes | None
    """The log records that the operation appended; None when the adapter does not observe them, and for the
    kinds that are no outcome."""

    def text(self) -> str:
        """Return the payload of ``unsupported``, ``panic`` or ``bad_request`` as text, for people."""
        value: Any = msgspec.json.decode(self.payload)
        return value if isinstance(value, str) else self.payload.decode(errors="replace")


HELLO_TEXT: Final = 200
"""The most characters that a text of a hello may have: reports and pages show each of them whole."""
HELLO_OPS: Final = 1000
"""The most operations that a hello may list."""
HelloText = Annotated[str, Meta(max_length=HELLO_TEXT)]


class Hello(Struct, frozen=True, kw_only=True):
    """What an adapter says of the implementation behind it."""

    name: HelloText
    version: HelloText
    language: HelloText
    contract: HelloText
    """The contract that the implementation means to follow, ``telltale-17`` or ``hardened``."""
    ops: Annotated[frozenset[HelloText], Meta(max_length=HELLO_OPS)]
    """The operations that it carries out; no other is ever sent."""
    observes: frozenset[str]
    """``audit`` when every outcome comes with the log records that the operation appended."""
    clients: int = 1
    """How many clients may ask at once."""

    @property
    def audited(self) -> bool:
        """Whether outcomes come with log records."""
        return "audit" in self.observes

    def differs(self, other: Hello) -> str:
        """Say in what another hello is another; empty where it is the same."""
        told = []
        for field in self.__struct_fields__:
            mine, its = getattr(self, field), getattr(other, field)
            if isinstance(mine, frozenset):
                told += [f"{field} without {name}" for name in sorted(mine - its)]
                told += [f"{field} with {name}" for name in sorted(its - mine)]
            elif mine != its:
                told.append(f"{field} {its} instead of {mine}")
        return one_line(", ".join(told), 200)


class Adapter(Protocol):
    """An implementation under test, wherever it runs.

    Every method may raise ``oracle.adapters.faults.AdapterFault``: then nothing is known of the
    implementation (inconclusive, never a verdict), and the next ``reset`` starts afresh where that is possible.
    """

    @property
    def hello(self) -> Hello:
        """What the adapter said of the implementation."""

    def reset(self) -> None:
        """Make the store fresh and empty before the next request. Answers not yet taken are dropped."""

    def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """Yield one answer per request, in order; ``RESET`` and ``AWAIT_ANSWERS`` give none.

        Requests are drawn as the window allows, ahead of the answers. The caller may stop at any answer.
        A second ``submit`` ends the first.
        """

    def close(self) -> None:
        """Say bye and see that nothing is left; closing twice does nothing."""


def request_line(number: int, request: Request, client: int | None = None) -> bytes:
    """Print a request as the line that is sent; with the client that asks, where several do at once.

    Raises:
        ValueError: the arguments hold a line break, which would make two requests of one.
    """
    if b"\n" in request.args:
        raise ValueError(f"arguments of {request.op} hold a line break; encode them without")
    who = b"" if client is None else b'"client":%d,' % client
    return b'{"id":%d,%b"op":%b,"args":%b}\n' % (number, who, _quoted(request.op), request.args)


_QUOTED: Final[dict[str, bytes]] = {}


def _quoted(op: str) -> bytes:
    quoted = _QUOTED.get(op)
    if quoted is None:
        quoted = _QUOTED[op] = msgspec.json.encode(op)
    return quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterLimits:
    """How long, how much and how often."""

    deadline: float = 10.0
    """Seconds within which an answer must come, counted from the one before it or, with nothing in flight,
    from the request."""
    start_deadline: float = 30.0
    """Seconds within which hello must be answered by a newly started adapter."""
    close_deadline: float = 5.0
    """Seconds within which an adapter must exit after bye."""
    window: int = 256
    """How many requests may be in flight."""
    line_bytes: int = DEFAULT_LIMITS.line_bytes
    """The longest answer, in bytes with its line end."""
    nesting: int = DEFAULT_LIMITS.nesting
    """The deepest nesting of arrays and objects in one answer."""
    stderr_bytes: int = 1024 * 1024
    """The most bytes that may come over stderr between two resets."""
    stderr_kept: int = 8 * 1024
    """How many bytes of the end of stderr are kept, to be shown with a failure."""
    restarts: int = 3
    """How often the adapter may be started again after a failure."""

    def starting_within(self, seconds: float) -> AdapterLimits:
        """Return the limits with no more time for a start than some seconds."""
        return replace(self, start_deadline=min(self.start_deadline, max(seconds, 0.001)))

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = _LEAST.get(field.name, 0)
            if not value >= least or (least == 0 and value <= 0 and field.name != "restarts"):
                raise BadLimit(f"adapter limit {field.name} cannot be {value}")
            if isinstance(value, float) and value > LONGEST_WAIT:
                raise BadLimit(f"adapter limit {field.name} cannot be {value:g}: at most {LONGEST_WAIT:,.0f} seconds")


LONGEST_WAIT: Final = 1_000_000.0
"""The longest deadline in seconds, eleven days: the system waits for no more than 2^31 milliseconds at once."""
_LEAST: Final = {
    "window": 1,
    "line_bytes": 64,
    "nesting": 8,
    "stderr_bytes": 1,
    "stderr_kept": 0,
    "restarts": 0,
}
DEFAULT_ADAPTER_LIMITS: Final = AdapterLimits()
