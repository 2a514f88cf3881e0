"""Types read from bytes: the fast reader gives what the strict one gives, or leaves the bytes to it."""

from __future__ import annotations

import json
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.generators.local_types import any_local_types
from telltale_conformance.lean_traces.printed_types import NotOurForm, printed_type, printed_types
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.limits import first_labels
from telltale_conformance.model.plan import open_plan
from telltale_conformance.model.types.json_shape import TypeJsonError
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var, postorder
from telltale_conformance.model.types.type_json import encode_type, type_from_json

LABEL = b'{"name":"m","sort":"Nat"}'
END_BRANCH = b'[{"name":"m","sort":"Nat"},null,"End"]'


def send(*branches: bytes) -> bytes:
    return b'{"Send":{"branches":[%s],"partner":"B"}}' % b",".join(branches)


def strictly(text: bytes) -> LocalType | None:
    """Read a type strictly; None where it is none."""
    try:
        return type_from_json(parse(text, len(text)))
    except (StrictJsonError, TypeJsonError):
        return None


def quickly(text: bytes) -> LocalType | None:
    """Read a type quickly; None where that is left to the strict reader."""
    try:
        return printed_type(text)
    except (NotOurForm, ValueError, RecursionError):
        return None


def by_role(text: bytes) -> dict[str, LocalType] | None:
    """Read types by role quickly; None where that is left to the strict reader."""
    try:
        return printed_types(text)
    except (NotOurForm, ValueError, RecursionError):
        return None


QUICK = {
    "the end": b'"End"',
    "a variable": b'{"Var":"t"}',
    "a recursion": b'{"Mu":{"body":{"Var":"t"},"var":"t"}}',
    "no branches": send(),
    "members in another order": b'{"Send":{"partner":"B","branches":[[{"sort":"Nat","name":"m"},null,"End"]]}}',
    "pairs": send(
        b'[{"name":"m","sort":{"Prod":["Nat",{"Vector":3}]}},{"Prod":["Nat",{"Prod":["Bool","Unit"]}]},"End"]'
    ),
    "a sort left out": send(b'[{"name":"m"},null,%s]' % send(b'[{"name":"n"},null,"End"]')),
    "a sort left out of a label with quotes in its name": send(b'[{"name":"m\\"\\\\\\"}"},null,"End"]'),
    "the greatest integers": send(
        b'[{"name":"m","sort":{"Vector":18446744073709551615}},{"Chan":{"role":"A","sid":18446744073709551615}},"End"]'
    ),
    "a text with a form's name in it": b'{"Var":",\\"Mu\\":"}',
    "escapes": b'{"Var":"a\\nb\\u0001\\"\\\\"}',
    "letters beyond ASCII": '{"Var":"é✓🙂"}'.encode(),
}
LEFT = {
    "two forms": b'{"Mu":{"body":"End","var":"t"},"Var":"t"}',
    "two sorts": send(b'[{"name":"m","sort":{"Prod":["Nat","Nat"],"Vector":3}},null,"End"]'),
    "two value types": send(b'[%s,{"Chan":{"role":"A","sid":0},"Prod":["Nat","Nat"]},"End"]' % LABEL),
    "no form": send(b"[%s,null,{}]" % LABEL),
    "no sort": send(b'[{"name":"m","sort":{}},null,"End"]'),
    "a repeated form": b'{"Var":"t","Var":"t"}',
    "a repeated member": b'{"Mu":{"body":"End","var":"t","var":"t"}}',
    "a sort twice and a sort left out": send(
        b'[{"name":"m","sort":"Unit","sort":"Unit"},null,"End"]', b'[{"name":"n"},null,"End"]'
    ),
    "an unknown member": b'{"Mu":{"body":"End","var":"t","x":1}}',
    "a missing member": b'{"Mu":{"body":"End"}}',
    "an integer beyond the bound": send(b'[{"name":"m","sort":{"Vector":18446744073709551616}},null,"End"]'),
    "a very long integer": send(b'[{"name":"m","sort":{"Vector":%s}},null,"End"]' % (b"9" * 5000)),
    "a negative integer": send(b'[{"name":"m","sort":{"Vector":-1}},null,"End"]'),
    "a number with an exponent": send(b'[{"name":"m","sort":{"Vector":1e0}},null,"End"]'),
    "a number with an exponent, as long as the integer": send(b'[{"name":"m","sort":{"Vector":1e2}},null,"End"]'),
    "an unknown sort": send(b'[{"name":"m","sort":"Int"},null,"End"]'),
    "a value type that is only a sort": send(b'[%s,"Real","End"]' % LABEL),
    "a pair of three": send(b'[{"name":"m","sort":{"Prod":["Nat","Nat","Nat"]}},null,"End"]'),
    "a branch of two": send(b"[%s,null]" % LABEL),
    "another text": b'"end"',
    "something after it": b'"End" x',
    "a lone surrogate": b'{"Var":"\\ud800"}',
    "no UTF-8": b'{"Var":"\xff"}',
    "nothing": b"",
}


@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
def test_a_type_in_our_form_is_read_quickly_and_as_the_strict_reader_reads_it(text: bytes) -> None:
    quick = quickly(text)
    assert quick is not None
    assert quick == strictly(text)
    assert encode_type(quick) == encode_type(type_from_json(json.loads(text)))


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT.keys())
def test_what_is_no_type_is_never_read_quickly(text: bytes) -> None:
    assert strictly(text) is None
    assert quickly(text) is None


OTHERWISE = (
    b' {"Var":"t"}',
    b'{"Var": "t"}',
    b'{"Var":"\\u0074"}',
    b'{"Var":"a{}"}',
)


