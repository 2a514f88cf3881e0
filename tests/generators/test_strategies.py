"""Strategies: what they draw survives its way over the wire; texts of the grammar are read or refused in words."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.generators import strategies as values
from telltale_conformance.generators.steps import encode_arguments
from telltale_conformance.lean_traces.codec import decode_arguments
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.types.printer import shown
from telltale_conformance.model.types.syntax import parse_protocol, parse_with_positions
from telltale_conformance.model.types.syntax_problems import SyntaxProblem
from telltale_conformance.model.values import CancellationWitness, TimeoutWitness

ARGUMENTS: dict[str, Any] = {
    "open": st.tuples(values.role_lists().map(list), st.just({}), st.none() | values.buffer_configs()),
    "validate_ownership_capability": st.tuples(values.capabilities()),
    "commit_ownership_transfer": st.tuples(values.receipts()),
    "consume_readiness_witness": st.tuples(values.capabilities(), values.readiness_witnesses()),
    "apply_owned_session_mutation": st.tuples(values.capabilities(), values.mutations()),
    "decode_edge_json": st.tuples(st.none() | st.just([0, "A", "B"]), st.none() | values.u64s()),
    "lookup_trace": st.tuples(values.edges()),
    "lookup_type": st.tuples(values.endpoints()),
    "update_type": st.tuples(values.endpoints(), values.any_local_types(3)),
    "send": st.tuples(values.u64s(), values.names(), values.names(), values.values()),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_survive_the_wire(name: str) -> None:
    operation = OPERATIONS[name]

    @settings(max_examples=40)
    @given(ARGUMENTS[name])
    def survives(arguments: tuple[Any, ...]) -> None:
        assert decode_arguments(name, encode_arguments(operation, arguments), 500) == arguments

    survives()


@settings(max_examples=30)
@given(values.cancellation_witnesses(), values.timeout_witnesses())
def test_witnesses_of_every_kind_print(cancellation: CancellationWitness, timeout: TimeoutWitness) -> None:
    assert encode(cancellation) != encode(timeout)


@settings(max_examples=150)
@given(values.type_texts())
def test_texts_of_the_grammar_are_read_or_refused_in_words(text: str) -> None:
    with suppress(SyntaxProblem):
        assert shown(parse_with_positions(text).type)


@settings(max_examples=60)
@given(values.type_texts("protocol"))
def test_protocol_texts_of_the_grammar_are_read_or_refused_in_words(text: str) -> None:
    with suppress(SyntaxProblem):
        parse_protocol(text)
