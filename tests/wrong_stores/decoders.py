"""Readers of JSON that are stricter or more lenient than contract §20, or make another value of a text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from telltale_conformance.model.decoding import shapes, texts
from telltale_conformance.model.decoding.rows import Refusal
from telltale_conformance.model.decoding.shapes import REQUIRED, Reader, Refusing
from telltale_conformance.model.decoding.texts import Members, Spelled
from telltale_conformance.model.values import U64_MAX
from tests.wrong_stores.decoding_changes import (
    LISTED,
    decoder,
    integers_as,
    records_from_arrays,
    records_from_objects,
    texts_of,
    trees_as,
    variants_from_objects,
)

WITNESS = '{"witness_id":1,"session_id":0,"owner_id":"a","generation":0,"scope":"Session","predicate_ref":"p"}'
FRESH = '"current":null,"pending_transfer":null,"terminal_reason":null,"next_claim_id":1,"next_witness_id":1'
STATE = (
    '"sid":1,"roles":[],"local_types":{},"buffers":{},"auth_leaves":{},"auth_roots":{},"edge_handlers":{},'
    '"edge_traces":{},"status":"Active","epoch":0'
)

TIMEOUT = '"witness_id":1,"site":"s","issued_at_tick":1'
WITH_AN_ENTRY = "{" + STATE.replace('"auth_roots":{}', '"auth_roots":{"A":1}') + "}"
NO_NULLS = f'{{"artifact":{{"Readiness":{WITNESS}}},"event":"Issued"}}'
NO_LAST_NULL = f'[null,{{"Readiness":{WITNESS}}},"Issued"]'
TWO_CONSUMED = f'{{{FRESH},"issued_readiness":{{}},"consumed_witnesses":[9,10],"audit_log":[]}}'
SHORT_TRIPLE = '{"Send":{"partner":"B","branches":[[{"name":"m"},"End"]]}}'
FORTY_LEVELS = '{"x":' + "[" * 40 + "]" * 40 + ',"sid":1,"sender":"A","receiver":"B"}'


@decoder("A whole number with a point is read as an integer.", "Value", '{"Nat":1.0}')
def decoding_whole_floats() -> None:
    integers_as(lambda tree: tree[:-2] if isinstance(tree, Spelled) and tree.endswith(".0") else None)


@decoder("An exponent is read in an integer.", "Value", '{"Nat":1e0}')
def decoding_exponents() -> None:
    integers_as(
        lambda tree: str(int(float(tree))) if isinstance(tree, Spelled) and tree.isalnum() and "e" in tree else None
    )


@decoder("Minus zero is read as zero.", "Value", '{"Nat":-0}')
def decoding_minus_zero() -> None:
    integers_as(lambda tree: "0" if isinstance(tree, Spelled) and tree == "-0" else None)


@decoder("Digits in quotation marks are read as an integer.", "Value", '{"Nat":"1"}')
def decoding_quoted_integers() -> None:
    integers_as(lambda tree: tree if isinstance(tree, str) and tree.isdigit() else None)


@decoder("2^64 wraps to 0.", "Value", '{"Nat":18446744073709551616}')
def decoding_wraps() -> None:
    integers_as(lambda tree: str(int(tree) % 2**64) if isinstance(tree, Spelled) and tree.isdigit() else None)


@decoder("An integer passes through a double.", "Value", '{"Nat":9007199254740993}')
def decoding_through_doubles() -> None:
    def rounded(tree: Any) -> str | None:
        great = isinstance(tree, Spelled) and tree.isdigit() and int(tree) <= U64_MAX
        return str(min(int(float(tree)), U64_MAX)) if great else None

    integers_as(rounded)


@decoder("True is read as 1.", "Value", '{"Nat":true}')
def decoding_truth_as_integer() -> None:
    integers_as(lambda tree: str(int(tree)) if isinstance(tree, bool) else None)


@decoder("1 is read as true.", "Value", '{"Bool":1}')
def decoding_integer_as_truth() -> None:
    right = shapes.Truth.read
    shapes.Truth.read = lambda self, tree, reader: right(self, tree == "1" or tree, reader)


@decoder("Names of variants are compared without case.", "SessionStatus", '"active"')
def decoding_variants_without_case() -> None:
    right = shapes.Variants.read

    def read(self: shapes.Variants, tree: Any, reader: Reader) -> Any:
        known = {name.lower(): name for name in (*self.plain, *self.with_payload)}
        if isinstance(tree, str) and not isinstance(tree, Spelled):
            tree = known.get(tree.lower(), tree)
        return right(self, tree, reader)

    shapes.Variants.read = read


@decoder("An unknown variant is read as the first one.", "BufferMode", '"Other"')
def decoding_unknown_variants() -> None:
    right = shapes.Variants.read

    def read(self: shapes.Variants, tree: Any, reader: Reader) -> Any:
        try:
            return right(self, tree, reader)
        except Refusing as refusing:
            if refusing.row is Refusal.NAME and self.plain:
                return self.plain[0]
            raise

    shapes.Variants.read = read


@decoder("A variant without payload may have an empty object.", "SessionStatus", '{"Active":{}}')
def decoding_empty_payloads() -> None:
    def read(shape: shapes.Variants, tree: Members) -> Any:
        return Members((key, None if value == [] and key in shape.plain else value) for key, value in tree)

    variants_from_objects(read)


@decoder("Of a variant with two keys the first counts.", "Value", '{"Nat":1,"x":null}')
def decoding_first_key() -> None:
    variants_from_objects(lambda shape, tree: Members(tree[:1]))


@decoder("Of a variant given twice the last counts.", "Value", '{"Nat":1,"Nat":2}')
def decoding_variant_twice() -> None:
    variants_from_objects(lambda shape, tree: Members(dict(tree).items()))


@decoder("A variant without payload is read from its name alone.", "PayloadSort", '{"Nat":null}')
def decoding_no_null_variants() -> None:
    variants_from_objects(lambda shape, tree: Members() if tree and tree[0][0] in shape.plain else tree)


@decoder("A variant with payload is read from its name, with an empty one.", "OwnershipScope", '"Fragments"')
def decoding_name_alone() -> None:
    right = shapes.Variants.read

    def read(self: shapes.Variants, tree: Any, reader: Reader) -> Any:
        return right(self, Members([("Fragments", [])]) if tree == "Fragments" else tree, reader)

    shapes.Variants.read = read


@decoder("Of a field given twice the last counts.", "Edge", '{"sid":1,"sender":"A","receiver":"B","sid":2}')
def decoding_last_field() -> None:
    records_from_objects(lambda shape, tree: Members(dict(tree).items()))


@decoder("null takes the default of a field.", "Label", '{"name":"m","sort":null}')
def decoding_null_for_defaults() -> None:
    def read(shape: shapes.Record, tree: Members) -> Members:
        defaults = {one.name for one in shape.fields if one.default is not REQUIRED}
        return Members((key, value) for key, value in tree if value is not None or key not in defaults)

    records_from_objects(read)


@decoder("An unknown field is refused.", "Endpoint", '{"sid":0,"role":"A","x":1}')
def decoding_no_unknown_fields() -> None:
    def read(shape: shapes.Record, tree: Members) -> Members:
        if {key for key, _ in tree} - {one.name for one in shape.fields}:
            raise Refusing(Refusal.RECORD)
        return tree

    records_from_objects(read)


@decoder("Names of fields are compared without case.", "Edge", '{"Sid":1,"sender":"A","receiver":"B"}')
def decoding_fields_without_case() -> None:
    records_from_objects(lambda shape, tree: Members((key.lower(), value) for key, value in tree))


@decoder(
    "A field that may be null must be there.",
    "AuthorityAuditRecord",
    f'{{"artifact":{{"Readiness":{WITNESS}}},"event":"Issued"}}',
)
def decoding_no_absent_nulls() -> None:
    def read(shape: shapes.Record, tree: Members) -> Members:
        if {one.name for one in shape.fields if isinstance(one.shape, shapes.OrNull)} - {key for key, _ in tree}:
            raise Refusing(Refusal.ABSENT)
        return tree

    records_from_objects(read)


@decoder("A default is null when it is taken.", "Label", '{"name":"m"}')
def decoding_defaults_are_null() -> None:
    right = shapes.Field.absent
    shapes.Field.absent = lambda self, reader: None if self.default is not REQUIRED else right(self, reader)


@decoder(
    "Trailing fields that may be null may be missing in an array.",
    "AuthorityAuditRecord",
    f'[null,{{"Readiness":{WITNESS}}},"Issued"]',
)
def decoding_missing_nulls_in_arrays() -> None:
    def read(shape: shapes.Record, tree: list[Any]) -> list[Any]:
        missing = shape.fields[len(tree) :]
        return (
            [*tree, *(None for _ in missing)] if all(isinstance(one.shape, shapes.OrNull) for one in missing) else tree
        )

    records_from_arrays(read)


@decoder("Further values of an array are passed over.", "Edge", '[1,"A","B",null]')
def decoding_further_values() -> None:
    records_from_arrays(lambda shape, tree: tree[: len(shape.fields)])


@decoder("A record is not read from an array.", "Edge", '[1,"A","B"]')
def decoding_no_arrays() -> None:
    def read(shape: shapes.Record, tree: list[Any]) -> list[Any]:
        raise Refusing(Refusal.RECORD)

    records_from_arrays(read)


@decoder("An array must have all fields, those with a default too.", "Label", '["m"]')
def decoding_no_missing_defaults() -> None:
    def read(shape: shapes.Record, tree: list[Any]) -> list[Any]:
        if len(tree) < len(shape.fields):
            raise Refusing(Refusal.TOO_FEW)
        return tree

    records_from_arrays(read)


@decoder("Lists are sorted.", "SessionState", f"{{{STATE.replace('[]', json.dumps(['b', 'a']))}}}")
def decoding_sorts_lists() -> None:
    right = shapes.Listed.read
    shapes.Listed.read = lambda self, tree, reader: sorted(
        right(self, tree, reader), key=lambda value: json.dumps(value, sort_keys=True)
    )


@decoder("Sets keep the order of the text.", "OwnershipScope", '{"Fragments":["b","a"]}')
def decoding_unsorted_sets() -> None:
    shapes.SetOf.read = lambda self, tree, reader: list(dict.fromkeys(shapes.Listed(self.shape).read(tree, reader)))


@decoder("Sets keep repeats.", "OwnershipScope", '{"Fragments":["a","a"]}')
def decoding_repeats_in_sets() -> None:
    shapes.SetOf.read = lambda self, tree, reader: sorted(shapes.Listed(self.shape).read(tree, reader))


@decoder("Sets are sorted as UTF-16.", "OwnershipScope", '{"Fragments":["😀","\uff21"]}')
def decoding_sets_by_utf_16() -> None:
    right = shapes.SetOf.read

    def read(self: shapes.SetOf, tree: Any, reader: Reader) -> list[Any]:
        return sorted(
            right(self, tree, reader), key=lambda one: one.encode("utf-16-be") if isinstance(one, str) else one
        )

    shapes.SetOf.read = read


@decoder(
    "Integers in sets are sorted as texts.",
    "SessionOwnershipState",
    f'{{{FRESH},"issued_readiness":{{}},"consumed_witnesses":[9,10],"audit_log":[]}}',
)
def decoding_sets_of_integers_as_texts() -> None:
    right = shapes.SetOf.read
    shapes.SetOf.read = lambda self, tree, reader: sorted(right(self, tree, reader), key=str)


@decoder(
    "Of a repeated key of a table the first counts.",
    "SessionStore",
    f'{{"sessions":{{"7":{{{STATE}}},"7":{{{STATE.replace("Active", "Closed")}}}}},"next_id":0}}',
)
def decoding_first_of_a_table() -> None:
    right = shapes.Keyed.read

    def read(self: shapes.Keyed, tree: Any, reader: Reader) -> dict[str, Any]:
        return right(self, Members(tree[::-1]) if isinstance(tree, Members) else tree, reader)

    shapes.Keyed.read = read


@decoder("Entries of the seven tables are dropped.", "SessionState", WITH_AN_ENTRY)
def decoding_drops_entries() -> None:
    shapes.EmptyTable.read = lambda self, tree, reader: {}


@decoder("A hash may be shorter.", "Hash", json.dumps([7] * 31))
def decoding_short_hashes() -> None:
    right = shapes.HashBytes.read

    def read(self: shapes.HashBytes, tree: Any, reader: Reader) -> list[int]:
        return right(self, [*tree, *[Spelled("0")] * (32 - len(tree))] if type(tree) is list else tree, reader)

    shapes.HashBytes.read = read


@decoder(
    "A triple may lack its place for null.", "LocalType", '{"Send":{"partner":"B","branches":[[{"name":"m"},"End"]]}}'
)
def decoding_short_triples() -> None:
    right = shapes.Places.read

    def read(self: shapes.Places, tree: Any, reader: Reader) -> list[Any]:
        if len(self.shapes) == 3 and type(tree) is list and len(tree) == 2:
            tree = [tree[0], None, tree[1]]
        return right(self, tree, reader)

    shapes.Places.read = read


@decoder("A lone surrogate is read.", "Value", r'{"Str":"\ud800"}')
def decoding_lone_surrogates() -> None:
    trees_as(lambda right, text: right(text.replace("\\ud800", "\\ufffd")))


@decoder("A byte order mark is passed over.", "BufferMode", '\ufeff"Fifo"')
def decoding_byte_order_marks() -> None:
    trees_as(lambda right, text: right(text.removeprefix("\ufeff")))


@decoder("What comes after the value is passed over.", "BufferMode", '"Fifo" x')
def decoding_trailing_characters() -> None:
    trees_as(lambda right, text: texts._DECODER.raw_decode(text.strip(" \t\r\n"))[0])


@decoder("A trailing comma is passed over.", "Edge", '{"sid":1,"sender":"A","receiver":"B",}')
def decoding_trailing_commas() -> None:
    trees_as(lambda right, text: right(text.replace(",}", "}").replace(",]", "]")))


@decoder("Comments are passed over.", "BufferMode", '/**/"Fifo"')
def decoding_comments() -> None:
    trees_as(lambda right, text: right(text.replace("/**/", "")))


@decoder("Control characters in texts are read.", "Value", '{"Str":"a\tb"}')
def decoding_control_characters() -> None:
    lenient = json.JSONDecoder(object_pairs_hook=Members, parse_int=Spelled, parse_float=Spelled, strict=False)
    trees_as(lambda right, text: lenient.decode(text))


@decoder("Any white space of Unicode is passed over.", "BufferMode", '\u00a0"Fifo"')
def decoding_other_white_space() -> None:
    trees_as(lambda right, text: right(text.strip()))


@decoder(
    "A text that nests deeper than 32 levels is refused.",
    "Edge",
    '{"x":' + "[" * 40 + "]" * 40 + ',"sid":1,"sender":"A","receiver":"B"}',
)
def decoding_not_deep() -> None:
    def read(right: Callable[[str], Any], text: str) -> Any:
        if texts.nesting_of(text) > 32:
            raise ValueError("too deep")
        return right(text)

    trees_as(read)


@decoder("A low surrogate that stands alone is read.", "Value", r'{"Str":"\udc00"}')
def decoding_low_surrogates() -> None:
    trees_as(lambda right, text: right(re.sub(r"(?<!\\)\\udc00(?!\\)", r"\\ufffd", text)))


@decoder("A line separator of Unicode behind the value is passed over.", "BufferMode", '"Fifo"\u2028')
def decoding_line_separators() -> None:
    trees_as(lambda right, text: right(text.strip("\x85\u2028\u3000")))


@decoder("The lifecycle states are known in camel case too.", "LifecycleState", '"rolledBack"')
def decoding_states_in_camel_case() -> None:
    texts_of("LifecycleState", lambda text: text.replace("rolledBack", "rolled_back"))


@decoder(
    "Whole numbers with a point are read in timeout witnesses.", "TimeoutWitness", f'{{{TIMEOUT},"until_tick":1.0}}'
)
def decoding_whole_floats_of_timeouts() -> None:
    texts_of("TimeoutWitness", lambda text: re.sub(r":(\d+)\.0\b", r":\1", text))


@decoder("Names of fields are known with a capital too.", "Endpoint", '{"sid":1,"Role":"A"}')
def decoding_fields_with_a_capital() -> None:
    texts_of("Endpoint", lambda text: text.replace('"Role"', '"role"'))


DECODERS = tuple(LISTED)
