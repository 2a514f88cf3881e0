"""Stores that take one name for another: each place where the contract compares names, by each kind of likeness."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from tests.second_store.store import Store
from tests.wrong_stores.steps import A_TO_B, Play, Script, altered, edge, ep, fragments, send
from tests.wrong_stores.wrong import second

ZERO_WIDTH = "\u200b"
FOLDS: dict[str, tuple[str, Callable[[str], str], str, str]] = {
    "case": ("without regard to case", str.casefold, "Owner", "owner"),
    "NFC": ("in Unicode form NFC", lambda name: unicodedata.normalize("NFC", name), "caf\u00e9", "cafe\u0301"),
    "NFKC": ("in Unicode form NFKC", lambda name: unicodedata.normalize("NFKC", name), "ﬁn", "fin"),
    "trimmed": ("without blanks around", str.strip, "a", " a"),
    "NUL": ("up to the first NUL", lambda name: name.split("\0")[0], "a\0b", "a\0c"),
    "16": ("by their first 16 characters", lambda name: name[:16], "p" * 16 + "a", "p" * 16 + "b"),
    "64": ("by their first 64 characters", lambda name: name[:64], "p" * 64 + "a", "p" * 64 + "b"),
    "255": ("by their first 255 characters", lambda name: name[:255], "p" * 255 + "a", "p" * 255 + "b"),
    "zero-width": (
        "without zero-width characters",
        lambda name: name.replace(ZERO_WIDTH, ""),
        "ab",
        f"a{ZERO_WIDTH}b",
    ),
}
"""By name: how names are compared, the folding, and two names that are the same by it and by no other."""


def owners(x: str, y: str) -> Play:
    def play(s: Script) -> None:
        cap = s.claimed(x)
        s.validate_ownership_capability(capability=altered(cap, owner_id=y))
        s.mark_owner_died(sid=0, owner_id=y)

    return play


def fragment_names(x: str, y: str) -> Play:
    return lambda s: s.claimed("a", fragments(y, x))


def roles(x: str, y: str) -> Play:
    def play(s: Script) -> None:
        s.start(x, "B", types={x: send("B", ("m", "End"))})
        s.send(sid=0, from_=y, to="B", val="Unit")
        s.lookup_type(ep=ep(y))
        s.start(x, y, "B", types={x: send("B", ("m", "End")), y: send("B", ("m", "End"))})
        s.observe(sid=1)

    return play


def labels(x: str, y: str) -> Play:
    def play(s: Script) -> None:
        s.start(types={"A": send("B", (x, "End"))})
        s.lookup_branch_resolution(ep=ep(), label=y)
        s.advance(ep=ep(), label=y)

    return play


def predicates(x: str, y: str) -> Play:
    def play(s: Script) -> None:
        cap = s.claimed()
        witness = s.issue_readiness_witness(capability=cap, predicate_ref=x)
        s.consume_readiness_witness(capability=cap, witness=altered(witness, predicate_ref=y))

    return play


def handlers(x: str, y: str) -> Play:
    def play(s: Script) -> None:
        cap = s.claimed()
        s.rebound(cap, x)
        s.rebound(cap, y, sender="B", receiver="A")
        s.lookup_handler(edge=edge("B", "A"))

    return play


def sites(x: str, y: str) -> Play:
    def play(s: Script) -> None:
        s.issue_timeout_witness(site=x, until_tick=1)
        s.issue_timeout_witness(site=y, until_tick=1)
        s.advance_clock(tick=1)

    return play


PLACES: dict[str, Callable[[str, str], Play]] = {
    "owner": owners,
    "fragment": fragment_names,
    "role": roles,
    "label": labels,
    "predicate": predicates,
    "handler": handlers,
    "site": sites,
}
"""The programs by the kind of name that they compare."""


def folding(place: str, fold: Callable[[str], str]) -> type[Store]:
    """Return a store that folds the names of one place before it compares them."""

    class Folding(Store):
        @staticmethod
        def answers_alike(_method: str, arguments: tuple[str, str], _result: str) -> bool:
            """Say that a name that folding leaves as it is makes no difference."""
            return arguments[0] != place or fold(arguments[1]) == arguments[1]

        def key(self, kind: str, name: str) -> str:
            return fold(name) if kind == place else name

    class FoldingFragments(Folding):
        def fragments(self, names: list[str]) -> list[str]:
            """Fold while reading: scopes become sets there."""
            return super().fragments(names)

    return FoldingFragments if place == "fragment" else Folding


for _place, _program in PLACES.items():
    for _fold, (_how, _function, _x, _y) in FOLDS.items():
        second(
            "look-alike names",
            f"Names of kind {_place} are compared {_how}.",
            _program(_x, _y),
            name=f"{_place} by {_fold}",
        )(folding(_place, _function))


@second(
    "look-alike names",
    "Fragments are ordered by their units of UTF-16, as Java and JavaScript order texts.",
    lambda s: s.claimed("a", fragments("\U0001f600", "\ufb00")),
)
class fragments_in_the_order_of_UTF_16(Store):
    def fragment_order(self, name):
        return name.encode("utf-16-be")


@second(
    "look-alike names",
    "Fragments are ordered without regard to case.",
    lambda s: s.claimed("a", fragments("a", "B")),
)
class fragments_in_the_order_of_a_dictionary(Store):
    def fragment_order(self, name):
        return name.casefold()


@second(
    "look-alike names",
    "An owner whose name begins with the live owner's passes for it.",
    owners("a", "ab"),
)
class owner_by_prefix(Store):
    def same_owner(self, given, live):
        return given.startswith(live)


@second(
    "look-alike names",
    "The table of sites is ordered by units of UTF-16, and with it what expires.",
    lambda s: s.issue_timeout_witness(site="\U0001f600", until_tick=1),
    lambda s: s.issue_timeout_witness(site="\ufb00", until_tick=1),
    lambda s: s.advance_clock(tick=1),
)
class sites_in_the_order_of_UTF_16(Store):
    def key(self, kind, name):
        return name.encode("utf-16-be") if kind == "site" else name


@second(
    "look-alike names",
    "Two edges are one when their roles, written one after the other, are the same text.",
    lambda s: s.start("A", "AB", "B", "BB", types={"A": send("BB", ("m", "End")), "AB": send("B", ("m", "End"))}),
    lambda s: s.send(sid=0, from_="A", to="BB", val="Unit"),
    lambda s: s.has_message(sid=0, from_="AB", to="B"),
)
class edges_by_their_roles_together(Store):
    def buffer(self, s, sender, receiver):
        for (a, b), buffer in s["buffers"].items():
            if a + b == sender + receiver:
                return buffer
        return None


@second(
    "look-alike names",
    "A fragment set is kept as one text with commas and split again.",
    lambda s: s.claimed("a", fragments("a,b")),
)
class fragments_joined_by_commas(Store):
    def fragments(self, names):
        return super().fragments([part for name in names for part in name.split(",")])


@second(
    "look-alike names",
    "The empty owner is no owner: the session counts as unclaimed.",
    lambda s: s.claimed(""),
    lambda s: s.claim_ownership(sid=0, owner_id="b", scope="Session"),
)
class empty_owner_is_none(Store):
    def g_unowned(self, s):
        if s["owner"] is not None and s["owner"]["owner_id"]:
            super().g_unowned(s)


@second(
    "look-alike names",
    "The prototype's names are found in every table: a role `constructor` has an entry.",
    lambda s: s.start(types=A_TO_B),
    lambda s: s.lookup_type(ep=ep("constructor")),
)
class names_of_the_prototype_are_there(Store):
    def entry(self, ep):
        if ep["role"] == "constructor" and ep["sid"] in self.sessions:
            return {"current": "End", "original": "End"}
        return super().entry(ep)
