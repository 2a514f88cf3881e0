"""After a divergence lane ``stateful`` ends soon: nothing more is searched that the verdict does not need."""

from __future__ import annotations

import pytest
from hypothesis import Phase

from telltale_conformance.generators.hypothesis_profiles import PROFILES, settings_of
from telltale_conformance.oracle.lanes import machines, stateful
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.honesty_world import ADAPTERS, ran, small_world


@pytest.mark.parametrize("name", ["wrong field", "only errors"])
def test_hardly_more_sequences_are_begun_than_a_store_that_agrees_gets(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0
    reset = machines.AdapterCounterpart.reset

    def counted(self: machines.AdapterCounterpart) -> None:
        nonlocal begun
        begun += 1
        reset(self)

    monkeypatch.setattr(machines.AdapterCounterpart, "reset", counted)
    with small_world():
        result = ran(ADAPTERS[name], "stateful", Level.state)
    assert result.verdict == "diverge"
    assert begun <= 2 * stateful.SEQUENCES[Effort.quick]


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_climbed_towards(profile: str) -> None:
    """Hypothesis goes on climbing for minutes, some seeds a hundred times as long as the lane; it cannot be stopped."""
    assert Phase.target not in settings_of(profile).phases
