"""The ``types`` command: reports, forms, exit codes, the picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given

from telltale_conformance.generators.local_types import protocols
from telltale_conformance.lean_traces.strict_json import parse
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.oracle.cli.draw import drawing
from telltale_conformance.oracle.cli.types import Options, run

GOOD = 'roles A, "the bank"\nA = "the bank"!pay(Nat)<Nat>. end\n"the bank" = A?pay(Nat). end\n'
BAD = "roles A, B\nA = B!m. μt. t\nB = end\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def command(*files: Path, **options: Any) -> int:
    return run(list(files), Options(**options))


def reports(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """What ``--json`` printed, a document per line and nothing else."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_sound_protocol_is_printed_in_full(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("p.session", GOOD), plan=True) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("p.session: well-formed\n")
    assert '\nA =\n  "the bank"!pay(Nat)<Nat>. end\n' in out
    assert '\nedges\n  0 → 1   A → "the bank"\n' in out
    assert '\nopen plan\n{"active_branch_roles":["A","the bank"],' in out
    assert "\x1b" not in out


def test_problems_are_shown_with_a_caret(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("p.session", BAD)) == 1
    out = capsys.readouterr().out
    assert "p.session: 2 problems\n" in out
    assert "p.session:2:14: unguarded variable: " in out
    assert "2 | A = B!m. μt. t\n  |              ^\n" in out
    assert "p.session:2:5: send without receive: " in out


def test_json_prints_one_object_per_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = written("a.session", GOOD), written("b.session", BAD), written("c.session", "roles"), Path("none")
    assert command(*files, as_json=True) == 2
    good, bad, malformed, missing = reports(capsys)
    assert [one["file"] for one in (good, bad, malformed, missing)] == [str(path) for path in files]
    assert [one["ok"] for one in (good, bad, malformed, missing)] == [True, False, False, False]
    assert good["blueprint"] == good["plan"]["edge_blueprint"] == [[[0, 1], "A", "the bank"]]
    assert good["types"][1]["json"] == {
        "Recv": {"partner": "A", "branches": [[{"name": "pay", "sort": "Nat"}, None, "End"]]}
    }
    assert [(one["kind"], one["line"], one["column"], one["role"]) for one in bad["problems"]] == [
        ("unguarded variable", 2, 14, "A"),
        ("send without receive", 2, 5, "A"),
    ]
    assert (malformed["error"]["line"], malformed["error"]["column"]) == (1, 6)
    assert "cannot be read" in missing["error"]["message"]
    assert set(good) == set(malformed)


