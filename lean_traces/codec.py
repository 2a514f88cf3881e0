"""Arguments of operations between JSON and the model (trace format, domain values).

What an operation takes is read off its function's signature, so the model states it once. Arguments are
decoded in one of two ways that give the same values: from the bytes of a line printed in our own form, with
msgspec, which is fast and sees nothing else; or from strictly parsed JSON of any form.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, get_type_hints

import msgspec
from msgspec import UNSET, UnsetType

from telltale_conformance.lean_traces.argument_forms import ArgumentError, Form, form_of, has_raw_parts, may_pass_u64
from telltale_conformance.lean_traces.printed_types import NotOurForm
from telltale_conformance.lean_traces.printed_values import encode_plain
from telltale_conformance.lean_traces.printing import encode_shallow
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.operations import OPERATIONS, Operation
from telltale_conformance.model.types.json_shape import TypeJsonError
from telltale_conformance.model.values import U64, U64_MAX, BufferConfig, DomainValue


class ArgumentCodec:
    """Reads and writes the arguments of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        hints = get_type_hints(operation.function, include_extras=True)
        self._forms: dict[str, Form] = {}
        self._optional = operation.optional
        for parameter in operation.parameters:
            annotation = hints[parameter]
            if annotation is int:
                annotation = U64
            elif annotation == int | None:
                annotation = U64 | None
            self._forms[parameter] = form_of(annotation)
        self.wire_names = {parameter: parameter.rstrip("_") for parameter in operation.parameters}
        self.struct = msgspec.defstruct(
            f"{operation.name}_arguments",
            [
                (parameter, self._forms[parameter].annotation | UnsetType, UNSET)
                if parameter in self._optional
                else (parameter, self._forms[parameter].annotation)
                for parameter in sorted(operation.parameters)
            ],
            kw_only=True,
            frozen=True,
            gc=False,
            forbid_unknown_fields=True,
            rename=self.wire_names,
        )
        self._decode = msgspec.json.Decoder(self.struct).decode
        self._has_raw_parts = any(map(has_raw_parts, self._forms.values()))
        self._fields: Callable[[Any], tuple[Any, ...]] = (
            attrgetter(*operation.parameters) if len(operation.parameters) > 1 else msgspec.structs.astuple
        )
        self._conversions = [
            (index, convert)
            for index, parameter in enumerate(operation.parameters)
            if (convert := self._forms[parameter].from_printed) is not None
        ]
        self._optional_ones = [
            index for index, parameter in enumerate(operation.parameters) if parameter in self._optional
        ]
        self._loose_integers = [
            index
            for index, parameter in enumerate(operation.parameters)
            if self._forms[parameter].annotation in (list[U64], U64 | None, BufferConfig | None)
        ]
        read: Callable[[Any], tuple[Any, ...]]
        if self._optional or self._loose_integers or len(self._conversions) > 1:
            read = self._converted
        else:
            read = self._with_one_converted(*self._conversions[0]) if self._conversions else self._fields
        self.from_printed = self._within_u64(read)
        """Returns the model's arguments of a decoded ``struct``; raises ``NotOurForm`` where a part that msgspec passed
        over is not as our writer prints it."""

    def _within_u64(self, read: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], tuple[Any, ...]]:
        """Refuse the integers above 2^64-1, a bound that msgspec cannot state; those that are always there."""
        paths = self._integer_paths()
        if not paths:
            return read
        one, integers = attrgetter(paths[0]), attrgetter(*paths)

        def with_one(arguments: Any) -> tuple[Any, ...]:
            if one(arguments) > U64_MAX:
                raise NotOurForm
            return read(arguments)

        def with_two(arguments: Any) -> tuple[Any, ...]:
            first, second = integers(arguments)
            if first > U64_MAX or second > U64_MAX:
                raise NotOurForm
            return read(arguments)

        def with_several(arguments: Any) -> tuple[Any, ...]:
            if max(integers(arguments)) > U64_MAX:
                raise NotOurForm
            return read(arguments)

        return {1: with_one, 2: with_two}.get(len(paths), with_several)

    def _integer_paths(self) -> list[str]:
        """Return the integers that are always there, by parameter and by field of a domain value."""
        paths = []
        for parameter, form in self._forms.items():
            annotation = form.annotation
            if annotation == U64:
                paths.append(parameter)
            elif isinstance(annotation, type) and issubclass(annotation, DomainValue):
                fields = get_type_hints(annotation, include_extras=True).items()
                paths += [f"{parameter}.{name}" for name, kind in fields if kind == U64]
        return paths

    def _with_one_converted(self, index: int, convert: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
        fields = self._fields

        def read(arguments: Any) -> tuple[Any, ...]:
            values = list(fields(arguments))
            values[index] = convert(values[index])
            return tuple(values)

        return read

    def _converted(self, arguments: Any) -> tuple[Any, ...]:
        values = list(self._fields(arguments))
        for index in self._loose_integers:
            if may_pass_u64(values[index]):
                raise NotOurForm
        for index, convert in self._conversions:
            values[index] = convert(values[index])
        for index in self._optional_ones:
            if values[index] is UNSET:
                values[index] = None
        return tuple(values)

    def read(self, args: bytes, nesting: int) -> tuple[Any, ...]:
        """Return the model's arguments of one JSON object, strictly checked.

        What msgspec read is printed again. Printing never needs more bytes than were read, and fewer when anything was
        passed over; so of equal length nothing was, in whatever order the members stood.

        Args:
            args: the object.
            nesting: how deep it may nest; what msgspec reads is not held to it, and nests less deep than Python calls.

        Raises:
            ArgumentError: no JSON, or a wrong shape.
        """
        try:
            printed = self._decode(args)
            if len(encode_shallow(printed)) == len(args) or self._is_whole(args):
                return self.from_printed(printed)
        except (msgspec.MsgspecError, NotOurForm, ValueError, RecursionError, OverflowError):
            pass
        return self.read_strictly(args, nesting)

    def _is_whole(self, args: bytes) -> bool:
        """Say whether plain JSON, with fragments as they are given, prints as long as the arguments.

        That shows the same of scopes that name a fragment twice, which is lost when they are read. Printing could only
        need more bytes than were read where a number is no integer of 64 bits, and ``from_printed`` refuses those; in
        arguments with raw parts it does not see them.
        """
        return not self._has_raw_parts and len(encode_plain(msgspec.json.decode(args))) == len(args)

    def read_strictly(self, args: bytes, nesting: int) -> tuple[Any, ...]:
        """As ``read``, for an object that is in another form than our writer's."""
        try:
            return self.from_json(parse(args, nesting))
        except StrictJsonError as error:
            raise ArgumentError(f"args of {self.operation.name}: {error}") from None

    def takes(self, args: bytes) -> bool:
        """Say whether these bytes, of a line that is held to the limit on nesting, are arguments and nothing else."""
        try:
            self.read(args, len(args))
        except ArgumentError:
            return False
        return True

    def from_json(self, document: object) -> tuple[Any, ...]:
        """Return the model's arguments of strictly parsed JSON.

        Raises:
            ArgumentError: what is wrong, with its place.
        """
        if type(document) is not dict:
            raise ArgumentError("args must be an object")
        rest = dict(document)
        values: list[Any] = []
        for parameter in self.operation.parameters:
            name = self.wire_names[parameter]
            if name not in rest:
                if parameter not in self._optional:
                    raise ArgumentError(f"args of {self.operation.name}: missing field `{name}`")
                values.append(None)
                continue
            value = rest.pop(name)
            if value is None and parameter in self._optional:
                values.append(None)
                continue
            try:
                values.append(self._forms[parameter].from_json(value))
            except (ArgumentError, TypeJsonError, msgspec.ValidationError) as error:
                raise ArgumentError(f"args of {self.operation.name}, `{name}`: {error}") from None
        if rest:
            raise ArgumentError(f"args of {self.operation.name}: unknown field `{next(iter(rest))}`")
        return tuple(values)


CODECS: Final = {name: ArgumentCodec(operation) for name, operation in OPERATIONS.items()}
"""One codec per operation, by name."""


def decode_arguments(op: str, args: bytes, nesting: int) -> tuple[Any, ...]:
    """Return the model's arguments of an operation from one JSON object.

    Raises:
        ArgumentError: an unknown operation, no JSON, or a wrong shape.
    """
    codec = CODECS.get(op)
    if codec is None:
        raise ArgumentError(f"unknown operation {op!r}")
    try:
        return codec.from_json(parse(args, nesting))
    except StrictJsonError as error:
        raise ArgumentError(f"args of {op}: {error}") from None
