"""Look-alike names: texts that are different names, and that a careless comparison takes for one (contract §1).

A ``Kind`` says by what such a comparison goes and how a double of a name is made. No store may take a name for its
double, whatever it is that they name: owners, fragments, roles, labels, predicates, handlers, sites.
"""

from __future__ import annotations

import html
import posixpath
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from telltale_conformance.model.values import Fragments, Scope

_MOST_KEPT: Final = 20_000
"""Of how many pairs of names it is remembered whether they look alike."""


_LONG: Final = 1000
"""Longer names look alike when they begin alike."""


class Kind(NamedTuple):
    """One way in which names look alike."""

    name: str
    key: Callable[[str], object]
    """What a careless comparison compares in place of the names."""
    double: Callable[[str], str]
    """Makes the double of a name that the kind applies to."""
    base: str = ""
    """A name that the kind applies to; empty where it applies to any ordinary name."""


def _squeezed(name: str) -> str:
    return " ".join(name.split())


def _visible(name: str) -> str:
    return "".join(letter for letter in name if unicodedata.category(letter) not in ("Cf", "Mn"))


def _without_accents(name: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))


def _first(count: int) -> Kind:
    long = "x" * count
    return Kind(f"first {count}", lambda name: name[:count], lambda name: f"{name[:count]}b", f"{long}a")


def _last(count: int) -> Kind:
    long = "x" * count
    return Kind(f"last {count}", lambda name: name[-count:], lambda name: f"b{name[-count:]}", f"a{long}")


def _number(name: str) -> object:
    try:
        return float(name)
    except ValueError:
        return name


def _hash_31(name: str) -> int:
    value = 0
    for letter in name:
        value = (31 * value + ord(letter)) % 2**32
    return value


def _surrogates_lost(name: str) -> str:
    return "".join("\ufffd\ufffd" if ord(letter) > 0xFFFF else letter for letter in name)


def _shifted(name: str, by: int) -> str:
    """Return a name whose first letter is another one so far up; the name itself where there is none."""
    code = ord(name[0]) + by
    return name if code > sys.maxunicode or 0xD800 <= code <= 0xDFFF else chr(code) + name[1:]


def _literal_escapes(name: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), name)


COMMON: Final = (
    Kind("case", str.casefold, str.swapcase),
    Kind("upper case", str.upper, str.upper, "stra\u00dfe"),
    Kind(
        "normal form",
        lambda name: unicodedata.normalize("NFC", name),
        lambda name: unicodedata.normalize("NFD", name),
        "\u00e9",
    ),
    Kind(
        "compatibility",
        lambda name: unicodedata.normalize("NFKC", name),
        lambda name: unicodedata.normalize("NFKC", name),
        "\ufb01n",
    ),
    Kind("accents", _without_accents, _without_accents, "\u00e9t\u00e9"),
    Kind("trailing blank", str.rstrip, lambda name: f"{name} "),
    Kind("leading blank", str.lstrip, lambda name: f" {name}"),
    Kind("line end", str.strip, lambda name: f"{name}\n"),
    Kind("NUL", lambda name: name.partition("\0")[0], lambda name: f"{name}\0x"),
    Kind("after NUL", lambda name: name.partition("\0")[0], lambda name: f"{name[:-1]}y", "a\0x"),
    Kind("zero width", _visible, lambda name: f"{name}\u200b"),
    Kind("control character", lambda name: re.sub(r"[\x00-\x1f\x7f]", "", name), lambda name: f"{name}\x7f"),
    _first(16),
    _first(64),
    _first(256),
    Kind("beginning", lambda name: name[:1], lambda name: f"{name}B"),
)
"""What look-alike names are often taken for one by."""
RARE: Final = (
    Kind(
        "full width",
        lambda name: unicodedata.normalize("NFKC", name),
        lambda name: _shifted(name, 0xFEE0),
    ),
    Kind("blanks", _squeezed, lambda name: name.replace(" ", "  "), "a b"),
    Kind("no-break space", _squeezed, lambda name: name.replace(" ", "\u00a0"), "a b"),
    Kind("byte order mark", _visible, lambda name: f"\ufeff{name}"),
    Kind("soft hyphen", _visible, lambda name: f"{name[:1]}\u00ad{name[1:]}"),
    Kind("variation selector", _visible, lambda name: f"{name}\ufe0f"),
    Kind(
        "same looks",
        lambda name: name.replace("\u0430", "a").replace("\u0410", "A"),
        lambda name: f"\u0430{name[1:]}",
        "a1",
    ),
    _first(8),
    _last(16),
    _last(64),
    Kind("shortened", lambda name: name[:1], lambda name: name[:-1], "ab"),
    Kind("ending", lambda name: name[-1:], lambda name: f"B{name}"),
    Kind("letters", lambda name: tuple(sorted(name)), lambda name: name[::-1], "ab"),
    Kind("hash", _hash_31, lambda name: f"BB{name[2:]}", "Aa"),
    Kind("ASCII", lambda name: name.encode("ascii", "replace"), lambda name: f"\u00e8{name[1:]}", "\u00e9"),
    Kind(
        "low byte",
        lambda name: bytes(ord(letter) & 0xFF for letter in name),
        lambda name: _shifted(name, 0x100),
    ),
    Kind(
        "low 16 bits",
        lambda name: tuple(ord(letter) & 0xFFFF for letter in name),
        lambda name: _shifted(name, 0x10000),
    ),
    Kind("surrogates", _surrogates_lost, lambda name: f"\U0001f601{name[1:]}", "\U0001f600"),
    Kind("numbers", _number, lambda name: f"0{name}", "1"),
    Kind("decimals", _number, lambda name: f"{name}.0", "1"),
    Kind("paths", posixpath.normpath, lambda name: name.replace("/", "//"), "a/b"),
    Kind("percent signs", unquote, lambda name: f"%{ord(name[0]):02X}{name[1:]}"),
    Kind("entities", html.unescape, lambda name: f"&#{ord(name[0])};{name[1:]}"),
    Kind("escapes", _literal_escapes, lambda name: f"\\u{ord(name[0]):04x}{name[1:]}"),
    Kind("quotes", lambda name: name.strip("\"'"), lambda name: f'"{name}"'),
    Kind("punctuation", lambda name: re.sub(r"[\W_]", "", name), lambda name: f"{name[:1]}-{name[1:]}"),
)
KINDS: Final = (*COMMON, *RARE)
"""The ways in which names look alike; each is a pair of different names and one comparison that takes them for one."""

