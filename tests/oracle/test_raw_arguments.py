"""Raw forms of arguments: what a program or a recording holds is what an implementation is sent, byte for byte.

The reference reads every form of a value as the same value: members in any order, sets unsorted and with repeats,
options absent or null, labels without their sort.
"""

from __future__ import annotations

import hashlib
import pickle
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from telltale_conformance.lean_traces.printing import decode_as_written, encode_as_written
from telltale_conformance.lean_traces.programs import Program, program_bytes, read_program
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.claims.judging import judge_claims
from telltale_conformance.oracle.dossier.pytest_file import pytest_text
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.lanes.corpus import judge_trace
from telltale_conformance.oracle.minimise.minimiser import Minimised, minimise
from telltale_conformance.oracle.reference.judging import judge_cases
from telltale_conformance.oracle.reference.recording import record
from telltale_conformance.oracle.reference.run import run_on_reference
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.lane_world import Stub
from tests.oracle.minimise_world import program

CAPABILITY = '{"scope":{"Fragments":["b","a","b"]},"generation":0,"session_id":0,"owner_id":"a"}'
SENDS = '{"Send":{"partner":"B","branches":[[{"name":"m"},null,"End"]]}}'
STEPS = (
    ("open", '{"roles":["A","B"],"buffer_config":null,"initial_types":{"B":"End","A":' + SENDS + "}}"),
    ("claim_ownership", '{"sid":0,"scope":{"Fragments":["b","a","b"]},"owner_id":"a"}'),
    ("release_ownership", '{"capability":' + CAPABILITY + "}"),
    ("decode_edge_json", '{"value":{"sid":1e0,"sender":"A","receiver":"B"},"session_hint":null}'),
    ("decode_edge_json", '{"value":{"sid":-0,"sender":"A","receiver":"B"}}'),
    ("decode_edge_json", '{"value":["A",1.0,18446744073709551616,2.50]}'),
    ("lookup_branch_resolution", '{"label":"m","ep":{"sid":0,"role":"A"}}'),
)
PLAIN = (
    (
        "open",
        '{"initial_types":{"A":{"Send":{"branches":[[{"name":"m","sort":"Unit"},null,"End"]],"partner":"B"}},"B":"End"},'
        '"roles":["A","B"]}',
    ),
    ("claim_ownership", '{"owner_id":"a","scope":{"Fragments":["a","b"]},"sid":0}'),
    (
        "release_ownership",
        '{"capability":{"generation":0,"owner_id":"a","scope":{"Fragments":["a","b"]},"session_id":0}}',
    ),
)


def raw(*steps: tuple[str, str], contract: str = "telltale-17") -> Program:
    return program(*((op, decode_as_written(args.encode())) for op, args in steps), contract=contract)


class Listening(Stub):
    """The reference, which keeps the requests that it gets."""

    def __init__(self, change: Any = lambda request, number, answer: answer) -> None:
        self.heard: list[tuple[str, str]] = []

        def hear(request: Request, number: int, answer: Answer) -> Answer:
            self.heard.append((request.op, request.args.decode()))
            return change(request, number, answer)

        super().__init__(hear)


def test_a_program_file_holds_arguments_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "raw.program.jsonl"
    path.write_bytes(program_bytes(raw(*STEPS)))
    lines = path.read_text().splitlines()
    assert [f'{{"args":{args},"op":"{op}","seq":{seq}}}' for seq, (op, args) in enumerate(STEPS)] == lines[1:-1]
    assert program_bytes(read_program(path)) == path.read_bytes()
    assert program_bytes(pickle.loads(pickle.dumps(read_program(path)))) == path.read_bytes()


def test_a_step_is_sent_as_it_is_written() -> None:
    adapter = Listening()
    asked, _, skipped = asked_of(raw(*STEPS), "telltale-17", adapter.hello.ops)
    (result,) = judge_cases(adapter, [lambda: asked], Level.state)
    assert adapter.heard == list(STEPS)
    assert (result.shown, skipped) == (True, 0)


def test_a_step_with_references_is_sent_as_it_is_written_but_for_them(tmp_path: Path) -> None:
    steps = (
        STEPS[0],
        STEPS[1],
        ("release_ownership", '{"capability":{"$ref":1,"set":{"scope":{"Fragments":["z","b","z"]}}}}'),
        (
            "validate_ownership_capability",
            '{"capability":{"session_id":{"$ref":0},"owner_id":"a","scope":"Session","generation":0}}',
        ),
    )
    sent = (
        STEPS[0],
        STEPS[1],
        (
            "release_ownership",
            '{"capability":{"generation":0,"owner_id":"a","scope":{"Fragments":["z","b","z"]},"session_id":0}}',
        ),
        (
            "validate_ownership_capability",
            '{"capability":{"session_id":0,"owner_id":"a","scope":"Session","generation":0}}',
        ),
    )
    adapter = Listening()
    asked, _, _ = asked_of(raw(*steps), "telltale-17", adapter.hello.ops)
    assert next(judge_cases(adapter, [lambda: asked], Level.state)).shown
    assert adapter.heard == list(sent)
    adapter.heard.clear()
    record(adapter, raw(*steps), tmp_path / "trace.jsonl")
    assert adapter.heard == list(sent)


def test_the_reference_reads_raw_forms_as_what_they_say() -> None:
    outcomes = [step.outcome for step in run_on_reference(raw(*STEPS))]
    plain = [step.outcome for step in run_on_reference(raw(*PLAIN))]
    assert outcomes[:3] == plain
    assert [outcome is not None and outcome.error is None for outcome in outcomes] == [True] * 3 + [False] * 3 + [True]


