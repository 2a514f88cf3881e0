"""Ctrl-C and SIGTERM to any command: exit code 3, said on stderr, also where foreign code would swallow them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed import COMMAND
from tests.oracle.adapter_world import ROOT

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
CLAIMS = 36


def started(*words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen([COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@BOTH
def test_a_signal_ends_a_command_that_has_nothing_to_save(number: signal.Signals, tmp_path: Path) -> None:
    heard = tmp_path / "the adapter runs"
    os.mkfifo(heard)
    silent = tmp_path / "silent"
    silent.write_text(f"#!/bin/sh\n: > '{heard}'\nexec sleep 100\n")
    silent.chmod(0o755)
    process = started("adapter-kit", str(silent), "--deadline", "90")
    with heard.open():  # opens when the adapter does, which then answers nothing
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert said.strip() == f"telltale-conformance: inconclusive: ended by {number.name}"


@BOTH
def test_a_signal_ends_the_solver_too_and_what_was_not_decided_is_said(number: signal.Signals) -> None:
    process = started("prove", "--json")
    assert process.stdout is not None
    decided = [process.stdout.readline()]
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    decided += out.splitlines()
    assert process.returncode == 3
    assert len(decided) < CLAIMS
    assert all('"status":"inconclusive"' not in line for line in decided)
    assert f"interrupted by {number.name}; the claims not named above were not decided" in said


FACTORING = """
import os, signal, sys, threading
import z3
from telltale_conformance.oracle.process.interrupts import Interrupted, watched
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
a, b = z3.BitVecs("a b", 128)
with watched(grace=50):
    made = solver(Limits())
    made.add(a * b == 1000000000000000000117 * 1000000000000000000193, z3.UGT(a, 1), z3.ULT(a, 2**70), z3.ULT(b, 2**70))
    threading.Timer(0.5, os.kill, (os.getpid(), int(sys.argv[1]))).start()
    try:
        print(satisfiable(made))
    except Interrupted as interrupted:
        print(interrupted.name)
"""


@BOTH
def test_a_signal_ends_a_query_that_the_solver_is_deep_in(number: signal.Signals) -> None:
    command = [sys.executable, "-c", FACTORING, str(number.value)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=45, check=True)
    assert done.stdout.strip() == number.name


@BOTH
def test_a_signal_in_a_self_test_ends_the_check(number: signal.Signals, tmp_path: Path) -> None:
    process = started("check", "--lanes", "symbolic", "--self-test", "--report", tmp_path / "report")
    assert process.stdout is not None
    assert "effort default" in process.stdout.readline()
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "the solver gave up" not in out
    assert "interrupted by" in (tmp_path / "report" / "report.json").read_text()
