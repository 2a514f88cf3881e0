"""How each kind of argument is written: as msgspec reads it, from that to the model, and from parsed JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

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
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.payloads import ValType, Value, val_type_from_json, value_from_json
from telltale_conformance.model.types.type_json import type_from_json
from telltale_conformance.model.values import (
    U64,
    U64_MAX,
    BufferConfig,
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


class Form(NamedTuple):
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


def form_of(annotation: Any) -> Form:
    """Return how arguments of a kind are written, by the annotation of the parameter in the model."""
    if annotation is LocalType:
        return Form(Raw, lambda printed: TYPES[bytes(printed)], _type)
    if annotation == Mapping[str, LocalType]:
        return Form(Raw, _printed_types, _types)
    if annotation == Value:
        return Form(PrintedValue, printed_value, value_from_json)
    if annotation == HostMutation:
        return Form(_Mutation, _printed_mutation, _mutation)
    if annotation is PlanInput:
        return Form(_Plan, _printed_plan, _plan)
    if annotation == Sequence[ValType]:
        return Form(list[PrintedValType], _printed_val_types, _val_types)
    if annotation is object:
        return Form(Raw, _printed_json, lambda document: document)
    if annotation == Sequence[str]:
        annotation = list[str]
    elif annotation == Sequence[int]:
        annotation = list[U64]
    return Form(annotation, None, _converter(annotation))


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


def may_pass_u64(value: Any) -> bool:
    """Say whether an integer above 2^64-1 may be in an argument that is not always there, or a list."""
    if type(value) is int:
        return value > U64_MAX
    if type(value) is list:
        return max(value, default=0) > U64_MAX
    if type(value) is not BufferConfig:
        return False
    policy = value.policy
    return value.initial_capacity > U64_MAX or (type(policy) is Resize and policy.Resize.max_capacity > U64_MAX)


def has_raw_parts(form: Form) -> bool:
    """Say whether msgspec passes over a part of it, which is read afterwards."""
    return form.annotation in (Raw, _Plan)
