"""adapter-kit tries integers, texts, depth and long lines through whatever is offered, and blames the right side."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from telltale_conformance.model.decoding.table import TYPES
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Answer, Hello, ReferenceAdapter, Request, kit_integers, kit_texts
from telltale_conformance.oracle.adapters.kit import CHECKS
from telltale_conformance.oracle.adapters.kit_results import Departure, NotOffered, Problem

EVERYTHING = tuple(OPERATIONS)
OWNERS = ("open", "claim_ownership")
Change = Callable[[bytes], bytes]


def same(data: bytes) -> bytes:
    return data


class Odd(ReferenceAdapter):
    """The reference behind an adapter that does something of its own."""

    def __init__(self, ops: tuple[str, ...] = EVERYTHING, read: Change = same, printed: Change = same) -> None:
        super().__init__()
        self._own = replace(super().hello, ops=frozenset(ops))
        self._read, self._printed = read, printed

    @property
    def hello(self) -> Hello:
        return self._own

    def _answer(self, request: Request) -> Answer:
        answer = super()._answer(Request(request.op, self._read(request.args)))
        return answer._replace(payload=self._printed(answer.payload), audit=self._printed(answer.audit or b"[]"))


def numbers(change: Callable[[int], str]) -> Change:
    """Print each number otherwise; digits within texts too, as a store that keeps them so does."""
    return lambda data: re.sub(rb"(?<![\w.])\d+(?![\w.])", lambda found: change(int(found[0])).encode(), data)


def texts(change: Callable[[str], Any]) -> Change:
    """Give each text otherwise."""

    def part(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: part(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [part(inner) for inner in value]
        return change(value) if isinstance(value, str) else value

    return lambda data: json.dumps(part(json.loads(data)), ensure_ascii=False).encode()


def outcome(adapter: Odd, name: str) -> tuple[str, str]:
    """Run one check; return the result, with what was seen and the remedy."""
    (check,) = (check for check in CHECKS if check.name == name)
    try:
        return "passed", check.run(adapter)
    except Departure as departure:
        return "for check", f"{departure.problem} → {departure.remedy}"
    except Problem as problem:
        return "failed", f"{problem.problem} → {problem.remedy}"
    except NotOffered as lack:
        return "skipped", lack.problem


def javascript(number: int) -> str:
    """Print a number as JavaScript does that was read by JSON.parse."""
    digits = repr(float(number))
    if "e" not in digits:
        return str(int(float(number)))
    mantissa, exponent = digits.split("e")
    whole, _, fraction = mantissa.partition(".")
    return (whole + fraction).ljust(int(exponent) + 1, "0")


def test_what_is_offered_is_enough() -> None:
    few = Odd(("open", "observe"))
    assert outcome(few, "integers") == ("passed", "18446744073709551615 through observe")
    for name in ("text", "long", "deep"):
        assert outcome(few, name)[0] == "passed"
        assert "through observe" in outcome(few, name)[1]
    nothing = Odd(("open", "session_ids"))
    assert outcome(nothing, "text") == ("skipped", "no operation that is offered gives a name back")
    assert outcome(nothing, "integers")[0] == "skipped"
    assert outcome(nothing, "long") == (
        "passed",
        "1024 KiB are taken by open; nothing that is offered gives names back",
    )
    assert outcome(nothing, "deep")[0] == "passed"
    assert outcome(Odd(("session_ids",)), "long")[0] == outcome(Odd(("session_ids",)), "deep")[0] == "skipped"


@pytest.mark.parametrize("op", [op for op, operation in OPERATIONS.items() if operation.sid_of is not None])
def test_integers_go_through_every_operation_that_gives_a_sid_back(op: str) -> None:
    came, said = outcome(Odd((op,)), "integers")
    assert came == "skipped" or said == f"18446744073709551615 through {op}"


@pytest.mark.parametrize("ops", [OWNERS, ("open", "observe"), ("recv",), EVERYTHING])
@pytest.mark.parametrize(
    ("change", "remedy", "language"),
    [
        (javascript, kit_integers.ROUNDED, "JSON.parse"),
        (lambda number: f"{number:.17g}" if number > 2**53 else str(number), kit_integers.ROUNDED, "json.Number"),
        (lambda number: str((number + 2**63) % 2**64 - 2**63), kit_integers.SIGNED, "Long.parseUnsignedLong"),
        (lambda number: str(min(number, 2**63 - 1)), kit_integers.SIGNED, "uint64_t"),
        (lambda number: str(number % 2**32), kit_integers.NARROW, "64 bits"),
    ],
)
def test_integers_that_lose_something_are_told_with_the_languages_that_do_so(
    change: Callable[[int], str], remedy: str, language: str, ops: tuple[str, ...]
) -> None:
    came, said = outcome(Odd(ops, printed=numbers(change)), "integers")
    assert came == "failed"
    assert said.endswith(remedy)
    assert language in remedy


@pytest.mark.parametrize("ops", [("open",), OWNERS, EVERYTHING])
@pytest.mark.parametrize("form", ["{}.0", "{}e0", "1e3"])
def test_points_and_exponents_are_found(form: str, ops: tuple[str, ...]) -> None:
    def written(data: bytes) -> bytes:
        if form == "1e3":
            return re.sub(rb"(?<![\w.])1000(?![\w.])", b"1e3", data)
        return re.sub(rb"(?<=[:\[, ])\d+(?=[,}\] ])|^\d+$", lambda found: form.format(found[0].decode()).encode(), data)

    came, said = outcome(Odd(ops, printed=written), "integers")
    if ops == ("open",) and form == "1e3":
        assert came == "skipped"  # no session is number 1000 yet
    else:
        assert came == "failed"
        assert said.endswith(kit_integers.POINT)


def test_integers_as_texts_are_found() -> None:
    printed = numbers(lambda number: f'"{number}"' if number > 6 else str(number))
    came, said = outcome(Odd(OWNERS, printed=printed), "integers")
    assert (came, said) == ("failed", f"7 came back as a text → {kit_integers.QUOTED}")


def test_integers_that_are_not_taken_are_the_adapters_doing() -> None:
    def signed(data: bytes) -> bytes:
        if any(int(found) >= 2**63 for found in re.findall(rb"\d+", data)):
            return b"{}"
        return data

    came, said = outcome(Odd(OWNERS, read=signed), "integers")
    assert came == "failed"
    assert "claim_ownership takes session 7 and answers bad_request for 9223372036854775808" in said


@pytest.mark.parametrize("ops", [OWNERS, ("open", "observe"), ("plan",), EVERYTHING])
@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (html.escape, kit_texts.HTML),
        (lambda text: text.encode().decode("latin-1"), kit_texts.CODING),
        (lambda text: text.encode("ascii", "replace").decode(), kit_texts.CODING),
        (lambda text: json.dumps(text)[1:-1], kit_texts.ESCAPED),
        (lambda text: float(text) if re.fullmatch(r"\d+e\d+", text) else text, kit_texts.TYPED),
        (lambda text: {"true": True, "null": None}.get(text, text), kit_texts.TYPED),
    ],
)
def test_texts_that_are_printed_wrongly_are_told(
    change: Callable[[str], Any], remedy: str, ops: tuple[str, ...]
) -> None:
    came, said = outcome(Odd(ops, printed=texts(change)), "text")
    assert came == "failed", said
    assert said.endswith(remedy)


def test_keys_that_become_floats_are_told() -> None:
    def floats(data: bytes) -> bytes:
        return re.sub(rb'"(\d+)":', rb'"\1.0":', data)

    came, said = outcome(Odd(("plan",), printed=lambda data: floats(data).replace(b'"0"', b"0")), "text")
    assert (came, said.endswith(kit_texts.TYPED)) == ("failed", True)


def test_escapes_that_are_legal_are_no_fault() -> None:
    def escaping(data: bytes) -> bytes:
        return data.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")

    came, said = outcome(Odd(printed=escaping), "text")
    assert came == "passed"
    assert "< is printed as \\u003c, which is legal and means the same" in said
    ascii_only = Odd(printed=lambda data: json.dumps(json.loads(data)).encode())
    assert outcome(ascii_only, "text")[0] == "passed"


def test_the_order_of_members_is_free() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return [turned(part) for part in value] if isinstance(value, list) else value

    odd = Odd(printed=lambda data: json.dumps(turned(json.loads(data)), indent=1).encode())
    assert {outcome(odd, check.name)[0] for check in CHECKS} == {"passed"}


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (lambda data: data.replace(b'{"', b'{"x":1,"x":2,"', 1), "repeated"),
        (lambda data: data.replace(b'"A"', b'"\\ud800"', 1), "surrogate"),
        (lambda data: b"1e400" if data == b"0" else data, "out of range|above|infinit|number"),
    ],
)
def test_answers_that_two_readers_may_read_differently_are_found(printed: Change, said: str) -> None:
    came, told = outcome(Odd(printed=printed), "understands")
    assert came == "failed"
    assert re.search(rf"the answer to \w+ cannot be judged: .*({said})", told), told


def test_a_reader_that_stops_at_some_depth_is_told() -> None:
    def shallow(data: bytes) -> bytes:
        return b"[" if data.count(b"{") > 127 else data

    came, said = outcome(Odd(("open",), read=shallow), "deep")
    assert came == "failed"
    assert said.endswith(kit_texts.DEPTH)
    assert "serde_json" in kit_texts.DEPTH


class Diverging(Odd):
    """Speaks well, and answers as it likes."""

    def __init__(self, answers: Callable[[Request, Answer], Answer], ops: tuple[str, ...] = EVERYTHING) -> None:
        super().__init__(ops)
        self._changed = answers

    def _answer(self, request: Request) -> Answer:
        return self._changed(request, super()._answer(request))


def without(*lacking: str, types: tuple[str, ...] = ()) -> Callable[[Request, Answer], Answer]:
    """Answer these operations as unsupported, and ``decode`` of these types."""

    def answers(request: Request, answer: Answer) -> Answer:
        not_there = request.op in lacking or (request.op == "decode" and json.loads(request.args)["type"] in types)
        return Answer("unsupported", b'"not in this build"', None) if not_there else answer

    return answers


@pytest.mark.parametrize("lacking", [("open",), ("claim_ownership", "decode"), ("decode",)])
def test_an_operation_that_is_offered_and_answered_as_unsupported_fails(lacking: tuple[str, ...]) -> None:
    came, said = outcome(Diverging(without(*lacking)), "understands")
    assert came == "failed"
    assert "offered and answered as unsupported" in said
    assert all(op in said for op in lacking)
    assert "not in this build" in said
    assert "take them from ops" in said


def test_a_type_that_decode_does_not_have_is_no_failure_where_it_has_another() -> None:
    came, said = outcome(Diverging(without(types=("Edge",))), "understands")
    assert came == "passed"
    assert "decode of Edge answered unsupported" in said
    assert outcome(Diverging(without(types=tuple(TYPES))), "understands")[0] == "failed"


def never_refuses(request: Request, answer: Answer) -> Answer:
    return answer._replace(kind="ok", payload=b"null") if answer.kind == "err" else answer


def refuses_all(request: Request, answer: Answer) -> Answer:
    return answer._replace(kind="err", payload=b'"no"')


def counts_from_five(request: Request, answer: Answer) -> Answer:
    return answer._replace(payload=b"%d" % (int(answer.payload) + 5)) if request.op == "open" else answer


def always_the_same(request: Request, answer: Answer) -> Answer:
    return answer._replace(payload=b"0") if request.op == "open" else answer


def panics_on_great_numbers(request: Request, answer: Answer) -> Answer:
    great = any(int(found) >= 2**63 for found in re.findall(rb"\d+", request.args))
    return Answer("panic", b'"overflow"', None) if great else answer


def forgets_great_numbers(request: Request, answer: Answer) -> Answer:
    return answer._replace(payload=re.sub(rb"\d{8,}", b"42", answer.payload))


def keeps_eighty_characters(request: Request, answer: Answer) -> Answer:
    return answer._replace(payload=texts(lambda text: text[:80])(answer.payload))


def lower_case_names(request: Request, answer: Answer) -> Answer:
    return answer._replace(payload=texts(lambda text: text.replace("ä", "a").replace("NaN", "nan"))(answer.payload))


def one_type_for_all(request: Request, answer: Answer) -> Answer:
    return answer._replace(payload=answer.payload.replace(b'"m"', b'"n"'))


@pytest.mark.parametrize(
    "answers",
    [
        never_refuses,
        refuses_all,
        counts_from_five,
        always_the_same,
        panics_on_great_numbers,
        forgets_great_numbers,
        keeps_eighty_characters,
        lower_case_names,
        one_type_for_all,
    ],
)
@pytest.mark.parametrize("ops", [EVERYTHING, OWNERS, ("open", "observe")])
def test_a_store_that_diverges_is_never_the_adapters_fault(
    answers: Callable[[Request, Answer], Answer], ops: tuple[str, ...]
) -> None:
    odd = Diverging(answers, ops)
    must = [check for check in CHECKS if check.weight == "must"]
    assert {check.name: outcome(odd, check.name) for check in must if outcome(odd, check.name)[0] == "failed"} == {}