def test_malformed_input_is_explained_on_stderr(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("p.session", "roles A\nA = B!m. }")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("telltale-conformance: p.session:2:10: ")
    assert err.endswith("\n2 | A = B!m. }\n  |          ^\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t", "μt. B!m(Nat). t"),
        ("t", b"\xef\xbb\xbfrec t. B!m(Nat). t -- with a byte order mark"),
        (
            "t.json",
            '{"Mu":{"var":"t","body":{"Send":{"partner":"B","branches":[[{"name":"m","sort":"Nat"},null,{"Var":"t"}]]}}}}',
        ),
        (
            "t",
            ' {"kind":"rec","var":"t","body":{"kind":"send","partner":"B","branches":[{"label":'
            '{"name":"m","sort":"nat"},"continuation":{"kind":"var","name":"t"}}]}}',
        ),
    ],
)
def test_a_single_type_is_read_in_every_form(
    here: Path, name: str, content: str | bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(written(name, content), as_json=True, lean_json=True) == 0
    (report,) = reports(capsys)
    assert report["roles"] is report["plan"] is report["blueprint"] is None
    (one,) = report["types"]
    assert (one["role"], one["text"]) == (None, "μt. B!m(Nat). t")
    assert one["lean_json"]["body"]["branches"][0]["label"] == {"name": "m", "sort": "nat"}


def test_the_arguments_of_open_are_a_protocol(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = '{"roles":["A","B"],"initial_types":{"A":{"Send":{"partner":"B","branches":[]}}}}'
    assert command(written("o.json", content), as_json=True) == 1
    (report,) = reports(capsys)
    assert [one["kind"] for one in report["problems"]] == ["empty choice", "role without type", "send without receive"]
    assert report["blueprint"] == [[[0, 1], "A", "B"]]


def test_value_types_lost_in_the_lean_form_are_mentioned(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("p.session", GOOD), lean_json=True) == 0
    out, err = capsys.readouterr()
    assert '\n{"branches":[{"continuation":{"kind":"end"},"label":{"name":"pay","sort":"nat"}}]' in out
    assert "no value types" in err


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.json", "[", "not JSON"),
        ("x.json", '{"Var":"t","Var":"u"}', "repeated key"),
        ("x.json", '{"Var":1e3}', "$.Var"),
        ("x.json", "[" * 2001 + "]" * 2001, "nested deeper than 2000"),
        ("x.json", '{"roles":"A","initial_types":{}}', "an array of names"),
        ("x.json", '{"roles":[1],"initial_types":{}}', "$.roles[0]"),
        ("x.json", '{"roles":[],"initial_types":{"A":7}}', "$.initial_types.A"),
        ("x.session", b"roles \xff", "not UTF-8 at byte 7"),
        ("x", "", "expected a type"),
    ],
)
def test_what_is_no_type_is_refused_in_a_sentence(
    here: Path, name: str, content: str | bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(written(name, content)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def test_a_folder_and_no_file_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(here) == 2
    assert "this folder has no file" in capsys.readouterr().err
    assert command() == 2
    assert command(Path("a"), Path("b"), draw=Path("o.svg")) == 2


def test_more_roles_than_a_session_may_have_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ", ".join(f"r{index}" for index in range(65_537))
    assert command(written("p.session", f"roles {names}")) == 2
    assert "limit exceeded: roles" in capsys.readouterr().err


def test_a_type_too_deep_for_json_is_still_reported_on(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deep = "roles A, B\nA = " + "B!m. " * 4_000 + "end\nB = " + "A?m. " * 4_000 + "end"
    path = written("deep.session", deep)
    assert command(path, as_json=True) == 0
    line = capsys.readouterr().out.encode()
    report = parse(line, nesting=2000)
    assert [one["json"] for one in report["types"]] == [None, None]
    assert report["plan"] is None
    assert report["blueprint"] == [[[0, 1], "A", "B"]]
    assert command(path, plan=True, lean_json=True) == 0
    assert capsys.readouterr().out.count("nests deeper than 2000 levels") == 3


def test_four_hundred_levels_are_printed_as_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("t", "B!m. " * 400 + "end"), as_json=True) == 0
    report = parse(capsys.readouterr().out.encode(), nesting=2000)
    assert report["types"][0]["json"] is not None


# --- the picture

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_names_roles_edges_and_labels(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("p.session", GOOD), draw=Path("out.svg")) == 0
    root = ElementTree.fromstring(Path("out.svg").read_text(encoding="utf-8"))
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert titles == ["Edge blueprint of p.session", "A → the bank: pay", "A", "the bank"]
    (description,) = root.iter(f"{SVG}desc")
    assert description.text == "2 roles, 1 directed edges: A to the bank."
    text = Path("out.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert {path.name for path in here.iterdir()} == {"p.session", "out.svg"}


@given(protocols())
def test_any_names_give_a_well_formed_picture(protocol: tuple[tuple[str, ...], dict[str, LocalType]]) -> None:
    roles, _ = protocol
    edges = [(a, b) for a in roles for b in roles if a != b]
    root = ElementTree.fromstring(drawing(roles[0], roles, edges, {edge: list(edge) for edge in edges}))
    assert len(list(root.iter(f"{SVG}rect"))) == len(roles)
    assert len([one for one in root.iter(f"{SVG}path") if one.get("class") == "edge"]) == len(edges)


def test_boxes_do_not_overlap_and_lie_inside() -> None:
    for count in range(1, 40):
        root = ElementTree.fromstring(drawing("t", [str(index) for index in range(count)], [], {}))
        width, height = (float(root.get(name, "")) for name in ("width", "height"))
        boxes = [
            tuple(float(box.get(key, "")) for key in ("x", "y", "width", "height")) for box in root.iter(f"{SVG}rect")
        ]
        for index, (x, y, w, h) in enumerate(boxes):
            assert x >= 0
            assert y >= 0
            assert x + w <= width
            assert y + h <= height
            for other in boxes[:index]:
                assert abs(x - other[0]) >= w or abs(y - other[1]) >= h, (count, index)


def test_nothing_is_drawn_for_a_single_type_or_a_malformed_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("t", "end"), draw=Path("out.svg")) == 2
    assert "no blueprint to draw" in capsys.readouterr().err
    assert command(written("p.session", "roles"), draw=Path("out.svg")) == 2
    assert not Path("out.svg").exists()


def test_a_picture_that_cannot_be_written_is_an_error(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(written("p.session", GOOD), draw=written("plain", "") / "out.svg") == 2
    assert "out.svg: cannot be read or written" in capsys.readouterr().err
