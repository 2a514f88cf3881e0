"""Programs of the fixed list over local types of every form, and over plans that differ in one thing each.

They tell stores that nobody thought of, as ``sweeps`` does for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.wrong_stores.steps import A_TO_B, Play, Script, edge, ep, mu, recv, send, var

SORTS = (
    "Unit",
    "Nat",
    "Real",
    {"Vector": 2**53 + 1},
    {"Vector": 2**63 + 1},
    {"Prod": ["Nat", {"Prod": ["Bool", "String"]}]},
)
CARRIED = (
    None,
    "Unit",
    "String",
    {"Chan": {"sid": 2**63 + 1, "role": " e\u0301 "}},
    {"Prod": ["Nat", {"Prod": ["Bool", "Unit"]}]},
    None,
)
PARTNERS = tuple(f"p{number}" for number in range(12))


def branch(name: str, sort: Any, carried: Any, rest: Any) -> list[Any]:
    return [{"name": name, "sort": sort}, carried, rest]


def every_form() -> dict[str, Any]:
    """Return a type of every form: each branch leads to a partner of its own, by another way."""
    ways = [
        send(PARTNERS[1]),
        mu("x", mu("y", mu("x", recv(PARTNERS[2], ("a", var("x")), ("b", var("y")), ("c", var("z")))))),
        mu("unused", send(PARTNERS[3], ("a", "End"), ("b", mu("x", var("x"))))),
        recv(" p4 ", ("a", mu("x", send(PARTNERS[4], ("a", mu("x", recv(PARTNERS[5])))))), ("a", send(PARTNERS[6]))),
        send(PARTNERS[7], *((name, recv(PARTNERS[8 + at])) for at, name in enumerate("dcab"))),
        var("x"),
    ]
    branches = [
        branch(name, sort, carried, rest)
        for name, sort, carried, rest in zip("mnopqr", SORTS, CARRIED, ways, strict=True)
    ]
    branches += [
        branch("twice", "Unit", None, send("A")),
        branch("twice", "Nat", "Nat", recv(PARTNERS[0])),
        branch("twice", "Real", None, "End"),
        branch("last", "Unit", "Unit", send(PARTNERS[1], ("m", "End"))),
        branch("last", "Nat", None, "End"),
    ]
    body = {"Send": {"partner": PARTNERS[0], "branches": branches}}
    return mu("x", mu("y", mu("x", mu("t", body))))


LABELS = ("m", "n", "o", "p", "q", "r", "twice", "last")


def types_of_every_form(s: Script) -> None:
    """Look at such a type in every way, follow each of its branches, and do it again with what was read back."""
    given = every_form()
    listed = {"roles": ["A", *PARTNERS], "initial_types": {"A": given}}
    s.plan(**listed)
    s.open(**listed)
    s.update_original(ep=ep(PARTNERS[0]), new_original=given)
    for label in LABELS:
        s.lookup_branch_resolution(ep=ep(), label=label)
        s.advance(ep=ep(), label=label)
        s.observe(sid=0)
        s.advance(ep=ep(), label="a")
        s.advance(ep=ep(), label="a")
        s.original_type(ep=ep())
        s.update_original(ep=ep(), new_original=given)
        s.update_type(ep=ep(), new_type=given)
        s.lookup_branch_resolution(ep=ep(), label=label)
        s.update_type(ep=ep(), new_type=given["Mu"]["body"]["Mu"]["body"]["Mu"]["body"]["Mu"]["body"])
    s.reload(form="binary")
    s.observe(sid=0)
    for label in LABELS:
        s.lookup_branch_resolution(ep=ep(), label=label)


def resolved_again(s: Script) -> None:
    """Ask for branches, types and originals before and after each way to change them, and of a later session."""

    def asked() -> None:
        s.lookup_branch_resolution(ep=ep(), label="m")
        s.lookup_branch_resolution(ep=ep(), label="n")
        s.lookup_type(ep=ep())
        s.original_type(ep=ep())

    first = mu("t", send("B", ("m", var("t")), ("n", send("B", ("m", "End")))))
    s.open_with_sid(sid=0, roles=["A", "B"], initial_types={"A": first})
    for change in (
        lambda: s.update_type(ep=ep(), new_type=recv("B", ("m", "End"))),
        lambda: s.update_original(ep=ep(), new_original=mu("u", send("B", ("n", var("t"))))),
        lambda: s.update_type(ep=ep(), new_type=send("B", ("m", var("other")))),
        lambda: s.advance(ep=ep(), label="m"),
        lambda: s.reload(form="binary"),
        lambda: s.remove_type(ep=ep()),
        lambda: s.update_type(ep=ep(), new_type=first),
        lambda: s.update_original(ep=ep(), new_original=first),
        lambda: s.open_with_sid(sid=0, roles=["A", "B"], initial_types=A_TO_B),
        lambda: s.close(sid=0),
        lambda: s.update_type(ep=ep(), new_type=first["Mu"]["body"]),
        s.reap_closed,
        lambda: s.open_with_sid(sid=0, roles=["A", "B"], initial_types={"A": first}),
    ):
        asked()
        change()
    asked()


def chain(levels: int, rest: Any) -> dict[str, Any]:
    """Return a type that sends so many times before the rest."""
    for _ in range(levels):
        rest = send("B", ("m", rest))
    return rest


def many_mu(levels: int) -> dict[str, Any]:
    """Return a chain of so many Mu."""
    given = send("B", ("m", var("t")))
    for level in range(levels):
        given = mu(f"t{level}", given)
    return given


def chained(levels: int) -> Play:
    """Strip a chain of so many Mu wherever one is stripped."""

    def play(s: Script) -> None:
        given = many_mu(levels)
        s.unfold_mu(lt=given)
        s.unfold_if_var_with_scope(cont=given, original="End")
        s.unfold_if_var_with_scope(cont=var("u"), original=given)
        s.start(types={"A": send("B", ("m", given))})
        s.advance(ep=ep(), label="m")
        s.advance(ep=ep(), label="m")
        s.start(types={"A": given})
        s.reload(form="binary")
        s.observe(sid=1)

    return play


def alike_plans(s: Script) -> None:
    """Open from plans that are the same to a careless look."""
    deep = [chain(12, send("B", (last, "End"))) for last in "xy"]
    many = [send("B", *((f"{'long' * 40}{number}", "End") for number in range(30)), (last, "End")) for last in "xy"]
    ends = [send("B", (first + "m" * 300 + "x" + "m" * 300 + last, "End")) for first, last in ("aa", "ab", "ba")]
    types = [send("B", ("m", "End"), value=value) for value in (None, "Unit", "Nat")]
    kinds = [send("B", ("m", "End")), recv("B", ("m", "End")), send("C", ("m", "End")), send("b", ("m", "End"))]
    orders = [send("B", ("m", "End"), ("n", "End")), send("B", ("n", "End"), ("m", "End"))]
    names = [mu(name, send("B", ("m", var("x")))) for name in "xy"]
    plans: list[tuple[list[str], Any]] = [
        (["A", "B", "C"], lt) for lt in (*deep, *many, *ends, *types, *kinds, *orders, *names)
    ]
    for joint in ("", " ", ",", "\0", "\n", "|", ":", "/", ";", "-", ", "):
        plans.append((["A", "B", f"c{joint}d", "e"], kinds[0]))
        plans.append((["A", "B", "c", f"d{joint}e"], kinds[0]))
    plans += [(["A", "B", *"cdefghi", last], kinds[0]) for last in "jk"]
    plans += [(roles, kinds[0]) for roles in (["B", "A"], ["A", "B", "A"], ["A", "a", "B"], ["A", "A", "B"])]
    for sid, (roles, lt) in enumerate(plans):
        s.open_with_sid_from_plan(sid=sid, plan={"roles": roles, "initial_types": {"A": lt}})
        s.observe(sid=sid)
    roles, lt = plans[0]
    for sid in range(len(plans), len(plans) + 18):
        s.open_with_sid_from_plan(sid=sid, plan={"roles": roles, "initial_types": {"A": lt}})
    s.advance(ep=ep(sid=sid), label="m")
    s.send(sid=sid, from_="A", to="B", val="Unit")
    s.lookup_handler(edge=edge(sid=sid))
    s.observe(sid=sid)


def type_sweeps() -> Iterator[tuple[str, Play]]:
    """Yield every sweep by name."""
    yield "types: every form", types_of_every_form
    yield "types: resolved again", resolved_again
    for levels in (5, 80):
        yield f"sizes: {levels} Mu", chained(levels)
    yield "plans: alike", alike_plans
