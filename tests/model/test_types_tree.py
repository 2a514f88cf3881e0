"""Nodes of local types and payloads: equality, hash, immutability, any depth."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from telltale_conformance.generators.local_types import any_local_types, sorts, val_types, values
from telltale_conformance.model.types.immutable import Node
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
    Bool,
    Chan,
    EndpointValue,
    Nat,
    PayloadSort,
    ProdSort,
    ProdType,
    Unit,
    ValType,
    Value,
)
from telltale_conformance.model.types.trees import END, Branch, End, Label, Mu, Var, postorder
from telltale_conformance.model.types.type_json import encode_type, type_from_json
from tests.generators.deep_types import chain, doubled, recursions

DEEP = 20_000


@given(any_local_types(), any_local_types())
def test_equality_is_equality_of_the_written_form(left: LocalType, right: LocalType) -> None:
    assert (left == right) == (encode_type(left) == encode_type(right))
    if left == right:
        assert hash(left) == hash(right)


@given(any_local_types())
def test_a_rebuilt_type_is_equal_and_hashes_alike(tree: LocalType) -> None:
    twin = rebuilt(tree)
    assert twin == tree
    assert hash(twin) == hash(tree)
    assert len({tree, twin}) == 1


def rebuilt(tree: LocalType) -> LocalType:
    """The same tree of new nodes."""
    new: dict[int, LocalType] = {}
    for node in postorder(tree):
        if isinstance(node, Choice):
            branches = tuple(
                Branch(Label(b.label.name, b.label.sort), b.value_type, new[id(b.continuation)]) for b in node.branches
            )
            new[id(node)] = type(node)(node.partner, branches)
        elif isinstance(node, Mu):
            new[id(node)] = Mu(node.var, new[id(node.body)])
        else:
            new[id(node)] = Var(node.name) if isinstance(node, Var) else END
    return new[id(tree)]


def one_of_each_difference() -> list[LocalType]:
    """Types that differ from the first in one field each."""
    base = Send("B", (Branch(Label("m", "Nat"), "Nat", Var("t")),))
    return [
        base,
        Recv("B", base.branches),
        Send("C", base.branches),
        Send("B", ()),
        Send("B", base.branches * 2),
        Send("B", (Branch(Label("n", "Nat"), "Nat", Var("t")),)),
        Send("B", (Branch(Label("m", "Real"), "Nat", Var("t")),)),
        Send("B", (Branch(Label("m", "Nat"), None, Var("t")),)),
        Send("B", (Branch(Label("m", "Nat"), "Nat", Var("u")),)),
        Send("B", (Branch(Label("m", "Nat"), "Nat", END),)),
        Mu("t", base),
        Mu("u", base),
    ]


def test_every_field_counts() -> None:
    everything = one_of_each_difference()
    assert len(set(everything)) == len(everything)


def test_equal_hashes_do_not_make_types_equal() -> None:
    everything = one_of_each_difference()
    for tree in everything:
        for node in postorder(tree):
            parts = [part for b in node.branches for part in (b, b.label)] if isinstance(node, Choice) else []
            for part in (node, *parts):
                if part is not END:
                    object.__setattr__(part, "_hash", hash(END))
    for index, tree in enumerate(everything):
        assert [tree == other for other in everything] == [other == index for other in range(len(everything))]


def test_values_of_different_kinds_are_different() -> None:
    assert Nat(1) != Bool(True)
    assert Nat(0) != Bool(False)
    assert Chan(0, "A") != EndpointValue(0, "A")
    assert Unit() != END
    assert Unit() == Unit()
    assert END != "End"


@pytest.mark.parametrize("node", [END, Var("t"), Mu("t", END), Send("B", ()), Label("m"), Nat(1), Chan(0, "A")])
def test_nodes_are_immutable(node: Node) -> None:
    name = node.__match_args__[0] if node.__match_args__ else "anything"
    with pytest.raises(AttributeError, match="immutable"):
        setattr(node, name, "x")
    with pytest.raises(AttributeError, match="immutable"):
        delattr(node, name)


def test_there_is_one_end() -> None:
    assert End() is END
    assert pickle.loads(pickle.dumps(END)) is END


@given(any_local_types(max_depth=3), sorts(), val_types(), values())
def test_nodes_survive_copy_and_pickle(tree: LocalType, sort: PayloadSort, kind: ValType, value: Value) -> None:
    for node in (tree, sort, kind, value):
        assert copy.copy(node) is node
        assert copy.deepcopy(node) is node
        assert pickle.loads(pickle.dumps(node)) == node


def test_nodes_can_be_matched() -> None:
    match Send("B", (Branch(Label("m", "Nat"), None, Mu("t", Var("t"))),)):
        case Send(partner, (Branch(Label(name, sort), None, Mu(var, Var(used))),)):
            assert (partner, name, sort, var, used) == ("B", "m", "Nat", "t", "t")
        case _:
            pytest.fail("no match")


@pytest.mark.parametrize("build", [chain, lambda levels: recursions(levels, Var("t0"))])
def test_deep_types_compare_hash_and_print_without_recursion(build: Any) -> None:
    one, two = build(DEEP), build(DEEP)
    assert one == two
    assert hash(one) == hash(two)
    assert one != build(DEEP + 1)
    assert len(repr(one)) < 300


def test_deep_pairs_compare_hash_and_print_without_recursion() -> None:
    for prod, leaf in ((ProdSort, "Nat"), (ProdType, "Nat")):
        make: Any = prod
        one, two = leaf, leaf
        for _ in range(DEEP):
            one, two = make(one, "Nat"), make(two, "Nat")
        assert one == two
        assert hash(one) == hash(two)
        assert len(repr(one)) < 300


def test_comparing_shared_subtrees_walks_each_pair_once() -> None:
    left, right = doubled(200), doubled(200)
    assert left == right
    assert len(postorder(left)) == 201


def test_a_shared_type_of_enormous_size_has_a_short_repr() -> None:
    assert len(repr(doubled(200))) < 300


def test_deallocating_a_very_deep_type_does_not_crash() -> None:
    code = """
import gc
from telltale_conformance.model.types.local_types import *
from telltale_conformance.model.types.trees import *
for build in (lambda t: Send("B", (Branch(Label("m"), None, t),)), lambda t: Mu("t", t)):
    t = Var("x")
    for _ in range(200_000):
        t = build(t)
    del t
    gc.collect()
    t = Var("x")
    for _ in range(200_000):
        t = build(t)
print("alive")
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_pickling_a_deep_type_is_refused_and_does_not_crash() -> None:
    with pytest.raises(RecursionError):
        pickle.dumps(chain(DEEP))
    gc.collect()


def test_a_type_read_back_from_its_json_is_equal() -> None:
    tree = Mu("t", Send("B", (Branch(Label("m"), None, Var("t")),)))
    assert (
        type_from_json(
            {"Mu": {"var": "t", "body": {"Send": {"partner": "B", "branches": [[{"name": "m"}, None, {"Var": "t"}]]}}}}
        )
        == tree
    )
