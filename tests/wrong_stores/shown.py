"""Programs written by hand, each of which shows one wrong store at its last step."""

from __future__ import annotations

from telltale_conformance.generators.reached import played as carried_out
from tests.wrong_stores.beside import Fault, WrongStore, told_after
from tests.wrong_stores.steps import Play, played


class Shown(dict[str, Play]):
    """Programs under the names of the stores that they show."""

    def by(self, play: Play) -> Play:
        """List a program under the name of the store that it shows."""
        self[play.__name__.replace("_", " ")] = play
        return play


def assert_shown_at_the_last_step(fault: Fault, play: Play) -> None:
    """Fail unless the last step, and none before it, shows the store with this fault."""
    steps = played(play)
    made = list(carried_out(steps, "telltale-17"))
    assert len(made) == len(steps)
    assert told_after(WrongStore(fault), made) == len(steps)
