"""Settings of Hypothesis under names, and where it keeps failing examples.

``pr`` is for every change, ``nightly`` for long runs. Examples are kept nowhere, in a folder, or in Redis, where
several machines share them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from telltale_conformance.errors import HarnessError


class Amount(NamedTuple):
    """How much a profile tries."""

    examples: int
    """Sequences of steps."""
    steps: int
    """Steps of one sequence, at most."""


PROFILES: Final = {"pr": Amount(40, 30), "nightly": Amount(2000, 100)}


class NoExampleDatabase(HarnessError, ValueError):
    """Thrown when the place for examples cannot be used; the message says what would do."""


def is_redis(place: str) -> bool:
    """Say whether a place for examples is a Redis server; every other one is a folder."""
    return place.startswith(("redis://", "rediss://", "unix://"))


def example_database(place: str | None) -> ExampleDatabase | None:
    """Return the database of failing examples at a place.

    Args:
        place: a folder, ``redis://HOST:PORT/NUMBER``, or None for none.

    Raises:
        NoExampleDatabase: Redis is named and its client is not installed.
    """
    if place is None:
        return None
    if not is_redis(place):
        return DirectoryBasedExampleDatabase(Path(place))
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis  # type: ignore[import-not-found] # an installation's own choice
    except ImportError:
        raise NoExampleDatabase(f"{place}: install the package redis to keep examples there") from None
    return RedisExampleDatabase(Redis.from_url(place))


def settings_of(profile: str = "pr", *, place: str | None = None, shrink: bool = True, **others: Any) -> settings:
    """Return the settings of a profile.

    Targets are left out: climbing towards more cells reached fewer of them than as many fresh sequences do, and after a
    failure it went on for minutes.

    Args:
        profile: ``pr`` or ``nightly``.
        place: where failing examples are kept, see ``example_database``.
        shrink: whether a failing example is made smaller before it is shown.
        others: settings of Hypothesis to set beside, such as ``max_examples``.

    Raises:
        NoExampleDatabase: as ``example_database``.
    """
    amount = PROFILES[profile]
    phases = (Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if shrink else []))
    given: dict[str, Any] = {
        "max_examples": amount.examples,
        "stateful_step_count": amount.steps,
        "deadline": None,
        "database": example_database(place),
        "phases": phases,
        "suppress_health_check": list(HealthCheck),
        "verbosity": Verbosity.normal,
        "print_blob": False,
        "derandomize": False,  # which Hypothesis would otherwise turn on where the variable CI is set
    }
    return settings(**{**given, **others})


@contextmanager
def drawing_by_seed_alone() -> Iterator[None]:
    """Let Hypothesis leave out the constants that it finds in the source of imported modules.

    They make what it draws depend on which modules are imported, where they are installed, and every edit of them.
    There is no public way to ask for that.
    """
    found = providers._get_local_constants
    none = Constants()
    providers.CONSTANTS_CACHE.cache.clear()
    providers._get_local_constants = lambda: none
    try:
        yield
    finally:
        providers._get_local_constants = found
        providers.CONSTANTS_CACHE.cache.clear()


def register(place: str | None = None) -> None:
    """Register ``pr`` and ``nightly`` with Hypothesis, so that ``--hypothesis-profile`` names them."""
    for name in PROFILES:
        settings.register_profile(name, settings_of(name, place=place))
