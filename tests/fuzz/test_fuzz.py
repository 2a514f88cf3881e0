"""No input from outside ends a reader otherwise than accepted or refused; what once fell stays mended."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from telltale_conformance.oracle.dossier.dossier import ANSWERS
from tests.fuzz.mutation import mutated
from tests.fuzz.targets import DOSSIER, TARGETS, outcome

ROUNDS = 220
"""Of the default suite; a round has as many inputs as the shares of all targets together."""
NIGHTLY_INPUTS = 1_000_000
FALLEN = {
    "event": [
        b'{"seq":' + b"[" * 1500 + b"]" * 1500 + b',"op":"session_ids","args":{},"ok":[],"audit":[]}',
        b'{"seq":0,"op":"claim_ownership","args":{"owner_id":"c","scope":"'
        + b"x" * 5000
        + b'","sid":0},"ok":0,"audit":[]}',
    ],
    "trace": [
        b'{"contract":"' + b"x" * 5000 + b'","meta":{},"observes":["audit"],"schema":"telltale-conformance/trace",'
        b'"source":{"kind":"reference","name":"n","version":"v"},"version":1}\n'
    ],
    "program": [
        b'{"contract":"telltale-17","meta":{},"schema":"telltale-conformance/program","version":1}\n'
        b'{"args":{},"op":"' + b"x" * 5000 + b'","seq":0}\n{"end":true,"steps":1}\n'
    ],
    "baseline": [b'{"schema":"telltale-conformance/baseline","version":' + b"[" * 1500 + b"]" * 1500 + b"}"],
    "document": [
        b'{"schema_version":' + b"[" * 1500 + b"]" * 1500 + b',"trace":[]}',
        b'{"schema_version":"lean_bridge.v1","trace":[' + b"[" * 1500 + b"]" * 1500 + b"]}",
        b'{"schema_version":"lean_bridge.v1","trace":[],"sessio\xee":[]}',
        b'{"schema_version":"lean_bridge.v1","trace":[],"sessions":[],"effect_trace":[{"effect_id":"\xee"}]}',
    ],
    "settings": [b'{"campaign":"\xe9"}', b'{"campaign":' + b"[" * 1500 + b"]" * 1500 + b"}"],
    "journal": [
        b'{"campaign":"c","schema":"telltale-conformance/campaign-journal","version":4}\n'
        b'{"event":"ended","at":1.0,"why":' + line
        for line in (b'"\xe9"}\n', b"[" * 1500 + b"]" * 1500 + b"}\n")
    ]
    + [b'{"campa\xe9gn":"c","schema":"telltale-conformance/campaign-journal","version":4}\n'],
    "answers": [DOSSIER[ANSWERS].replace(b'"ok":0', b'"ok":0]')],
    "answer": [b'{"id":1,"ok":1e400}', b'{"id":1,"ok":{"a":1,"a":2}}', b'{"id":1,"ok":18446744073709551616}'],
}
"""Inputs that once were a fault of the harness, or were taken for something else."""


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_are_accepted(name: str, tmp_path: Path) -> None:
    assert any(outcome(TARGETS[name], seed, tmp_path) for seed in TARGETS[name].seeds)


@pytest.mark.parametrize("name", FALLEN)
def test_what_once_fell_is_refused(name: str, tmp_path: Path) -> None:
    for data in FALLEN[name]:
        assert not outcome(TARGETS[name], data, tmp_path)


def fuzzed(name: str, count: int, seed: int, folder: Path) -> Counter[bool]:
    """Give a target so many inputs; return how many it accepted and refused."""
    target = TARGETS[name]
    chance = random.Random(f"{name} {seed}")
    seen: Counter[bool] = Counter()
    for number in range(count):
        data = mutated(chance.choice(target.seeds), target.seeds, chance)
        try:
            seen[outcome(target, data, folder)] += 1
        except BaseException as error:
            error.add_note(f"{name}, seed {seed}, input {number}: {data[:2000]!r}")
            raise
    return seen


@pytest.mark.parametrize("name", TARGETS)
def test_any_input_is_accepted_or_refused(name: str, tmp_path: Path) -> None:
    seen = fuzzed(name, ROUNDS * TARGETS[name].share, 0, tmp_path)
    assert seen[False] > 0
    assert sum(seen.values()) == ROUNDS * TARGETS[name].share


@pytest.mark.nightly
@pytest.mark.parametrize("name", TARGETS)
def test_a_million_inputs_are_accepted_or_refused(name: str, tmp_path: Path) -> None:
    shares = sum(target.share for target in TARGETS.values())
    count = NIGHTLY_INPUTS * TARGETS[name].share // shares
    assert sum(fuzzed(name, count, 1, tmp_path).values()) == count
