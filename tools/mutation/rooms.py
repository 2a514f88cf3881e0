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

_CLAIM_TESTS: Final = (
    "claims/test_answers_belied",
    "claims/test_no_evidence",
    "claims/test_occasions",
    "claims/test_one_catalogue",
    "claims/test_scopes_as_sets",
    "claims/test_wrong_models",
    "claims/test_wrong_surface_stores",
    "test_claim_names",
    "test_claims_on_runs",
    "test_monitors",
)
_VERDICT_TESTS: Final = (
    "claims/test_no_evidence",
    "lanes/test_programs_alone",
    "test_badge",
    "test_baseline",
    "test_baseline_gate",
    "test_check_records",
    "test_effort",
    "test_evidence",
    "test_guards_in_texts",
    "test_one_screen",
    "test_only",
    "test_relevant_state",
    "test_report_formats",
    "test_report_parts",
    "test_reports_agree",
    "test_required",
)
_VERDICT_MODULES: Final = (
    "baseline",
    "claim_stand",
    "decision",
    "evidence",
    "exit_codes",
    "not_covered",
    "relevant",
    "required",
    "results",
)
_REPORT_TESTS: Final = (
    "test_badge",
    "test_claim_names",
    "test_compare_command",
    "test_guards_in_texts",
    "test_one_line_each",
    "test_one_screen",
    "test_plain_pages",
    "test_report_formats",
    "test_report_in_ci",
    "test_report_minimal",
    "test_report_page",
    "test_report_parts",
    "test_reports_agree",
    "test_trends_command",
    "test_trends_database",
    "test_what_broke",
)
_CAMPAIGN_TESTS: Final = (
    "campaign",
    "campaign_badge",
    "campaign_history",
    "clients_of_campaigns",
    "cpu_of_workers",
    "cuts",
    "dashboard",
    "fetching_results",
    "guidance_between_tasks",
    "journal",
    "kept_histories",
    "live_page",
    "merging",
    "merging_twice",
    "over_time",
    "standing",
    "strangers",
    "tasks",
    "without_result",
    "without_workers",
)
_ADAPTER_MODULES: Final = ("answers", "clients", "direct", "faults", "process", "protocol", "resident", "scheduled")
"""Without what runs apart from the harness, as files of their own: the kits and the keeper of processes."""
_ADAPTER_TESTS: Final = (
    "adapter_answers",
    "adapter_faults",
    "adapter_in_process",
    "adapter_process",
    "adapter_subprocess",
    "clients_of_checks",
    "hello_at_each_start",
    "hostile_adapters",
    "interrupts",
    "output",
    "progress",
    "raw_arguments",
    "sharing",
)

ROOMS: Final = {
    "store": Room(
        ("model/*.py",),
        (
            *(f"tests/model/test_store_{name}.py" for name in _STORE_TESTS),
            "tests/model/test_auth_trees.py",
            "tests/model/test_operations_table.py",
        ),
    ),
    "types": Room(
        ("model/types/*.py",),
        (
            "tests/model/test_automata.py",
            "tests/model/test_global_types.py",
            "tests/model/test_projection.py",
            "tests/model/test_types_costs.py",
            "tests/model/test_types_json.py",
            "tests/model/test_types_protocol.py",
            "tests/model/test_types_syntax.py",
            "tests/model/test_types_theory.py",
            "tests/model/test_types_tree.py",
            "tests/model/test_types_wellformed.py",
            "tests/lean_traces/test_printed_types.py",
            "tests/model/test_store_messages.py",
            "tests/model/test_types_wellformed.py",
            "tests/oracle/test_bridge_export.py",
            "tests/oracle/test_types_command.py",
        ),
    ),
    "readers": Room(
        (
            "lean_traces/reader.py",
            "lean_traces/codec.py",
            "lean_traces/printed_values.py",
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
            "tests/oracle/test_minimise_climbing.py",
            "tests/oracle/test_minimise_documents.py",
            "tests/oracle/test_minimise_needs.py",
            "tests/oracle/test_minimise_parts.py",
            "tests/oracle/test_minimise_trials.py",
        ),
    ),
    "claims": Room(("oracle/claims/*.py",), tuple(f"tests/oracle/{name}.py" for name in _CLAIM_TESTS)),
    "verdict": Room(
        ("oracle/gate.py", *(f"oracle/verdict/{name}.py" for name in _VERDICT_MODULES)),
        tuple(f"tests/oracle/{name}.py" for name in _VERDICT_TESTS),
    ),
    "reports": Room(
        ("oracle/reports/*.py", "oracle/reports/comparison/*.py", "oracle/reports/trends/*.py"),
        tuple(f"tests/oracle/{name}.py" for name in _REPORT_TESTS),
    ),
    "campaign": Room(
        ("oracle/campaign/*.py",), tuple(f"tests/oracle/campaign/test_{name}.py" for name in _CAMPAIGN_TESTS)
    ),
    "adapters": Room(
        ("oracle/process/*.py", *(f"oracle/adapters/{name}.py" for name in _ADAPTER_MODULES)),
        (*(f"tests/oracle/test_{name}.py" for name in _ADAPTER_TESTS), "tests/oracle/lanes/test_concurrent_lane.py"),
    ),
}
"""By name."""

SECONDS: Final = 6.0
"""CPU that the tests of one mutant may take together, as measured without mutants; the quickest come first."""
SECONDS_AGAIN: Final = 40.0
"""The same with those that are run against a mutant that survived; the slowest are left out."""
