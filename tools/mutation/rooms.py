"""The rooms of the mutation run: which modules are changed, and which fast tests have to notice."""

from __future__ import annotations

from typing import Final, NamedTuple


class Room(NamedTuple):
    """Modules under one name, with the tests that are run against their mutants."""

    modules: tuple[str, ...]
    """Glob patterns below the top of the tree."""
    tests: tuple[str, ...]


_STORE_TESTS: Final = (
    "edges",
    "guards",
    "hardened_ownership",
    "hardened_sessions",
    "lifecycle",
    "messages",
    "mutations",
    "observe",
    "ownership",
    "plan",
    "signed",
    "surface",
    "timeouts",
    "typed_steps",
    "witnesses",
)

ROOMS: Final = {
    "store": Room(
        ("model/*.py",),
        (*(f"tests/model/test_store_{name}.py" for name in _STORE_TESTS), "tests/model/test_operations_table.py"),
    ),
    "types": Room(
        ("model/types/*.py",),
        (
            "tests/model/test_automata.py",
            "tests/model/test_global_types.py",
            "tests/model/test_projection.py",
            "tests/model/test_types_json.py",
            "tests/model/test_types_protocol.py",
            "tests/model/test_types_syntax.py",
            "tests/model/test_types_theory.py",
            "tests/model/test_types_tree.py",
        ),
    ),
    "readers": Room(
        (
            "lean_traces/reader.py",
            "lean_traces/codec.py",
            "lean_traces/printing.py",
            "lean_traces/programs.py",
            "lean_traces/strict_json.py",
        ),
        (
            "tests/lean_traces/test_exact_lines.py",
            "tests/lean_traces/test_json_values.py",
            "tests/lean_traces/test_malformed_programs.py",
            "tests/lean_traces/test_malformed_traces.py",
            "tests/lean_traces/test_reader_agrees_with_schemas.py",
            "tests/lean_traces/test_repeated_keys.py",
        ),
    ),
    "judging": Room(
        ("oracle/reference/*.py", "oracle/verdict/compare.py", "oracle/verdict/fingerprints.py"),
        (
            "tests/oracle/test_fingerprints.py",
            "tests/oracle/test_guards_in_fingerprints.py",
            "tests/oracle/test_judging.py",
            "tests/oracle/test_record.py",
            "tests/oracle/test_reference_run.py",
            "tests/oracle/test_replay.py",
        ),
    ),
    "minimiser": Room(
        ("oracle/minimise/*.py",),
        (
            "tests/oracle/test_minimise.py",
            "tests/oracle/test_minimise_order.py",
            "tests/oracle/test_minimise_needs.py",
            "tests/oracle/test_minimise_parts.py",
            "tests/oracle/test_minimise_trials.py",
        ),
    ),
}
"""By name."""

SECONDS: Final = 6.0
"""What the tests of one mutant may take together, by their own time without mutants; the slowest are left out."""
