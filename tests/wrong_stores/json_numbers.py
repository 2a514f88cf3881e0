"""Stores whose JSON reader takes other numbers for integers, or rounds them."""

from __future__ import annotations

from typing import Any

from telltale_conformance.lean_traces.strict_json import SpelledNumber
from tests.second_store.forms import TOP
from tests.second_store.store import Store
from tests.wrong_stores.steps import Play
from tests.wrong_stores.wrong import second


def decoded(*sids: Any) -> Play:
    """Read an edge with each of these sids."""

    def play(s: Any) -> None:
        for sid in sids:
            s.decode_edge_json(value={"sid": sid, "sender": "A", "receiver": "B"})
            s.decode_edge_json(value=[sid, "A", "B"], session_hint=5)

    return play


SPELLINGS = ("1.0", "1e0", "10E-1", "-0", "-0.0", "0.5", "-1", "18446744073709551616", "1e20", "9007199254740993.0")
ALL = decoded(0, *map(SpelledNumber, SPELLINGS), TOP, 2**53 + 1, "1", "", True, False, [], {})
"""Every number and near-number in the place of a sid, as it is spelled."""


@second("numbers as JSON", "A number with a point is taken for an integer when it is whole.", ALL)
class whole_floats_are_integers(Store):
    def is_sid(self, value):
        return super().is_sid(value) or (type(value) is float and value.is_integer() and 0 < value <= TOP)

    def decode_edge_json(self, value, session_hint):
        edge = super().decode_edge_json(value, session_hint)
        return {**edge, "sid": int(edge["sid"])}


@second("numbers as JSON", "Minus zero is taken for zero.", ALL)
class minus_zero_is_zero(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and type(value.get("sid")) is float and value["sid"] == 0:
            value = {**value, "sid": 0}
        return super().decode_edge_json(value, session_hint)


@second("numbers as JSON", "A fraction is cut off.", ALL)
class fractions_are_cut_off(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and type(value.get("sid")) is float and 0 < value["sid"] < TOP:
            value = {**value, "sid": int(value["sid"])}
        return super().decode_edge_json(value, session_hint)


@second("numbers as JSON", "A number beyond 64 bits becomes 2^64-1.", ALL)
class too_great_numbers_are_the_greatest(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and type(value.get("sid")) in (int, float) and value["sid"] > TOP:
            value = {**value, "sid": TOP}
        return super().decode_edge_json(value, session_hint)


@second("numbers as JSON", "A negative number is taken modulo 2^64.", ALL)
class negative_numbers_wrap(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and type(value.get("sid")) is int:
            value = {**value, "sid": value["sid"] % 2**64}
        return super().decode_edge_json(value, session_hint)


@second("numbers as JSON", "Integers are doubles: 2^53+1 is rounded.", ALL)
class integers_are_doubles(Store):
    def integer_text(self, text):
        number = super().integer_text(text)
        return int(float(number)) if 2**53 < number < 2**60 else number


@second("numbers as JSON", "A text of digits is taken for an integer.", ALL)
class digits_are_integers(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and type(value.get("sid")) is str and value["sid"].isdecimal():
            value = {**value, "sid": int(value["sid"])}
        return super().decode_edge_json(value, session_hint)


@second("numbers as JSON", "True is taken for 1.", ALL)
class true_is_one(Store):
    def is_sid(self, value):
        return isinstance(value, int) and 0 <= value <= TOP


@second("numbers as JSON", "False and empty containers count as an absent sid.", ALL)
class falsy_sids_are_absent(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and "sid" in value and type(value["sid"]) is not int and not value["sid"]:
            value = {**value, "sid": None}
        return super().decode_edge_json(value, session_hint)


@second("numbers as JSON", "Session 0 counts as no session: the hint is taken.", ALL)
class session_0_is_absent(Store):
    def decode_edge_json(self, value, session_hint):
        edge = super().decode_edge_json(value, session_hint)
        return {**edge, "sid": edge["sid"] or session_hint or 0}


@second("numbers as JSON", "The greatest number of 64 bits is refused.", ALL)
class the_greatest_number_is_refused(Store):
    def is_sid(self, value):
        return super().is_sid(value) and value < TOP