ORDERS: Final = (
    ("\ufb00", "\U0001f600"),
    ("B", "a"),
    ("a10", "a9"),
    ("b", "aa"),
    ("\u00e9", "f"),
    ("b", "-c"),
    ("z", "\u00e9"),
    ("a b", "aa"),
    ("e\u0301", "\u00e9"),
)
"""Pairs of names that stand in another order by UTF-16, without case, by number, by length, by locale, without
punctuation, or by signed bytes than by the bytes of UTF-8."""

COMPOSITES: Final = ("\u00e9 \ufb01" + "x" * 256, "\u00e9 \ufb01x", "\u00e9 \ufb01" + "x" * 64)
"""Names to which most kinds apply."""


def _doubles_by(kinds: Iterable[Kind], name: str) -> tuple[str, ...]:
    """Return the doubles of a name by all of those kinds that apply to it."""
    made = [(kind, kind.double(name)) for kind in kinds]
    return tuple(
        dict.fromkeys(double for kind, double in made if double != name and kind.key(double) == kind.key(name))
    )


EMPTY: Final = (" ", "\0", "\u200b", "\ufeff", "null", "none")
"""What a careless comparison takes for the empty name."""


@lru_cache(maxsize=_MOST_KEPT)
def doubles_of(name: str) -> tuple[str, ...]:
    """Return the doubles of any name, by all kinds that apply to it."""
    return _doubles_by(KINDS, name) if name else EMPTY


@lru_cache(maxsize=_MOST_KEPT)
def alike(one: str, other: str) -> bool:
    """Say whether two names are different and look alike by some kind."""
    if one == other:
        return False
    if not one or not other:
        return (one or other) in EMPTY
    if max(len(one), len(other)) > _LONG:
        return one[:_LONG] == other[:_LONG]
    return any(kind.key(one) == kind.key(other) for kind in KINDS)


@lru_cache(maxsize=_MOST_KEPT)
def alike_scopes(one: Scope, other: Scope) -> bool:
    """Say whether two scopes are different and would be the same if names that look alike were."""
    if one == other or not isinstance(one, Fragments) or not isinstance(other, Fragments):
        return False
    left, right = one.Fragments, other.Fragments
    if not left or not right:
        return False
    if ",".join(left) == ",".join(right):
        return True
    return any({kind.key(name) for name in left} == {kind.key(name) for name in right} for kind in KINDS)


class Cast(NamedTuple):
    """The names that one program uses, by what they name."""

    owner: tuple[str, ...] = ("a", "b", "c")
    fragment: tuple[str, ...] = ("A", "B", "C")
    role: tuple[str, ...] = ("A", "B", "C")
    label: tuple[str, ...] = ("m", "n", "o")
    predicate: tuple[str, ...] = ("ready", "p", "", "∀x")
    handler: tuple[str, ...] = ("h", "g", "", "default_handler", "<script>")
    site: tuple[str, ...] = ("s", "t", "", "zz", "é")
    doubles: Mapping[str, tuple[str, ...]] = {}
    """The doubles of each name that has some in this program; empty in a program without."""


PLAIN: Final = Cast()
_SORTS: Final = Cast._fields[:-1]
_ORDERED: Final = frozenset({"fragment", "role", "site"})
"""What is printed or gone through in the order of its names."""


def cast_with_doubles(number: int) -> Cast:
    """Return the cast of that number; each sort of name has a common and a rare kind of doubles, all kinds in turn."""
    doubles: dict[str, tuple[str, ...]] = {}
    names: dict[str, tuple[str, ...]] = {}
    for place, sort in enumerate(_SORTS):
        plain: tuple[str, ...] = getattr(PLAIN, sort)
        kinds = [some[(number + place * len(some) // len(_SORTS)) % len(some)] for some in (COMMON, RARE)]
        pairs = [(base, kind.double(base)) for kind in kinds for base in [kind.base or plain[0]]]
        if "" in plain:
            pairs.append(("", EMPTY[number % len(EMPTY)]))
        composite = COMPOSITES[(number + place) % len(COMPOSITES)]
        of_composite = _doubles_by(COMMON, composite)
        pairs += [(composite, double) for double in of_composite]
        for one, other in pairs:
            doubles[one] = (*doubles.get(one, ()), other)
            doubles[other] = (*doubles.get(other, ()), one)
        if sort in _ORDERED:
            pairs.append(ORDERS[(number + place) % len(ORDERS)])
        known = dict.fromkeys((*(name for pair in pairs for name in pair), *plain[1:2]))
        names[sort] = tuple(name for name in known if name not in of_composite)
    return Cast(**names, doubles=doubles)
