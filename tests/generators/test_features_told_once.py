"""Each step gives what it is the first to reach; of several programs only the first one gives it."""

from collections import Counter
from collections.abc import Collection, Hashable
from hashlib import sha256

import pytest

from telltale_conformance.generators.guidance import Steps
from telltale_conformance.generators.guided_programs import guided_corpus
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.generators.reached import Reached, Watch, played
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.growth import grown
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.campaign.features import number_of
from telltale_conformance.oracle.lanes.asked import asked_of

CONTRACT = "telltale-17"
PROGRAMS = guided_corpus(CONTRACT)[:25]
OFFERED = frozenset(OPERATIONS)
ALWAYS = 10**6


def told_of(told: set[Hashable], steps: Steps, most: int = ALWAYS) -> dict[Hashable, int]:
    """Return what a program reaches that is new to ``told``, each with its step."""
    found: dict[Hashable, int] = {}

    def tell(step: int, features: Collection[Hashable]) -> None:
        assert not found.keys() & features
        found.update(dict.fromkeys(features, step))

    asked_of(Program(contract=CONTRACT, steps=steps), CONTRACT, OFFERED, Reached(tell, told, most))
    return found


@pytest.mark.parametrize("place", range(5))
def test_each_feature_is_told_by_the_first_step_that_reaches_it(place: int) -> None:
    told = Counter(feature for one in played(PROGRAMS[place], CONTRACT, watched=Watch) for feature in one.features)
    assert told
    assert set(told.values()) == {1}
    assert told.keys() == told_of(set(), PROGRAMS[place]).keys()


def test_programs_that_share_what_was_told_together_tell_what_each_alone_does() -> None:
    alone = [told_of(set(), steps) for steps in PROGRAMS]
    shared: set[Hashable] = set()
    known: set[Hashable] = set()
    for place, one in enumerate(alone):
        together = told_of(shared, PROGRAMS[place])
        assert together == {feature: step for feature, step in one.items() if feature not in known}
        known |= one.keys()
    assert len(known) > 500


def test_of_later_steps_nothing_is_told_and_nothing_counts_as_told() -> None:
    longest = max(PROGRAMS, key=len)
    whole = told_of(set(), longest)
    told: set[Hashable] = set()
    some = told_of(told, longest, most=4)
    assert some == {feature: step for feature, step in whole.items() if step < 4}
    later = [feature for feature, step in whole.items() if step >= 4]
    assert later
    assert not told & set(later)


def test_what_is_told_of_generated_programs_and_at_which_step_stays_the_same() -> None:
    digest, shared = sha256(), set[Hashable]()
    for index in range(12):
        told = told_of(shared, generate_program(1, index).steps)
        digest.update(repr((index, sorted((step, number_of(feature)) for feature, step in told.items()))).encode())
    assert digest.hexdigest()[:16] == "c15b4e3cc632e567"


def test_of_every_counter_it_is_told_how_far_it_came() -> None:
    stores: list[Store] = []

    def watched(store: Store) -> Watch:
        stores.append(store)
        return Watch(store)

    for program in PROGRAMS[:5]:
        told, come = set[Hashable](), set[Hashable]()
        for one in played(program, CONTRACT, watched=watched):
            operation, outcome = one.operation, one.outcome
            opened = operation.gives == "session" and outcome.error is None
            if opened or operation.sid_of is not None:
                sid = outcome.ok if opened else operation.sid_of(one.arguments)
                come.update(("far", name, count.bit_length()) for name, count in grown(stores[-1], sid).items())
            told.update(feature for feature in one.features if feature[0] == "far")
            assert told == come
        assert len(told) > 20
