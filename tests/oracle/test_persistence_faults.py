"""A divergence that only a reload brings about is named a persistence fault; any other is not."""

import json
import subprocess
import sys
from pathlib import Path

from telltale_conformance.generators.profiles import PROFILES
from telltale_conformance.generators.programs import Generator
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.dossier.dossier import EXPLANATION
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.reports.findings import findings
from telltale_conformance.oracle.reports.minimal import PERSISTENCE, minimising
from telltale_conformance.oracle.reports.report import Finding
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import DIVERGE
from tests.oracle.lane_world import ROOT
from tests.wrong_stores.catalogue import BY_NAME, adapter
from tests.wrong_stores.tellers import Told

CASES = len(PROFILES)


def found(name: str) -> tuple[Finding, ...]:
    """Return what lane programs finds of a wrong store, made small."""
    wrong = BY_NAME[name]
    subject = Told(command="in this process", contract=wrong.contract, make=lambda: adapter(wrong))
    result = run_lane("programs", subject, Settings(seed=1, cases=CASES))
    with minimising(subject, Level.state, 60.0) as minimise:
        return findings([result], command=None, hello=subject.start().hello, minimise=minimise)


def test_a_profile_reloads_after_every_drawn_step() -> None:
    index = [profile.name for profile in PROFILES].index("reloads")
    made = [step.operation.name for step in Generator(3, index).steps(40)][:40]
    assert made[2::2] == ["reload"] * len(made[2::2])
    assert len({*made[1::2]} - {"reload"}) > 8


def test_it_is_named() -> None:
    named = found("reload loses the owner")
    assert named
    for finding in named:
        assert finding.remark == PERSISTENCE
        assert finding.program is not None
        assert "reload" in [step.op for step in finding.program.steps]
        told = finding.files[EXPLANATION].decode()
        assert told.rstrip().endswith(f"\n\nA{PERSISTENCE[1:]}."), told


def test_no_other_divergence_is_called_so() -> None:
    named = found("only bindings count")
    assert named
    assert not [finding for finding in named if PERSISTENCE in finding.remark]


def test_a_check_names_it_in_its_reports(tmp_path: Path) -> None:
    served = f"{sys.executable} -m tests.wrong_stores 'reload loses the owner'"
    code = "import sys; from telltale_conformance.oracle.cli.app import main; sys.exit(main())"
    words = ["check", "--sut", served, "--lanes", "programs", "--cases", str(CASES), "--seed", "1"]
    command = [sys.executable, "-c", code, *words, "--report", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == DIVERGE, done.stdout + done.stderr
    assert PERSISTENCE in " ".join(done.stdout.split())
    document = json.loads((tmp_path / "report.json").read_text())
    assert PERSISTENCE in {one["remark"] for one in document["findings"]}
    assert any("persistence fault" in file.read_text() for file in tmp_path.glob("divergences/*/explanation.txt"))
