"""Programs of the fixed list over auth trees: every size, every place of a proof, values and numbers of every form.

They tell stores that nobody thought of, as ``sweeps`` does for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telltale_conformance.model.auth_trees import combined
from tests.wrong_stores.free_texts import TEXTS
from tests.wrong_stores.steps import A_TO_B, Play, Script, altered, edge, send

GREAT = (2**8, 2**16, 2**31, 2**32, 2**53 + 1, 2**63, 2**64 - 1)
CONTROLS = "".join(map(chr, (*range(0x20), 0x22, 0x2F, 0x5C, 0x7F, 0x80, 0x2028, 0x2029, 0xFEFF, 0xFFFF, 0x1F600)))
"""What a JSON printer may escape, whether it has to or not."""


def grown(count: int, whole: tuple[int, ...]) -> Play:
    """Send so many messages, with the root after each, and at these sizes the leaves and every proof."""

    def play(s: Script) -> None:
        s.start(types=A_TO_B)
        for size in range(1, count + 1):
            s.sent(size)
            s.received()
            s.auth_root(sid=0, edge=edge())
            if size in whole:
                s.auth_leaves(sid=0, edge=edge())
                for index in range(size + 1):
                    s.auth_proof(sid=0, edge=edge(), index=index)

    return play


def many(count: int) -> Play:
    """Overwrite a value so many times, and look at the tree at the end and just before it."""

    def play(s: Script) -> None:
        s.buffered(mode="LatestValue")
        for number in range(count):
            s.sent(number)
            if number >= count - 2:
                s.auth_root(sid=0, edge=edge())
        for index in (0, count - 2, count - 1):
            s.auth_proof(sid=0, edge=edge(), index=index)

    return play


def proofs_altered(count: int) -> Play:
    """Verify the proof of the first of so many leaves, and every proof that differs from it in one place."""

    def play(s: Script) -> None:
        s.start(types=A_TO_B)
        s.sent(0)
        leaf = s.auth_root(sid=0, edge=edge())
        for number in range(1, count):
            s.sent(number)
        root = s.auth_root(sid=0, edge=edge())
        proof = s.auth_proof(sid=0, edge=edge(), index=0)
        levels = (count - 1).bit_length()
        flags = [False] * levels
        other = [[level == at for level in range(levels)] for at in range(levels)]
        s.auth_verify(root=root, leaf=leaf, proof=proof)
        s.auth_verify(root=leaf, leaf=root, proof=proof)
        for index in (1, *(2**level for level in range(1, levels + 2)), *GREAT):
            s.auth_verify(root=root, leaf=leaf, proof=altered(proof, index=index))
        for changed in (*other, flags[:-1], [*flags, False], [*flags, True], [True] * levels):
            s.auth_verify(root=root, leaf=leaf, proof=altered(proof, sibling_on_left=changed))
        for at, changed in enumerate(other):
            s.auth_verify(root=root, leaf=leaf, proof=altered(proof, index=2**at, sibling_on_left=changed))

    return play


def pair(left: Any, right: Any = "Unit") -> dict[str, Any]:
    return {"Prod": [left, right]}


def values() -> Iterator[Any]:
    """Yield a value of each form, and each form in pairs."""
    numbers = [{"Nat": number} for number in (0, *GREAT)]
    texts = [{"Str": text} for text in (*CONTROLS, *TEXTS, "x" * 66_000)]
    ends = [{"Endpoint": {"sid": sid, "role": role}} for sid, role in ((0, ""), (2**32, 'é"'), (2**64 - 1, "\x7f\n"))]
    plain = ["Unit", {"Bool": True}, {"Bool": False}, {"Nat": 1}, {"Str": "a"}, ends[1]]
    yield from (*plain, *numbers, *texts, *ends)
    for value in plain:
        yield from (pair(value), pair(pair(value), pair({"Nat": 2}, value)), pair({"Nat": 3}, pair(value, pair(value))))


def all_values(s: Script) -> None:
    s.start(types=A_TO_B, config={"mode": "Fifo", "initial_capacity": 256, "policy": "Block"})
    for value in values():
        s.send(sid=0, from_="A", to="B", val=value)
    s.auth_leaves(sid=0, edge=edge())


def all_signatures(s: Script) -> None:
    s.start(types=A_TO_B)
    for value in ("Unit", {"Nat": 1}, pair("Unit")):
        for kind in ("valid", "corrupt", "wrong_edge", "wrong_value", "other_receiver", "other_sequence"):
            s.send_signed(sid=0, from_="A", to="B", val=value, signature=kind)
    s.auth_leaves(sid=0, edge=edge())


def all_numbers(s: Script) -> None:
    s.start(types=A_TO_B)
    for number in (0, 1, *GREAT):
        s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=number)
        s.send_signed(sid=0, from_="A", to="B", val="Unit", signature="other_sequence", sequence_no=number)
    s.auth_leaves(sid=0, edge=edge())


def all_sids_and_roles(s: Script) -> None:
    for sid in (0, *GREAT):
        s.open_with_sid(sid=sid, roles=["A", "B"], initial_types=A_TO_B)
        s.send(sid=sid, from_="A", to="B", val="Unit")
        s.auth_root(sid=sid, edge=edge(sid=sid))


def all_roles(s: Script) -> None:
    for sid, text in enumerate((*TEXTS, *"/\\\x1fé", "e\u0301" + "p" * 4100)):
        s.start(text, f"{text}x", types={text: send(f"{text}x", ("m", "End"))})
        s.send(sid=sid, from_=text, to=f"{text}x", val="Unit")
        s.auth_leaves(sid=sid, edge=edge(text, f"{text}x", sid))


def looked_at(s: Script) -> None:
    for ask in (s.auth_root, s.auth_leaves):
        ask(sid=0, edge=edge())
        ask(sid=0, edge=edge("B", "A"))
        ask(sid=0, edge=edge(sid=1))
    s.auth_proof(sid=0, edge=edge(), index=2)


def ended(s: Script) -> None:
    """Look at the trees of a session after a reload, after its end, and when it is there again."""
    s.start(types=A_TO_B)
    for number in range(3):
        s.sent(number)
    for change in (lambda: s.reload(form="binary"), lambda: s.close(sid=0), lambda: s.reload(form="binary")):
        change()
        looked_at(s)
    s.reap_closed()
    looked_at(s)
    s.open_with_sid(sid=0, roles=["A", "B"], initial_types=A_TO_B)
    looked_at(s)
    s.sent(3)
    looked_at(s)


def great_indexes(s: Script) -> None:
    """Ask for the proofs of leaves that are not there, at numbers that are the index of one in fewer bits."""
    s.start(types=A_TO_B)
    for number in range(3):
        s.sent(number)
    for great in (*GREAT, 2**53, 2**64 - 2):
        s.auth_proof(sid=0, edge=edge(), index=great)


def sent_again(s: Script) -> None:
    """Ask for roots in two lives of a session that sent as much, but not the same."""
    for life in range(2):
        s.open_with_sid(sid=0, roles=["A", "B"], initial_types=A_TO_B)
        for number in range(3):
            s.sent(number + life)
            looked_at(s)
        s.close(sid=0)
        s.reap_closed()


def long_proofs(s: Script) -> None:
    """Verify proofs with more levels than a machine word has bits, right ones and some with one side wrong."""
    for index, levels in (
        (0, 200),
        (1, 34),
        (1, 66),
        (2**32, 34),
        (2**53 + 1, 55),
        (2**63, 64),
        (2**63 + 1, 66),
        (2**64 - 1, 64),
    ):
        sides = [index >> level & 1 == 1 for level in range(levels)]
        for flags in (sides, [*sides[:-1], not sides[-1]], [*sides[:32], not sides[32], *sides[33:]]):
            verified(s, index, flags)


def nearly_the_root(s: Script) -> None:
    """Verify a right proof against roots of which one byte is another, and one with every byte right."""
    for at in (None, 0, 7, 8, 15, 16, 31):
        verified(s, 1, [True, False], at)


def verified(s: Script, index: int, flags: list[bool], wrong_at: int | None = None) -> None:
    """Verify a proof from a leaf of zeros with neighbours of zeros, which have these sides."""
    zeros = bytes(32)
    root = zeros
    for left in flags:
        root = combined(zeros, root) if left else combined(root, zeros)
    given = [byte ^ (at == wrong_at) for at, byte in enumerate(root)]
    proof = {"index": index, "siblings": [list(zeros)] * len(flags), "sibling_on_left": flags}
    s.auth_verify(root=given, leaf=list(zeros), proof=proof)


def auth_sweeps() -> Iterator[tuple[str, Play]]:
    """Yield every sweep by name."""
    yield "auth trees: up to 34 leaves", grown(34, (5, 9, 11, 17))
    yield "auth trees: 130 leaves", many(130)
    for count in (2, 9, 16, 17):
        yield f"auth trees: proofs of {count} leaves", proofs_altered(count)
    yield "auth trees: values", all_values
    yield "auth trees: signatures", all_signatures
    yield "auth trees: numbers", all_numbers
    yield "auth trees: sids", all_sids_and_roles
    yield "auth trees: roles", all_roles
    yield "auth trees: ends", ended
    yield "auth trees: great indexes", great_indexes
    yield "auth trees: sent again", sent_again
    yield "auth trees: long proofs", long_proofs
    yield "auth trees: nearly the root", nearly_the_root
