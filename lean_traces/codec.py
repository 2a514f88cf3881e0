"""Arguments of operations between JSON and the model (trace format, domain values).

What an operation takes is read off its function's signature, so the model states it once. Arguments are
decoded in one of two ways that give the same values: from the bytes of a line printed in our own form, with
msgspec, which is fast and sees nothing else; or from strictly parsed JSON of any form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, get_type_hints

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.printed_types import NotOurForm, PrintedValType, val_type_of
from telltale_conformance.lean_traces.printed_values import (
    TYPES,
    TYPES_BY_ROLE,
    PrintedValue,
    encode_plain,
    printed_json,
    printed_value,
)
from telltale_conformance.lean_traces.printing import encode_shallow
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.operations import OPERATIONS, Operation
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.types.json_shape import TypeJsonError
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.payloads import ValType, Value, val_type_from_json, value_from_json
from telltale_conformance.model.types.type_json import type_from_json
from telltale_conformance.model.values import (
    U64,
    U64_MAX,
    BufferConfig,
    DomainValue,
    Edge,
    HostMutation,
    Resize,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)


class ArgumentError(HarnessError, ValueError):
    """Thrown when the arguments of an operation have not the shape that the contract gives them."""


class _EdgeTrace(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    edge: Edge
    trace: list[PrintedValType]


class _Mutation(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The three host mutations; exactly one is there."""

    SetDefaultHandler: SetDefaultHandler | UnsetType = UNSET
    UpdateEdgeHandler: UpdateEdgeHandler | UnsetType = UNSET
    UpdateTrace: _EdgeTrace | UnsetType = UNSET


class _Form(NamedTuple):
    """How one kind of argument is written: for msgspec, from that to the model, and from parsed JSON."""

    annotation: Any
    from_printed: Callable[[Any], Any] | None
    from_json: Callable[[object], Any]


def _printed_types(printed: Raw) -> dict[str, LocalType]:
    types: dict[str, LocalType] = TYPES_BY_ROLE[bytes(printed)]
    return types


def _type(document: object, place: str = "$") -> LocalType:
    try:
        kept: LocalType = TYPES[encode_plain(document)]
    except (NotOurForm, ValueError, TypeError, RecursionError, OverflowError):
        return type_from_json(document, place)
    return kept


def _types(document: object) -> dict[str, LocalType]:
    if type(document) is not dict:
        raise ArgumentError("Expected `object`, got another kind")
    return {role: _type(value, f"$.{role}") for role, value in document.items()}


class _Plan(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a plan is made from."""

    initial_types: Raw
    roles: list[str]


def _printed_plan(plan: _Plan) -> PlanInput:
    return PlanInput(initial_types=_printed_types(plan.initial_types), roles=plan.roles)


def _plan(document: object) -> PlanInput:
    match document:
        case {"initial_types": types, "roles": roles, **others} if not others:
            return PlanInput(initial_types=_types(types), roles=msgspec.convert(roles, list[str]))
    raise ArgumentError("Expected `object` with exactly the fields `roles` and `initial_types`")


def _val_types(document: object) -> tuple[ValType, ...]:
    if type(document) is not list:
        raise ArgumentError("Expected `array`, got another kind")
    return tuple(val_type_from_json(value, f"$[{n}]") for n, value in enumerate(document))


def _printed_val_types(forms: list[PrintedValType]) -> tuple[ValType, ...]:
    return tuple([val_type_of(form) for form in forms])


def _printed_json(printed: Raw) -> object:
    try:
        return printed_json(bytes(printed))
    except (ValueError, RecursionError, OverflowError):
        raise NotOurForm from None


def _printed_mutation(mutation: _Mutation) -> HostMutation:
    handler, edge_handler, trace = mutation.SetDefaultHandler, mutation.UpdateEdgeHandler, mutation.UpdateTrace
    if (handler, edge_handler, trace).count(UNSET) != 2:
        raise NotOurForm
    if handler is not UNSET:
        return handler
    on_edge = trace if edge_handler is UNSET else edge_handler
    assert on_edge is not UNSET
    if on_edge.edge.sid > U64_MAX:
        raise NotOurForm
    if isinstance(on_edge, UpdateEdgeHandler):
        return on_edge
    return UpdateTrace(edge=on_edge.edge, trace=_printed_val_types(on_edge.trace))


def _mutation(document: object) -> HostMutation:
    match document:
        case {"UpdateTrace": {"edge": edge, "trace": [*trace], **unknown}, **others} if not (unknown or others):
            return UpdateTrace(edge=msgspec.convert(edge, Edge), trace=_val_types(trace))
        case {"SetDefaultHandler": fields, **others} if not others:
            return msgspec.convert(fields, SetDefaultHandler)
        case {"UpdateEdgeHandler": fields, **others} if not others:
            return msgspec.convert(fields, UpdateEdgeHandler)
    raise ArgumentError("Expected one of SetDefaultHandler, UpdateEdgeHandler, UpdateTrace with its fields")


def _form_of(annotation: Any) -> _Form:
    if annotation is LocalType:
        return _Form(Raw, lambda printed: TYPES[bytes(printed)], _type)
    if annotation == Mapping[str, LocalType]:
        return _Form(Raw, _printed_types, _types)
    if annotation == Value:
        return _Form(PrintedValue, printed_value, value_from_json)
    if annotation == HostMutation:
        return _Form(_Mutation, _printed_mutation, _mutation)
    if annotation is PlanInput:
        return _Form(_Plan, _printed_plan, _plan)
    if annotation == Sequence[ValType]:
        return _Form(list[PrintedValType], _printed_val_types, _val_types)
    if annotation is object:
        return _Form(Raw, _printed_json, lambda document: document)
    if annotation == Sequence[str]:
        annotation = list[str]
    elif annotation == Sequence[int]:
        annotation = list[U64]
    return _Form(annotation, None, _converter(annotation))


@cache
def _converter(annotation: Any) -> Callable[[object], Any]:
    """Return what converts parsed JSON; strictly parsed integers beyond u64 are floats, so that it refuses them."""
    # of a struct, msgspec keeps what it made of the type
    held: Any = msgspec.defstruct("held", [("value", annotation)])

    def convert(document: object) -> Any:
        try:
            return msgspec.convert({"value": document}, held).value
        except msgspec.ValidationError:
            return msgspec.convert(document, annotation)  # says the place without ``value``

    return convert


def _may_pass_u64(value: Any) -> bool:
    """Say whether an integer above 2^64-1 may be in an argument that is not always there, or a list."""
    if type(value) is int:
        return value > U64_MAX
    if type(value) is list:
        return max(value, default=0) > U64_MAX
    if type(value) is not BufferConfig:
        return False
    policy = value.policy
    return value.initial_capacity > U64_MAX or (type(policy) is Resize and policy.Resize.max_capacity > U64_MAX)


class ArgumentCodec:
    """Reads and writes the arguments of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        hints = get_type_hints(operation.function, include_extras=True)
        self._forms: dict[str, _Form] = {}
        self._optional = operation.optional
        for parameter in operation.parameters:
            annotation = hints[parameter]
            if annotation is int:
                annotation = U64
            elif annotation == int | None:
                annotation = U64 | None
            self._forms[parameter] = _form_of(annotation)
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
        self._has_raw_parts = any(form.annotation in (Raw, _Plan) for form in self._forms.values())
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
            if _may_pass_u64(values[index]):
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
