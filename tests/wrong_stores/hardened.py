"""Stores that lack guards that only ``hardened`` has; under ``telltale-17`` they are right, or less wrong."""

from collections.abc import Callable

from telltale_conformance.model import guards
from tests.wrong_stores.rule_table import replace


def without(operation: str, *names: str) -> Callable[[], None]:
    """Return a change that takes these guards out of an operation."""

    def carry_out(original, store, *arguments):
        kept = {name: getattr(guards, name) for name in names}
        for name in names:
            setattr(guards, name, lambda *_: None)
        try:
            return original(store, *arguments)
        finally:
            for name, guard in kept.items():
                setattr(guards, name, guard)

    return lambda: replace(operation, carry_out)


HARDENED: dict[str, Callable[[], None]] = {
    "issue_without_honest": without("issue_readiness_witness", "honest"),
    "issue_without_honest_and_scope": without("issue_readiness_witness", "honest", "scope"),
}
