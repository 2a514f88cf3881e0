"""Programs ask for what is near a value in use: scopes beside the owner's, names alike, numbers some bits away."""

from collections import Counter
from random import Random

import pytest

from telltale_conformance.generators.doubles import alike, alike_scopes, cast_with_doubles, doubles_of
from telltale_conformance.generators.drawing import Drawing
from telltale_conformance.generators.profiles import PROFILES
from telltale_conformance.generators.programs import Generator, profile_of
from telltale_conformance.model.values import U64_MAX, Fragments, Scope


def indices(profile: str, count: int) -> range:
    """Return the indices of that many programs under a profile."""
    first = next(index for index in range(len(PROFILES)) if profile_of(index).name == profile)
    return range(first, first + count * len(PROFILES), len(PROFILES))


def around(scope: Fragments, asked: Scope) -> str:
    """Say what a scope is that is asked for by an owner of another."""
    if not isinstance(asked, Fragments):
        return "all"
    if alike_scopes(scope, asked):
        return "alike"
    own, new = set(scope.Fragments), set(asked.Fragments)
    return "equal" if own == new else "part" if own > new else "more" if own < new else "other"


def test_owners_of_fragments_ask_for_scopes_around_their_own() -> None:
    """What is asked counts where G-within decides (H3, H4)."""
    seen: dict[str, Counter[str]] = {
        "attenuate_ownership_scope": Counter(),
        "begin_ownership_transfer": Counter(),
    }
    for index in indices("ownership", 80):
        for step in Generator(0, index, contract="hardened").steps():
            if step.operation.name in seen and isinstance(step.arguments[0].scope, Fragments):
                error = step.outcome.error
                if error is None or error.guard.name == "G-within":
                    seen[step.operation.name][around(step.arguments[0].scope, step.arguments[-1])] += 1
    for op, kinds in seen.items():
        assert min(kinds[kind] for kind in ("all", "alike", "equal", "part", "more", "other")) >= 3, (op, kinds)


@pytest.mark.parametrize("number", [0, 5, 2**32, U64_MAX])
def test_a_number_near_another_is_one_beside_it_or_the_same_in_its_low_bits(number: int) -> None:
    draw = Drawing(Random(1), oddness=0.5)
    near = {draw.near_number(number) for _ in range(1000)}
    assert all(0 <= other <= U64_MAX for other in near)
    assert {other for other in (number - 1, number + 1) if 0 <= other <= U64_MAX} <= near
    assert {number ^ 1 << bit for bit in (8, 16, 32, 53, 63)} <= near


def test_a_name_has_doubles_by_every_kind_in_programs_that_have_some() -> None:
    drawn = Drawing(Random(1), 0.5, cast_with_doubles(0))
    doubles = {drawn.double("ready", 1) for _ in range(2000)}
    assert doubles == set(doubles_of("ready"))
    assert {"READY", "ready ", "ready\0x", "read", "readyB", "ready\ufe0f", "&#114;eady"} <= doubles
    assert all(alike("ready", double) for double in doubles)
    assert Drawing(Random(1), 0.5).double("ready", 1) == "ready"


@pytest.mark.parametrize("name", ["", "\ud7ff", "\uffff", "\U0010ffff", "\U0001f600", "x" * 3000])
def test_any_name_has_doubles_that_are_texts(name: str) -> None:
    doubles = doubles_of(name)
    assert doubles
    assert name not in doubles
    for double in doubles:
        double.encode()


def test_now_and_then_several_timeouts_end_at_one_tick() -> None:
    ended = Counter(
        len({witness.until_tick for witness in step.outcome.ok}) < len(step.outcome.ok)
        for index in indices("runtime", 40)
        for step in Generator(0, index).steps()
        if step.operation.name == "advance_clock" and step.outcome.error is None
    )
    assert ended[True] >= 5, ended
