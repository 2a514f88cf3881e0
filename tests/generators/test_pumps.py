"""Pumps: everything that grows is driven far, by every operation that makes it greater, and old values are tried."""

from functools import cache
from typing import get_args

import pytest

from telltale_conformance.generators.pump_programs import PumpProgram, pump_program
from telltale_conformance.generators.pumps import DEPTHS, PUMPS, Pumped, pumped
from telltale_conformance.generators.steps import GeneratedStep, encode_arguments
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.printing import decode, encode
from telltale_conformance.model.growth import GROWING, grown
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.signatures import SignatureKind
from telltale_conformance.oracle.reference.run import run_on_reference

ALL = ALL_OPERATIONS
CONTRACTS = ("telltale-17", "hardened")
DEPTH = 65


def test_a_pump_repeats_every_operation_that_makes_something_greater() -> None:
    repeated = frozenset().union(*(pump.cycle for pump in PUMPS))
    assert {name for name in ALL if OPERATIONS[name].grows} <= repeated
    assert frozenset().union(*(pump.drives for pump in PUMPS)) == set(GROWING)


@cache
def reached() -> dict[str, int]:
    """Return how far everything comes under one of the contracts by pumps of ``DEPTH`` turns."""
    most = dict.fromkeys(GROWING, 0)
    for contract in CONTRACTS:
        for case in pumped((DEPTH,), ALL):
            program = PumpProgram(case, 0, ALL, contract)
            for made in program.steps():
                if not made.operation.reads_only:
                    for name, value in grown(program.store, program._sid()[0]).items():
                        most[name] = max(most[name], value)
    return most


@pytest.mark.parametrize("name", GROWING)
def test_it_comes_as_far_as_a_pump_is_repeated(name: str) -> None:
    assert reached()[name] >= DEPTH - 1


def steps(name: str, depth: int, seed: int = 0, contract: str = "telltale-17") -> list[GeneratedStep]:
    (pump,) = [pump for pump in PUMPS if pump.name == name]
    return list(PumpProgram(Pumped(pump, pump.depth(depth)), seed, ALL, contract).steps())


def test_old_values_are_tried_again_from_several_depths() -> None:
    made = steps("transfer", 257)
    live = 257
    tried = {
        live - one.arguments[0].generation
        for one in made
        if one.operation.name == "validate_ownership_capability" and one.outcome.error is not None
    }
    assert {1, 16, 64, 256, live} <= tried
    refusals = {(one.operation.name, one.cell.outcome) for one in made}
    for name in ("commit", "rollback"):
        assert (f"{name}_ownership_transfer", "TransferNotPending") in refusals
        assert (f"{name}_ownership_transfer", "ReceiptMismatch") in refusals


def test_spent_and_still_issued_witnesses_are_tried_again() -> None:
    spent = {one.cell for one in steps("issue and consume", 17) if one.operation.name == "consume_readiness_witness"}
    assert {cell.outcome for cell in spent} >= {"ok", "WitnessConsumed"}
    late = steps("issue", 257)
    consumed = [one.arguments[1].witness_id for one in late if one.cell.witness == "fresh"]
    assert {1, 257 - 64, 257 - 16, 256} <= set(consumed)
    assert {one.cell.witness for one in steps("issue and outlive", 17)} >= {"outlived"}


def test_a_doubling_gives_numbers_that_are_off_by_every_power_of_two() -> None:
    made = steps("double", 17)
    given = [one.arguments[0].generation for one in made if one.operation.name == "validate_ownership_capability"]
    assert {1 << bit for bit in range(64)} <= set(given)
    opened = {one.outcome.ok for one in made if one.operation.name == "open_with_sid" and one.outcome.error is None}
    assert {1 << bit for bit in range(64)} == opened


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("pump", PUMPS, ids=lambda pump: pump.name)
def test_a_pump_is_a_program_that_runs_the_same(pump: object, contract: str) -> None:
    case = Pumped(pump, 5)
    made = list(PumpProgram(case, 3, ALL, contract).steps())
    program = pump_program(case, 3, contract, ALL, made[-1].seq)
    again = list(run_on_reference(program))
    assert [one.skipped for one in again] == [None] * len(made)
    for one, other in zip(made, again, strict=True):
        assert other.args == decode(encode_arguments(one.operation, one.arguments))
        assert (other.outcome.ok if other.outcome else None) == one.outcome.ok


def test_the_seed_chooses_one_of_the_old_values_alone() -> None:
    one, again, other = ([made[:3] for made in steps("attenuate", 257, seed)] for seed in (1, 1, 2))
    assert one == again
    assert len(one) == len(other)
    assert one != other
    assert one[:259] == other[:259]


def test_only_what_is_offered_is_used() -> None:
    offered = ALL - {"observe", "reap_closed", "cancel_abandoned_transfer", "send"}
    cases = pumped((17,), offered)
    assert "send" not in {case.pump.name for case in cases}
    assert "abandon" not in {case.pump.name for case in cases}
    used = {made.operation.name for case in cases for made in PumpProgram(case, 0, offered, "telltale-17").steps()}
    assert used <= offered


def test_shallow_cases_come_first_and_none_twice() -> None:
    cases = pumped(DEPTHS, ALL)
    assert len(set(cases)) == len(cases)
    assert [case.depth for case in cases if not case.pump.doubles] == sorted(
        case.depth for case in cases if not case.pump.doubles
    )
    assert {case.depth for case in cases} == {64, *DEPTHS}


def test_old_plans_are_used_again_after_many_others() -> None:
    opened = [one for one in steps("use another plan", 257) if one.operation.name == "open_with_sid_from_plan"]
    plans = [encode(decode(one.args)["plan"]) for one in opened]
    again = {plans.index(plan) for plan in plans[257:]}
    assert len(set(plans[:257])) == 257
    assert {0, 256 - 64, 256 - 16, 255} <= again


def test_sequence_numbers_are_every_power_of_two_and_the_next_one() -> None:
    doubled = [one for one in steps("double numbers", 17) if one.operation.name == "send_with_sequence"]
    assert [one.arguments[4] for one in doubled] == [1 << bit for bit in range(64)]
    numbered = [one for one in steps("number messages", 65, contract="hardened") if one.cell.outcome == "Ok"]
    assert [one.arguments[4] for one in numbered] == list(range(65))


def test_signatures_of_every_kind_are_received() -> None:
    made = steps("sign and receive", 17)
    assert {one.arguments[4] for one in made if one.operation.name == "send_signed"} == set(get_args(SignatureKind))
    assert {one.outcome.ok.valid for one in made if one.operation.name == "recv_signed" and one.outcome.ok} == {
        True,
        False,
    }
