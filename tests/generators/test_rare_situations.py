"""Drawn situations, by which guidance is compared: each part of one has to be met before it counts."""

import pytest

from telltale_conformance.generators.reached import PlayedStep, played
from telltale_conformance.lean_traces.programs import Step
from tests.benchmarks.rare_situations import DRAWN, Condition, Meeting, Situation, drawn, ratios

CLAIM, RELEASE, LOOK = ("claim_ownership", "ok"), ("release_ownership", "ok"), ("observe", "ok")


def program(*operations: str) -> list[PlayedStep]:
    """Return what is done with one session; a release gives back what was claimed last."""
    steps: list[Step] = []
    claimed = 0
    for seq, name in enumerate(("open", *operations)):
        args = {"sid": {"$ref": 0}}
        if name == "open":
            args = {"buffer_config": None, "initial_types": {}, "roles": ["A", "B"]}
        elif name == "claim_ownership":
            args, claimed = args | {"owner_id": "a", "scope": "Session"}, seq
        elif name == "release_ownership":
            args = {"capability": {"$ref": claimed}}
        elif name == "reload":
            args = {"form": "binary"}
        steps.append(Step(args=args, op=name, seq=seq))
    return list(played(tuple(steps), "telltale-17"))


def met(situation: Situation, *operations: str) -> bool:
    meeting = Meeting([situation])
    meeting.take(program(*operations))
    assert meeting.answers == len(operations) + 1
    return meeting.met == [1]


AGAIN = ("claim_ownership", "release_ownership", "claim_ownership")


@pytest.mark.parametrize(
    ("condition", "where", "where_not"),
    [
        (Condition("times", RELEASE, number=1), AGAIN, ("claim_ownership",)),
        (Condition("times", CLAIM, by="owner", number=2), (*AGAIN, "release_ownership", "claim_ownership"), AGAIN),
        (Condition("after", RELEASE, ("reload", "ok"), number=1), ("claim_ownership", "reload", *AGAIN[1:]), AGAIN),
        (
            Condition("without", RELEASE, ("reload", "ok"), number=1),
            (*AGAIN[:2], "reload", "claim_ownership"),
            ("reload", *AGAIN),
        ),
        (Condition("same", number=1), AGAIN, ("claim_ownership",)),
        (Condition("size", name="Store.sessions", number=1), AGAIN, ()),
    ],
)
def test_a_situation_is_met_where_its_condition_holds(
    condition: Condition, where: tuple[str, ...], where_not: tuple[str, ...]
) -> None:
    situation = Situation(CLAIM, (condition,), None)
    assert met(situation, *where)
    assert not met(situation, *where_not)


def test_it_has_to_be_seen_afterwards() -> None:
    situation = Situation(CLAIM, (Condition("times", RELEASE, number=1),), LOOK)
    assert met(situation, *AGAIN, "observe")
    assert not met(situation, "observe", *AGAIN)


def test_the_same_seed_draws_the_same_and_a_ratio_counts_answers() -> None:
    assert drawn("training", 50) == drawn("training", DRAWN)[:50]
    assert drawn("training", 50) != drawn("validation", 50)
    one, other = Meeting([]), Meeting([])
    one.met, one.answers, other.met, other.answers = [2], 100, [2], 50
    assert ratios(one, other) == [2]
