"""Stores that take a value for one near it: a scope beside the owner's, a number some bits away, a name alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.second_store.store import Store
from tests.wrong_stores.steps import SESSION, Play, Script, altered, ep, fragments, send
from tests.wrong_stores.wrong import second

hardened = partial(second, "hardened", contract="hardened")
names = partial(second, "look-alike names")
numbers = partial(second, "sizes")

# Scopes beside the owner's


def granted(own: tuple[str, ...], *asked: str, attenuating: bool = False) -> Play:
    """Ask for a scope as the owner of another."""

    def play(s: Script) -> None:
        cap = s.claimed("a", fragments(*own))
        if attenuating:
            s.attenuate_ownership_scope(capability=cap, new_scope=fragments(*asked))
        else:
            s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments(*asked))

    return play


class Compared(Store):
    """A store whose scopes of fragments lie within each other by another comparison."""

    def within(self, new, live):
        if SESSION in (new, live):
            return super().within(new, live)
        return self.fragments_within(new["Fragments"], live["Fragments"])

    def fragments_within(self, new, live):
        """Say whether fragments are among those of the owner."""
        return set(new) <= set(live)


@hardened("A transfer may grant fragments up to blanks around them.", granted(("a",), "a "))
class grants_up_to_blanks(Compared):
    def fragments_within(self, new, live):
        return {name.strip() for name in new} <= {name.strip() for name in live}


@hardened("A fragment that begins like one of the owner's lies within.", granted(("a",), "ab"))
class grants_by_prefix(Compared):
    def fragments_within(self, new, live):
        return all(name.startswith(tuple(live)) for name in new)


@hardened("A fragment that is part of one of the owner's lies within.", granted(("ab",), "a"))
class grants_parts_of_names(Compared):
    def fragments_within(self, new, live):
        return all(any(name in known for known in live) for name in new)


@hardened("No more fragments than the owner has, and one of them its own, lie within.", granted(("a", "b"), "a", "c"))
class grants_by_number(Compared):
    def fragments_within(self, new, live):
        return len(new) <= len(live) and (not new or bool(set(new) & set(live)))


@hardened("One fragment beside the owner's own lies within.", granted(("a",), "a", "b"))
class grants_one_more(Compared):
    def fragments_within(self, new, live):
        return set(new) <= set(live) or (set(live) < set(new) and len(new) == len(live) + 1)


@hardened("An attenuation, no transfer, may name fragments in any case.", granted(("a", "b"), "A", attenuating=True))
class attenuates_in_any_case(Store):
    def attenuate_ownership_scope(self, capability, new_scope):
        self.folds = True
        try:
            return super().attenuate_ownership_scope(capability, new_scope)
        finally:
            self.folds = False

    folds = False

    def within(self, new, live):
        if not self.folds or SESSION in (new, live):
            return super().within(new, live)
        return {name.casefold() for name in new["Fragments"]} <= {name.casefold() for name in live["Fragments"]}


def wider(s: Script) -> None:
    cap = s.claimed("a", fragments("a"))
    s.validate_ownership_capability(capability=altered(cap, scope=fragments("a", "b")))


@hardened("A given scope that holds the live one, and is not the session, is honest.", wider)
class larger_scopes_are_honest(Store):
    def g_honest(self, s, cap):
        if SESSION in (cap["scope"], s["owner"]["scope"]) or not self.within(s["owner"]["scope"], cap["scope"]):
            super().g_honest(s, cap)


# Numbers some bits away


def low(bits: int) -> Callable[[int], int]:
    """Return what keeps that many bits of a number."""
    return lambda number: number % 2**bits


def far_generation(bits: int) -> Play:
    def play(s: Script) -> None:
        cap = s.claimed()
        s.validate_ownership_capability(capability=altered(cap, generation=2**bits))

    return play


@numbers("Generations are compared by their low byte.", far_generation(8))
class generations_by_low_byte(Store):
    def same_generation(self, given, live):
        return low(8)(given) == low(8)(live)


@numbers("Generations are compared by their low 16 bits.", far_generation(16))
class generations_by_low_16_bits(Store):
    def same_generation(self, given, live):
        return low(16)(given) == low(16)(live)


def far_claim(s: Script) -> None:
    _, receipt = s.begun()
    s.commit_ownership_transfer(receipt=altered(receipt, claim_id=2**32 + 1))


@numbers("The claim id of a receipt is compared in 32 bits.", far_claim)
class claim_ids_of_32_bits(Store):
    def same_receipt(self, given, pending):
        return super().same_receipt({**given, "claim_id": low(32)(given["claim_id"])}, pending)


def later_transfer(s: Script) -> None:
    _, receipt = s.begun()
    s.commit_ownership_transfer(receipt=altered(receipt, to_generation=2))


@numbers("A receipt may say a later generation than the pending one.", later_transfer)
class later_generations_match(Store):
    def same_receipt(self, given, pending):
        later = max(given["to_generation"], pending["to_generation"])
        return super().same_receipt(given, {**pending, "to_generation": later})


def far_witness(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.consume_readiness_witness(capability=cap, witness=altered(witness, witness_id=2**32 + 1))


@numbers("Witnesses are kept under 32 bits of their ids.", far_witness)
class witness_ids_of_32_bits(Store):
    def g_witness(self, s, cap, witness):
        super().g_witness(s, cap, {**witness, "witness_id": low(32)(witness["witness_id"])})

    def spend(self, s, witness):
        super().spend(s, {**witness, "witness_id": low(32)(witness["witness_id"])})


def far_sequence(s: Script) -> None:
    s.buffered(capacity=4)
    s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=2**16)


@hardened("Sequence numbers are compared in 16 bits.", far_sequence)
class sequence_numbers_of_16_bits(Store):
    def accepted_number(self, s, ends, number, edge):
        return super().accepted_number(s, ends, None if number is None else low(16)(number), edge)


# Names alike, in one place only


def died_in_capitals(s: Script) -> None:
    s.claimed("owner")
    s.mark_owner_died(sid=0, owner_id="Owner")


@names("Whoever dies is found in any case.", died_in_capitals)
class dies_in_any_case(Store):
    def g_named(self, s, owner):
        if owner.casefold() != s["owner"]["owner_id"].casefold():
            super().g_named(s, owner)


def labelled(s: Script) -> None:
    s.start(types={"A": send("B", ("mm", "End"))})
    s.lookup_branch_resolution(ep=ep(), label="m")


@names("A label is found by its beginning.", labelled)
class labels_by_prefix(Store):
    def branch(self, lt, label):
        found = super().branch(lt, label)
        if found is not None or type(lt) is not dict or not label:
            return found
        names = {name for name in self.first_labels(lt) if name.startswith(label)}
        return super().branch(lt, names.pop()) if len(names) == 1 else None


def receipt_for_another(s: Script) -> None:
    _, receipt = s.begun()
    s.rollback_ownership_transfer(receipt=altered(receipt, to_owner_id="b\ufe0f"))


@names("Who gets a session is compared without signs of presentation.", receipt_for_another)
class receipts_without_variation_selectors(Store):
    def same_receipt(self, given, pending):
        plain = {**given, "to_owner_id": given["to_owner_id"].replace("\ufe0f", "")}
        return super().same_receipt(plain, {**pending, "to_owner_id": pending["to_owner_id"].replace("\ufe0f", "")})
