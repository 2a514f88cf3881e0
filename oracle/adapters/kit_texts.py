"""What becomes of texts, depth and long lines on their way through an adapter.

They are tried through whatever is offered. Names are exchanged for others in all requests alike; where a name came back
before, the other one must come back now. What has changed in one of the known ways is the adapter's mistake, and the
remedy names the languages that make it. What has changed in another way may be the store's doing, and is left to
``check``.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter, Answer, Request
from telltale_conformance.oracle.adapters.kit_answers import NUMBER, Written, document, fresh, leaves
from telltale_conformance.oracle.adapters.kit_requests import NAMES, WELL_FORMED, with_deep_types, with_names
from telltale_conformance.oracle.adapters.kit_results import Departure, NotOffered, Problem
from telltale_conformance.readable import one_line

LONG_BYTES: Final = 1024 * 1024
DEEP_LEVELS: Final = 100

HTML: Final = (
    "print texts as JSON, not as HTML; the escape \\u003c for < would be well, as Go's json.Marshal and PHP print it"
)
CODING: Final = (
    "read and write bytes as UTF-8 whatever the locale is: sys.stdin.buffer in Python, InputStreamReader with UTF_8 in "
    "Java, Encoding.UTF8 in C#, process.stdin with whole lines in Node (a piece of a line may end within a character)"
)
ESCAPED: Final = "escape a text once: give the JSON library the text itself, not one that is escaped already"
NORMAL: Final = "leave texts as they are: no normalisation of Unicode, and no change of case"
CUT: Final = "keep the whole text: it may hold any character, and be as long as it likes"
TYPED: Final = (
    "a text that looks like a number, a truth or null is a text: compare types strictly in PHP and Perl, give Lua "
    'and YAML strings, and take keys of objects as texts (not 1 or 1.0 for "1")'
)


class Probe(NamedTuple):
    """Names that a careless adapter changes."""

    shows: str
    change: Callable[[str], str]


def _after(text: str) -> Callable[[str], str]:
    return lambda name: name + text


_WORDS: Final = ("0", "1", "1e3", "007", "1.0", "true", "null", "-0", "9007199254740993", "__proto__", "NaN")


def _word(turn: int) -> Callable[[str], str]:
    """Return what gives each name another of the words."""
    given = dict(zip(sorted(NAMES), _WORDS[turn:] + _WORDS[:turn], strict=True))
    return given.__getitem__


PROBES: Final = (
    Probe("non-ASCII", _after("ä→𝄞\u2028")),
    Probe("decomposed characters", _after("e\u0301")),
    Probe("quotes, backslash, line break, control characters", _after('"\\\n\t\x01\x7f')),
    Probe("markup", _after("<b>&amp;</b>")),
    Probe("blanks at the end", _after("  ")),
    *(Probe("what looks like a number or a word of JSON", _word(turn)) for turn in range(len(_WORDS))),
)


class Echo(NamedTuple):
    """A name that came back: in which answer, which it was, and how often."""

    position: int
    name: str
    times: int


def check_text(adapter: Adapter) -> str:
    """Text passes unchanged, whatever characters it has."""
    requests, echoes = _echoes(adapter)
    if not echoes:
        raise NotOffered("no operation that is offered gives a name back")
    escaped = False
    for probe in PROBES:
        changed = [with_names(request, probe.change) for request in requests]
        answers = fresh(adapter, changed)
        for echo in echoes:
            answer = answers[echo.position]
            _judge_text(requests[echo.position].op, probe.change(echo.name), echo, answer)
            escaped |= b"\\u003c" in answer.payload.lower()
    seen = ", ".join(dict.fromkeys(probe.shows for probe in PROBES))
    legal = "; < is printed as \\u003c, which is legal and means the same" if escaped else ""
    return f"{seen}, through {_some_ops(requests, echoes)}{legal}"


def _some_ops(requests: Sequence[Request], echoes: Sequence[Echo]) -> str:
    ops = list(dict.fromkeys(requests[echo.position].op for echo in echoes))
    return ", ".join(ops[:3]) + (" and more" if len(ops) > 3 else "")


def _echoes(adapter: Adapter) -> tuple[list[Request], list[Echo]]:
    """Return the well-formed requests of all that is offered, and every name that comes back from them."""
    requests = [request for op, request in WELL_FORMED.items() if op in adapter.hello.ops]
    echoes = []
    sent: set[str] = set()
    for position, answer in enumerate(fresh(adapter, requests)):
        sent |= {name for name in NAMES if _sent(requests[position], name)}
        if answer.kind in ("ok", "err") and OPERATIONS[requests[position].op].result != "decoded":  # of its own text
            texts = Counter(_texts(answer))
            echoes += [Echo(position, name, texts[name]) for name in sorted(sent & texts.keys())]
    return requests, echoes


def _sent(request: Request, name: str) -> bool:
    return name in set(leaves(json.loads(request.args)))


def _texts(answer: Answer) -> Iterator[str]:
    return (leaf for leaf in leaves(document(answer)) if type(leaf) is str)


def _judge_text(op: str, sent: str, echo: Echo, answer: Answer) -> None:
    """See that a name came back as often as another one did, or say what it has become."""
    plain = echo.name
    shown = one_line(json.dumps(sent, ensure_ascii=False), 60)
    if answer.kind == "bad_request":
        raise Problem(
            f"{op} takes the name {plain} and answers bad_request for {shown}: {one_line(answer.text(), 120)}", CUT
        )
    if answer.kind not in ("ok", "err"):
        raise Departure(f"{op} takes the name {plain} and answers {answer.kind} for {shown}", "see what check says")
    counted = Counter(_texts(answer))
    if counted[sent] >= echo.times:
        return
    texts = set(counted)
    for changed, remedy in _manglings(sent):
        if changed != sent and changed in texts:
            back = one_line(json.dumps(changed, ensure_ascii=False), 60)
            raise Problem(f"{op} gives {shown} back as {back}", remedy)
    if _is_no_text(sent, answer):
        raise Problem(f"{op} gives the text {shown} back as something that is no text", TYPED)
    for changed, remedy in _choices(sent, texts):
        back = one_line(json.dumps(changed, ensure_ascii=False), 60)
        raise Departure(f"{op} gives {shown} back as {back}, which is {len(changed)} characters long", remedy)
    raise Departure(
        f"{op} gives the name {plain} back, and not {shown}: {one_line(answer.payload.decode(errors='replace'), 120)}",
        "see where it gets lost, in the adapter or in the store; check will compare the answers",
    )


def _is_no_text(sent: str, answer: Answer) -> bool:
    """Tell whether what was sent as a text is in the answer as a number, a truth or null."""
    found = list(leaves(document(answer, as_written=True)))
    if sent in ("true", "null"):
        return any(leaf is (True if sent == "true" else None) for leaf in found)
    if not NUMBER.fullmatch(sent):
        return False
    return any(isinstance(leaf, Written) and float(leaf) == float(sent) for leaf in found)


def _manglings(text: str) -> Iterator[tuple[str, str]]:
    """Yield what careless reading and printing make of a text, with what to do about it."""
    yield html.escape(text), HTML
    yield html.escape(text, quote=False), HTML
    yield html.unescape(text), HTML
    yield text.encode().decode("latin-1"), CODING
    yield text.encode().decode("cp1252", errors="replace"), CODING
    yield text.encode("ascii", errors="replace").decode(), CODING
    yield text.encode("latin-1", errors="replace").decode("latin-1"), CODING
    yield re.sub("[^\0-\uffff]", "\ufffd", text), CODING
    yield re.sub("[^\0-\uffff]", "\ufffd\ufffd", text), CODING
    yield json.dumps(text)[1:-1], ESCAPED
    yield json.dumps(text, ensure_ascii=False)[1:-1], ESCAPED
    for changed in _numeric(text):
        yield changed, TYPED


def _choices(text: str, texts: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what became of a text that a store may make of it as well as an adapter, with what to do about it."""
    changed = {unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC")} | {text.lower(), text.upper()}
    yield from ((one, NORMAL) for one in sorted(changed & texts))
    yield from ((one, CUT) for one in sorted(texts) if one and (text.startswith(one) or one == text.strip()))


def _numeric(text: str) -> Iterator[str]:
    """Yield how a text is printed that was taken for a number."""
    if NUMBER.fullmatch(text):
        number = float(text)
        yield f"{number}"
        yield f"{number:g}"
        yield f"{int(number)}"


# Long lines and deep types


def check_long(adapter: Adapter) -> str:
    """Return a request and an answer may be a megabyte long."""
    requests, echoes = _echoes(adapter)
    for echo in echoes:
        request = requests[echo.position]
        needed = _setup(adapter, requests, echo)
        answers = fresh(adapter, [with_names(one, _lengthened(echo.name)) for one in needed])
        _judge_text(request.op, _lengthened(echo.name)(echo.name), echo._replace(times=1), answers[-1])
        return f"{LONG_BYTES // 1024} KiB there and back, through {request.op}"
    carrying = next((request for request in requests if any(_sent(request, name) for name in NAMES)), None)
    if carrying is None:
        raise NotOffered("no operation that is offered takes a name")
    name = next(name for name in sorted(NAMES) if _sent(carrying, name))
    answer = fresh(adapter, [with_names(carrying, _lengthened(name))])[0]
    if answer.kind == "bad_request":
        raise Problem(f"{carrying.op} answers bad_request for a name of {LONG_BYTES} characters", CUT)
    return f"{LONG_BYTES // 1024} KiB are taken by {carrying.op}; nothing that is offered gives names back"


def _lengthened(name: str) -> Callable[[str], str]:
    return lambda other: other + "x" * LONG_BYTES if other == name else other


def _setup(adapter: Adapter, requests: Sequence[Request], echo: Echo) -> list[Request]:
    """Return few requests after which a name comes back from the last: alone, after what opens, or after all."""
    last = requests[echo.position]
    opening = [request for request in requests[: echo.position] if OPERATIONS[request.op].gives == "session"]
    owning = [request for request in requests[: echo.position] if OPERATIONS[request.op].gives]
    for needed in ([last], [*opening, last], [*owning, last]):
        answer = fresh(adapter, needed)[-1]
        if answer.kind in ("ok", "err") and echo.name in set(_texts(answer)):
            return needed
    return [*requests[: echo.position], last]


def check_deep(adapter: Adapter) -> str:
    """Types may nest deep, four levels of JSON to each of the type's."""
    plain = [request for op, request in WELL_FORMED.items() if op in adapter.hello.ops]
    deep = [with_deep_types(request, DEEP_LEVELS) for request in plain]
    taking = [position for position, request in enumerate(deep) if request != plain[position]]
    if not taking:
        raise NotOffered("no operation that is offered takes a type")
    before, after = fresh(adapter, plain), fresh(adapter, deep)
    through = []
    for position, request in enumerate(plain):
        was, now = before[position], after[position]
        if now.kind == "bad_request" and was.kind != "bad_request":
            raise Problem(f"{request.op} answers bad_request for a deep type: {one_line(now.text(), 120)}", DEPTH)
        if was.kind == now.kind == "ok" and (ends := was.payload.count(b'"End"')):
            through.append(request.op)
            levels = now.payload.count(b'"m"')
            if levels != ends * DEEP_LEVELS:
                raise Departure(
                    f"{request.op} gives a type back, and of a deep one {levels} levels of {ends * DEEP_LEVELS}",
                    "see what becomes of the innermost level; check will compare the answers",
                )
    if not through:
        return f"{DEEP_LEVELS} levels are taken by {plain[taking[0]].op}; nothing that is offered gives types back"
    return f"{DEEP_LEVELS} levels, through {', '.join(through[:3])}{' and more' if len(through) > 3 else ''}"


DEPTH: Final = (
    "let the JSON library nest deeper: disable_recursion_limit of serde_json (feature unbounded_depth), which stops at "
    "128; MaxDepth of System.Text.Json, which stops at 64; StreamReadConstraints of Jackson"
)