def written(path: Path, *lines: str) -> Path:
    head = (
        '{"schema":"telltale-conformance/trace","version":1,"source":{"kind":"implementation","name":"s","version":"1"},'
        '"contract":"telltale-17","observes":[],"meta":{}}'
    )
    body = "".join(line + "\n" for line in (head, *lines)).encode()
    digest = hashlib.sha256(body).hexdigest()
    path.write_bytes(body + f'{{"end":true,"events":{len(lines)},"digest":"sha256:{digest}"}}\n'.encode())
    return path


def test_a_recording_is_sent_as_recorded(tmp_path: Path) -> None:
    texts = (
        ("open", '{ "roles" : ["A","\\u0042"], "initial_types":{}, "buffer_config":null }'),
        ("claim_ownership", '{"sid":0,"scope":{"Fragments":["b","a","b"]},"owner_id":"\\u0061"}'),
        ("decode_edge_json", '{"value":{"sid":1e0,"sender":"A","receiver":"B"}}'),
    )
    answers = (
        '"ok":0',
        '"ok":{"session_id":0,"owner_id":"a","generation":0,"scope":{"Fragments":["a","b"]}}',
        '"err":"invalid edge json: x"',
    )
    lines = [
        f'{{"seq":{seq},"op":"{op}","args":{args},{answer}}}'
        for seq, ((op, args), answer) in enumerate(zip(texts, answers, strict=True))
    ]
    adapter = Listening()
    chunk = judge_trace(adapter, written(tmp_path / "trace.jsonl", *lines))
    assert adapter.heard == list(texts)
    assert (chunk.tally.judged, chunk.divergences) == (3, ())


# Minimising


def as_a_list(request: Request, number: int, answer: Answer) -> Answer:
    """The answers of a store that keeps the fragments of a claim as they came."""
    scope = decode_as_written(request.args).get("scope") if request.op == "claim_ownership" else None
    if isinstance(scope, dict) and scope["Fragments"] != sorted(set(scope["Fragments"])) and answer.kind == "ok":
        given = decode_as_written(answer.payload)
        return answer._replace(payload=encode_as_written({**given, "scope": scope}))
    return answer


def by_position(request: Request, number: int, answer: Answer) -> Answer:
    """The answers of a store that takes the first member of a capability for its generation."""
    capability = decode_as_written(request.args).get("capability")
    if capability is not None and next(iter(capability)) != "generation":
        return Answer("err", b'{"Unclaimed":{"session_id":0}}', b"[]")
    return answer


def without_sort(request: Request, number: int, answer: Answer) -> Answer:
    """The answers of a store that cannot read a label without a sort."""
    types = decode_as_written(request.args).get("initial_types", {})
    if any('"name":"m"}' in encode_as_written(type_).decode() for type_ in types.values()):
        return answer._replace(kind="panic", payload=b'"no sort"')
    return answer


def minimal(change: Any, *steps: tuple[str, str]) -> Minimised:
    result = minimise(Stub(change), raw(*steps))
    assert result.minimal
    return result


def texts(found: Program) -> list[tuple[str, str]]:
    return [(step.op, encode_as_written(step.args).decode()) for step in found.steps]


def test_the_minimiser_keeps_a_raw_form_that_matters_and_makes_others_plain() -> None:
    result = minimal(as_a_list, *STEPS)
    assert texts(result.program) == [
        ("open", '{"initial_types":{},"roles":[]}'),
        ("claim_ownership", '{"owner_id":"a","scope":{"Fragments":["x","x"]},"sid":{"$ref":0}}'),
    ]


def test_the_minimiser_keeps_the_order_of_members_that_matters() -> None:
    result = minimal(by_position, *STEPS)
    last = result.program.steps[-1]
    assert last.op == "release_ownership"
    assert next(iter(last.args["capability"])) != "generation"


def test_the_minimiser_keeps_an_absent_sort_that_matters() -> None:
    result = minimal(without_sort, *STEPS)
    (opened,) = texts(result.program)
    assert '[{"name":"m"},null,"End"]' in opened[1]
    assert '"buffer_config"' not in opened[1]


def test_a_raw_form_that_does_not_matter_becomes_plain() -> None:
    def refuses(request: Request, number: int, answer: Answer) -> Answer:
        return Answer("err", b'"no"', b"[]") if request.op == "release_ownership" else answer

    result = minimal(refuses, *STEPS)
    assert texts(result.program)[-1] == ("release_ownership", '{"capability":{"$ref":1}}')


def test_the_pytest_file_sends_what_the_harness_sent(tmp_path: Path) -> None:
    result = minimal(as_a_list, *STEPS)
    assert result.fingerprint is not None
    command = shlex.join([sys.executable, "-m", "telltale_conformance.oracle.adapters.serve_reference"])
    text = pytest_text(result.program, result.fingerprint, Level.state, "test_it.py", command)
    assert '"scope":{"Fragments":["x","x"]}' in text
    path = tmp_path / "test_it.py"
    path.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


# Claims


def test_a_refused_receipt_is_logged_whatever_the_order_of_its_scope() -> None:
    receipt = (
        '{"session_id":0,"claim_id":7,"from_owner_id":"a","from_generation":0,"to_owner_id":"b","to_generation":1,'
        '"scope":{"Fragments":["y","x"]}}'
    )
    steps = (
        ("open", '{"roles":["A"],"initial_types":{}}'),
        ("rollback_ownership_transfer", f'{{"receipt":{receipt}}}'),
    )
    (report,) = judge_claims(Stub(contract="hardened"), [("unsorted", raw(*steps, contract="hardened"))])
    assert report.verdicts["K13"].verdict == "kept"