@pytest.mark.parametrize("text", OTHERWISE, ids=lambda text: text.decode())
def test_other_spellings_are_left_to_the_strict_reader(text: bytes) -> None:
    assert quickly(text) is None
    assert strictly(text) is not None


@pytest.mark.parametrize("text", [*LEFT.values(), *OTHERWISE], ids=[*LEFT.keys(), *map(bytes.decode, OTHERWISE)])
def test_types_by_role_are_left_to_the_strict_reader_for_any_one_of_them(text: bytes) -> None:
    assert by_role(b'{"A":"End","B":%s,"C":{"Var":"t"}}' % text) is None


@pytest.mark.parametrize(
    "text",
    [
        b'{"A":"End","A":"End"}',
        b'{"A":"End", "B":"End"}',
        b'{"\\u0041":"End"}',
        b'{"A":{}}',
        b'{"A":"End"',
        b"null",
        b"[]",
    ],
    ids=lambda text: text.decode(),
)
def test_types_by_role_that_are_not_so_printed_are_left_to_the_strict_reader(text: bytes) -> None:
    assert by_role(text) is None


@pytest.mark.parametrize("roles", [(), ("A",), ("B", "A"), ("sort", "name", 'x"sort', "Send?", ',"Var"', "é\n")])
def test_types_by_role_are_those_of_each_role(roles: tuple[str, ...]) -> None:
    texts = dict(zip(roles, QUICK.values(), strict=False))
    assert by_role(_object(texts)) == {role: printed_type(text) for role, text in texts.items()}


@pytest.mark.parametrize("roles", [("{}",), ("A", "Send"), ("A", "Prod")])
def test_roles_that_look_like_what_is_refused_are_left_to_the_strict_reader(roles: tuple[str, ...]) -> None:
    assert by_role(_object(dict.fromkeys(roles, b'"End"'))) is None


def _object(members: dict[str, bytes]) -> bytes:
    return b"{%s}" % b",".join(
        b"%s:%s" % (json.dumps(name, ensure_ascii=False).encode(), text) for name, text in members.items()
    )


@given(tree=any_local_types(3), data=st.data())
def test_every_type_is_read_as_it_is_in_whatever_order_its_members_stand(tree: LocalType, data: st.DataObject) -> None:
    document = json.loads(encode_type(tree))
    shuffled = json.dumps(_shuffled(document, data), separators=(",", ":"), ensure_ascii=False).encode()
    for text in (encode_type(tree), shuffled):
        assert quickly(text) in (tree, None)
    read = quickly(encode_type(tree))
    if read is not None:
        assert hash(read) == hash(tree)
        for node in postorder(read):
            assert encode_type(node) == encode_type(type_from_json(json.loads(encode_type(node))))
        partners = {node.partner for node in postorder(tree) if isinstance(node, Choice)}
        roles = ("A", *sorted(partners - {"A"}))
        plan, same = (open_plan(roles, {"A": one}) for one in (printed_type(encode_type(tree)), tree))
        assert plan == same
        assert first_labels(printed_type(encode_type(tree))) == first_labels(tree)


def _shuffled(document: object, data: st.DataObject) -> object:
    if isinstance(document, dict):
        names = data.draw(st.permutations(sorted(document)))
        return {name: _shuffled(document[name], data) for name in names}
    return [_shuffled(one, data) for one in document] if isinstance(document, list) else document


def test_a_node_that_was_not_looked_into_is_as_good_as_one_that_was() -> None:
    text = b'{"Mu":{"body":%s,"var":"t"}}' % send(b'[{"name":"m","sort":"Nat"},"Nat",{"Var":"t"}]', END_BRANCH)
    branches = (Branch(Label("m", "Nat"), "Nat", Var("t")), Branch(Label("m", "Nat"), None, END))
    built = Mu("t", Send("B", branches))
    assert printed_type(text) == built
    assert hash(printed_type(text)) == hash(built)
    assert pickle.loads(pickle.dumps(printed_type(text))) == built
    assert repr(printed_type(text)) == repr(built)
    assert {printed_type(text): 1}[built] == 1
    match printed_type(text):
        case Mu(var, Choice(partner, [first, _])):
            assert (var, partner, first) == ("t", "B", branches[0])
        case other:
            pytest.fail(f"no recursion: {other!r}")


def test_a_plan_names_whom_a_type_names_that_was_not_looked_into() -> None:
    inner = b'{"Mu":{"body":{"Recv":{"branches":[%s],"partner":"C"}},"var":"t"}}' % END_BRANCH
    both = b'[{"name":"m","sort":"Nat"},null,%s]' % inner
    plan = open_plan(("A", "B", "C"), {"A": printed_type(send(both, END_BRANCH))})
    assert plan.edge_blueprint == (((0, 1), "A", "B"), ((2, 0), "C", "A"))


def test_a_node_that_was_not_looked_into_is_immutable_and_has_no_other_attributes() -> None:
    node = printed_type(send(END_BRANCH))
    with pytest.raises(AttributeError, match="immutable"):
        node.partner = "C"
    with pytest.raises(AttributeError, match="body"):
        node.body  # noqa: B018 # that is the point
    assert isinstance(node, Send)
    assert not isinstance(node, Recv)


def test_a_deep_type_is_left_to_the_strict_reader_or_prints_again() -> None:
    text = b'"End"'
    for _ in range(20_000):
        text = b'{"Mu":{"body":%s,"var":"t"}}' % text
    assert quickly(text) is None
    shallow = b'"End"'
    for _ in range(300):
        shallow = b'{"Mu":{"body":%s,"var":"t"}}' % shallow
    read = quickly(shallow)
    assert read is not None
    assert isinstance(read, Mu)
    assert encode_type(read.body) == msgspec.json.encode(msgspec.json.decode(shallow)["Mu"]["body"])
