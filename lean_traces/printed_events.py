"""Events as our own writer printed them: many lines read at once, and one printed again.

msgspec reads operation, number and arguments, and passes over the answer. What it lets pass is found out afterwards, by
whoever knows the answer: printing the event again gives the line, byte for byte, or the line proves nothing.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any, ClassVar, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS, ArgumentCodec
from telltale_conformance.lean_traces.printed_types import NotOurForm
from telltale_conformance.lean_traces.printing import encode_shallow

ARGS: Final = b'{"args":'
"""What our writer begins an event with."""


UNREAD: Final = (NotOurForm, msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
"""What reading raises where something is not nearly in our form."""


class PrintedEvent(Struct, gc=False, tag_field="op"):
    """What is read of an event's line. Nothing that a line may hold beside the fields is looked at."""

    args: Any
    seq: int
    end: UnsetType = UNSET
    """A line with this member is no event."""

    codec: ClassVar[ArgumentCodec]
    op: ClassVar[str]


def _form_of(codec: ArgumentCodec) -> Any:
    return msgspec.defstruct(
        f"{codec.operation.name}_event",
        [("args", codec.struct)],
        bases=(PrintedEvent,),
        namespace={"codec": codec, "op": codec.operation.name},
        tag=codec.operation.name,
        gc=False,
    )


_decoder: Final = msgspec.json.Decoder(reduce(operator.or_, map(_form_of, CODECS.values())))


def read_printed(block: list[bytes], text: bytes) -> list[PrintedEvent | None]:
    """Read the lines of a block; None in place of a line that is not nearly in our form.

    Args:
        block: the lines.
        text: the lines together.
    """
    ended = not block[-1].startswith(ARGS)
    try:
        events: list[PrintedEvent | None] = _decoder.decode_lines(text[: -len(block[-1])] if ended else text)
    except UNREAD:
        return [_read_one(line) for line in block]
    if ended:
        events.append(None)
    return events if len(events) == len(block) else [None] * len(block)


def _read_one(line: bytes) -> PrintedEvent | None:
    try:
        event: PrintedEvent = _decoder.decode(line)
    except UNREAD:
        return None
    return event


def arguments_of(line: bytes, codec: ArgumentCodec) -> tuple[Any, ...] | None:
    """Return the model's arguments of an event's line that are in another form than our writer's; None of others."""
    try:
        args = args_of(line)
        return codec.read_strictly(args, len(args))  # the whole line is held to the limit on nesting
    except (ArgumentError, RecursionError):
        return None


class _Args(Struct):
    args: Raw


_args_of: Final = msgspec.json.Decoder(_Args).decode


def args_of(line: bytes) -> bytes:
    """Return the bytes of the arguments of an event's line.

    Raises:
        ArgumentError: the line is not JSON.
        RecursionError: the line nests too deep for this way.
    """
    try:
        return bytes(_args_of(line).args)
    except msgspec.MsgspecError as error:
        raise ArgumentError(str(error)) from None


class PrintedLine(Struct, frozen=True, gc=False):
    """What our writer prints for an event, members in its order."""

    args: Any
    audit: Any
    err: Any
    ok: Any
    op: str
    seq: int


def holds_otherwise(line: bytes, event: PrintedEvent, printed: bytes) -> bool:
    """Say whether a line that is not as printed is well-formed and differs in the form of its arguments alone.

    Printing arguments never needs more bytes than were read, and fewer when anything was passed over. So in a line as
    long as the printed one, nothing but the arguments that were read stands before the answer.
    """
    answered = printed[len(ARGS) + len(encode_shallow(event.args)) :]
    if not (line.startswith(ARGS) and line.endswith(answered)):
        return False
    return len(line) == len(printed) or event.codec.takes(line[len(ARGS) : -len(answered)])
