"""The rooms of the mutation run: which modules are changed, and which fast tests have to notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple


class Room(NamedTuple):
    """Modules under one name, with the tests that are run against their mutants."""

    modules: tuple[str, ...]
    """Glob patterns below the top of the tree."""
    tests: tuple[str, ...]


def _room(modules: dict[str, str], tests: dict[str, str]) -> Room:
    """Return a room from the names of its modules and tests by folder; a star stands for all modules of a folder."""
    return Room(tuple(_files(modules, "")), tuple(_files(tests, "test_")))


def _files(names: dict[str, str], prefix: str) -> Iterator[str]:
    return (f"{folder}/{prefix}{name}.py" for folder, listed in names.items() for name in listed.split())


ROOMS: Final = {
    "store": _room(
        {"model": "*"},
        {
            "tests/model": """
                store_edges store_guards store_hardened_ownership store_hardened_sessions store_lifecycle
                store_messages store_mutations store_observe store_ownership store_plan store_signed store_surface
                store_timeouts store_typed_steps store_witnesses auth_trees operations_table
            """
        },
    ),
    "decoding": _room(
        {"model/decoding": "*"},
        {"tests/generators": "decodings", "tests/oracle": "decode_judged wrong_decoders", "tests/model": "decoding"},
    ),
    "types": _room(
        {"model/types": "*"},
        {
            "tests/model": """
                automata global_types projection types_costs types_json types_protocol types_syntax types_theory
                types_tree types_wellformed auth_trees store_messages
            """,
            "tests/lean_traces": "printed_types",
            "tests/oracle": "bridge_export types_command",
        },
    ),
    "readers": _room(
        {"lean_traces": "reader codec argument_forms printed_values printing programs strict_json"},
        {
            "tests/lean_traces": """
                exact_lines json_values malformed_programs malformed_traces reader_agrees_with_schemas repeated_keys
            """,
            "tests/oracle": "quick_replay",
        },
    ),
    "formats": _room(
        {
            "lean_traces": """
                bound_names endings histories history json_values limits lines printed_events printed_types
                protocol_files races schemas shipped trace writer
            """
        },
        {
            "tests/lean_traces": """
                bound_names exact_lines histories json_values kept_types malformed_traces printed_types repeated_keys
                schemas trace_and_program_schemas
            """,
            "tests/oracle": """
                bound_names_in_answers compatibility_literature odd_streams record replay replay_command types_global
                types_notations
            """,
            "tests/oracle/histories": "replay_of_histories minimising_races",
        },
    ),
    "lean": _room(
        {"lean_traces": "lean_*"},
        {
            "tests/lean_traces": "lean_process lean_program lean_rules lean_sources lean_toolchain",
            "tests/oracle": "lean_export_command dossier_seal",
        },
    ),
    "judging": _room(
        {"oracle/reference": "*", "oracle/verdict": "compare fingerprints"},
        {
            "tests/oracle": "fingerprints guards_in_fingerprints judging record reference_run replay",
            "tests/oracle/lanes": "limits_lane",
        },
    ),
    "minimiser": _room(
        {"oracle/minimise": "*"},
        {
            "tests/oracle": """
                minimise minimise_order minimise_climbing minimise_documents minimise_needs minimise_parts
                minimise_trials
            """
        },
    ),
    "claims": _room(
        {"oracle/claims": "*"},
        {
            "tests/oracle/claims": """
                answers_belied no_evidence occasions one_catalogue scopes_as_sets wrong_models wrong_surface_stores
            """,
            "tests/oracle": "claim_names claims_on_runs monitors",
        },
    ),
    "verdict": _room(
        {
            "oracle": "gate",
            "oracle/verdict": """
                baseline claim_stand decision evidence exit_codes not_covered relevant required results
            """,
        },
        {
            "tests/oracle/claims": "no_evidence",
            "tests/oracle/lanes": "programs_alone",
            "tests/oracle": """
                badge baseline baseline_gate check_records effort evidence guards_in_texts one_screen only
                relevant_state report_formats report_parts reports_agree required
            """,
        },
    ),
    "lanes": _room(
        {"oracle/lanes": "*"},
        {
            "tests/oracle/lanes": """
                concurrent_lane concurrent_stores corpus_in_part environment faults_in_sequences
                lean_lane_without_lean limits_lane programs_alone races_cut_short stateful_after_a_divergence
                what_chunks_come_to
            """,
            "tests/oracle/claims": "no_evidence",
            "tests/oracle": "deep_lane effort guided_lane lanes only self_tests symbolic_lanes",
        },
    ),
    "symbolic": _room(
        {
            "oracle/symbolic": "*",
            **{f"oracle/symbolic/{part}": "*" for part in ("agreement", "claims", "cross_check", "map", "proof")},
        },
        {
            "tests/oracle": """
                cross_check symbolic_agreement symbolic_bounds symbolic_claims symbolic_corpus symbolic_coverage
                symbolic_honest_clients symbolic_lanes symbolic_self_test symbolic_state_space symbolic_surface
                unreachable_guards
            """,
            "tests/oracle/claims": "one_catalogue",
        },
    ),
    "statement": _room(
        {"oracle/symbolic/statement": "*"},
        {
            "tests/oracle": """
                symbolic_agreement symbolic_bounds symbolic_claims symbolic_mistakes symbolic_self_test symbolic_surface
            """
        },
    ),
    "histories": _room(
        {"oracle/histories": "*"},
        {
            "tests/oracle/histories": """
                linearizability minimising_races replay_of_histories what_the_search_relies_on
            """,
            "tests/oracle/lanes": "concurrent_stores",
        },
    ),
    "telltale": _room(
        {"oracle/telltale": "*", "lean_traces/telltale": "*"},
        {
            "tests/oracle": """
                audit_log_claims audit_log_command audit_log_replay bridge_export bridge_runner bridge_runs
                claims_on_runs minimise_documents protocols_of_runs
            """,
            "tests/lean_traces": "telltale_schemas repeated_keys",
        },
    ),
    "compatibility": _room(
        {"oracle/compatibility": "*"},
        {"tests/oracle": "compatibility_literature compatibility_search types_compatible types_global"},
    ),
    "dossier": _room(
        {"oracle/dossier": "*"},
        {
            "tests/oracle": "dossier dossier_commands dossier_parts dossier_seal rerun_command verify_expectations",
            "tests/oracle/histories": "minimising_races",
        },
    ),
    "reports": _room(
        {
            "oracle/reports": "*",
            "oracle/reports/page": "*",
            "oracle/reports/comparison": "*",
            "oracle/reports/trends": "*",
        },
        {
            "tests/oracle": """
                badge claim_names compare_command findings_kept_whole guards_in_texts one_line_each one_screen
                plain_pages report_formats report_in_ci report_minimal report_page report_parts reports_agree
                trends_command trends_database what_broke
            """
        },
    ),
    "campaign": _room(
        {"oracle/campaign": "*"},
        {
            "tests/oracle/campaign": """
                campaign campaign_badge campaign_history clients_of_campaigns cpu_of_workers cuts dashboard
                fetching_results guidance_between_tasks journal kept_histories live_page merging merging_twice
                over_time standing strangers tasks without_result without_workers
            """
        },
    ),
    "adapters": _room(
        {
            "oracle/process": "*",
            "oracle/adapters": """
                __init__ answers clients direct faults freshness in_flight process protocol reference resident
                scheduled
            """,
        },
        {
            "tests/oracle": """
                adapter_answers adapter_faults adapter_in_process adapter_process adapter_subprocess
                adapters_left_behind clients_of_checks hello_at_each_start hostile_adapters interrupts output progress
                raw_arguments sharing
            """,
            "tests/oracle/lanes": "concurrent_lane",
        },
    ),
    "commands": _room(
        {"oracle/cli": "*", "oracle/init": "*", "oracle": "pytest_items pytest_plugin"},
        {
            "tests/oracle": """
                audit_log_command badge baseline bridge_export bridge_runner check_command compare_command config_file
                dossier_commands errors_of_commands files_apart help init_command minimise_command minimise_sources
                only pytest_plugin record replay_command rerun_command schema_command standard_input trends_command
                types_command types_compatible types_global types_notations verify_expectations
            """
        },
    ),
    "generators": _room(
        {"generators": "*"},
        {
            "tests/generators": """
                beside decodings doubles features_told_once goals graph machine near_miss near_values programs pumps
                reach sizes strategies
            """,
            "tests/oracle": "combinations_shown fixed_list",
            "tests/oracle/lanes": "limits_lane",
        },
    ),
    "package": _room(
        {"src/telltale_conformance": "encoding errors files readable session_lexer sinks uncollected"},
        {"tests": "encoding files readable session_words sinks"},
    ),
}
"""By name."""

LEFT_OUT: Final = {
    "oracle/adapters/kit*.py": "users copy these files, which run as programs of their own, apart from the harness",
    "oracle/adapters/fault_kit.py": "it runs as a program of its own, apart from the harness",
    "oracle/adapters/keeper.py": "it runs as a process of its own, which ends others",
    "oracle/adapters/serve_reference.py": "it runs as a process of its own",
    "src/telltale_conformance/__main__.py": "it runs as a process of its own",
    "src/telltale_conformance/adapters/*.py": "they start what runs as a process of its own",
}
"""The modules that have no room, as patterns, each with the reason. Those without a function have nothing to change."""

SECONDS: Final = 6.0
"""CPU that the tests of one mutant may take together, as measured without mutants; the quickest come first."""
SECONDS_AGAIN: Final = 40.0
"""The same with those that are run against a mutant that survived; the slowest are left out."""
