"""Whatever a text holds, it stays a text wherever it is written: the same sixty go to every place, and parsers look.

A report with one of them in every field must have the structure of the report with a harmless text there.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import pyte
import pytest
from lxml import etree, html
from markdown_it import MarkdownIt

from telltale_conformance.lean_traces.programs import program_of
from telltale_conformance.oracle.cli.terminal import say, say_json, warn
from telltale_conformance.oracle.process.output import Guarded
from telltale_conformance.oracle.reports.markdown import workflow_commands
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.terminal import check_lines, last_line
from telltale_conformance.oracle.reports.writing import rendered
from telltale_conformance.oracle.verdict.baseline import Baseline, Standing, updated
from telltale_conformance.oracle.verdict.results import not_run
from telltale_conformance.readable import ACTING
from telltale_conformance.sinks import file_name, json_text, lean_comment, lean_string, shell_word
from tests.nasty import HARMLESS, NASTY
from tests.oracle.report_world import HELLO, accepted, lane, report, unlogged

EVERY = pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
FOLDER = Path("report")
_ACTS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def filled(text: str) -> Report:
    """Return a report with the text in every field that anybody outside can fill."""
    bad = accepted(text, text, case=text, reason=text, guard=text, state={text: text})
    actual = {"audit": {text: text}}
    lost = unlogged(owner=text)
    lost = msgspec.structs.replace(lost, case=text, actual=actual, reason=text, path=f"traces/{file_name(text)}.jsonl")
    gone = accepted(text, op="close", guard=text)
    baseline = updated(Baseline(contract=text), [lane("corpus", gone)], date(2030, 1, 1)).baseline
    entries = tuple(msgspec.structs.replace(entry, owner=text, reason=text, link=text) for entry in baseline.entries)
    standing = Standing(stale=entries, expired=entries)
    hello = msgspec.structs.replace(HELLO, name=text, version=text, language=text, contract=text)
    lanes = (lane("programs", bad, lost, notes=(text,), faults=1), not_run("lean", text))
    made = report(*lanes, command=text, implementation=hello, standing=standing, cut_short=text)
    return msgspec.structs.replace(made, baseline="base.json")


@cache
def files(text: str) -> Mapping[str, str]:
    return rendered(filled(text), FOLDER)


def only(name: str, text: str) -> list[str]:
    """Return the texts of all files of this name."""
    return [content for path, content in files(text).items() if path.rpartition("/")[2] == name]


def test_there_are_sixty_and_every_kind_of_character_that_acts_is_known() -> None:
    assert len(NASTY) == len(set(NASTY)) == 60
    acting = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in _ACTS]
    assert [char for char in acting if not ACTING.fullmatch(char)] == []


def no_report_holds_a_character_that_acts(text: str) -> None:
    for name, content in files(text).items():
        if not name.endswith((".jsonl", "dossier.json", "index.html")):  # data; and a page of our own lines
            assert not ACTING.search(content.replace("\n", "")), name
    assert not ACTING.search(re.sub(r"[\n\t]", "", files(text)["index.html"]))


def json_stands_for_the_same_values(text: str) -> None:
    for name in ("report.json", "report.sarif"):
        document = json.loads(files(text)[name])
        assert "##[" not in files(text)[name]
        assert text in (document.get("command"), str(document.get("runs"))) or name == "report.sarif"
    assert json.loads(files(text)["report.json"])["implementation"]["name"] == text
    document = {text: [text, {"a": text}]}
    assert json.loads(json_text(json.dumps(document, ensure_ascii=False))) == document


def xml_keeps_its_structure(text: str) -> None:
    def shape(source: str) -> list[tuple[str, list[str]]]:
        root = etree.fromstring(source.encode())
        return [(str(one.tag), sorted(map(str, one.keys()))) for one in root.iter()]

    assert shape(files(text)["junit.xml"]) == shape(files(HARMLESS)["junit.xml"])


def the_page_keeps_its_structure(text: str) -> None:
    def shape(source: str) -> list[tuple[str, list[str]]]:
        page = html.document_fromstring(source)
        for part in page.xpath(
            "//*[@class='json lines' or @class='answers']//* | //svg//* | //table[@class='answers']//*"
        ):
            part.tag = "shown"
        return [(str(one.tag), sorted(map(str, one.keys()))) for one in page.iter() if one.tag != "shown"]

    assert shape(files(text)["index.html"]) == shape(files(HARMLESS)["index.html"])


def markdown_keeps_its_structure(text: str) -> None:
    def shape(source: str) -> list[str]:
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(source)
        return [one.type for token in tokens for one in (token, *(token.children or ())) if one.type != "text"]

    summary = files(text)["summary.md"]
    assert [kind for kind in shape(summary) if kind != "text_special"] == [
        kind for kind in shape(files(HARMLESS)["summary.md"]) if kind != "text_special"
    ]
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", summary, flags=re.M | re.S)
    assert not re.search(r"https?://|www\.|(?<!\\)@", outside)


def the_pytest_file_is_the_same_program(text: str) -> None:
    def shape(source: str) -> list[str]:
        return [type(node).__name__ for node in ast.walk(ast.parse(source))]

    for mine, plain in zip(only("test_reproducer.py", text), only("test_reproducer.py", HARMLESS), strict=True):
        assert shape(mine) == shape(plain)
        assigned = [node for node in ast.walk(ast.parse(mine)) if isinstance(node, ast.Constant)]
        assert any(node.value == text for node in assigned)


_JOINED = re.compile(r' \+\+ String\.singleton \(Char\.ofNat (\d+)\) \+\+ "((?:[^"\\]|\\.)*)"', re.S)


def lean_tokens(source: str) -> Iterator[tuple[str, str]]:
    """Yield comments, strings (with their value) and the rest, as the lexer of Lean cuts them."""
    at = depth = 0
    begun = 0
    while at < len(source):
        if source.startswith("/-", at):
            begun = at if depth == 0 else begun
            depth, at = depth + 1, at + 2
        elif depth and source.startswith("-/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                yield "comment", source[begun:at]
        elif depth:
            at += 1
        elif source.startswith("--", at):
            end = source.find("\n", at)
            yield "comment", source[at:end]
            at = end
        elif source[at] == '"':
            match = re.compile(r'"((?:[^"\\]|\\(?:[\\"\'nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}))*)"', re.S).match(source, at)
            assert match, f"no string of Lean: {source[at : at + 60]!r}"
            value, at = ast.literal_eval(f'"""{match[1]}"""'), match.end()
            while joined := _JOINED.match(source, at):
                value += chr(int(joined[1])) + ast.literal_eval(f'"""{joined[2]}"""')
                at = joined.end()
            yield "string", value
        else:
            yield "other", source[at]
            at += 1
    assert depth == 0, "a comment that does not end"


def the_lean_file_is_the_same_program(text: str) -> None:
    for mine, plain in zip(only("reproducer.lean", text), only("reproducer.lean", HARMLESS), strict=True):
        kinds, expected = (
            [kind if kind != "other" else value for kind, value in lean_tokens(one) if value not in "()"]
            for one in (mine, plain)
        )
        assert kinds == expected
    assert [token for token in lean_tokens(lean_string(text)) if token[1] not in "()"] == [("string", text)]
    assert [kind for kind, _ in lean_tokens(f"/- {lean_comment(text)} -/")] == ["comment"]


def programs_in_dossiers_are_data(text: str) -> None:
    for content in only("program.jsonl", text):
        assert any(text in json.dumps(step.args, ensure_ascii=False) or text == step.args.get("owner_id")
                   for step in program_of(content.encode(), "p").steps)  # fmt: skip


def test_a_shell_reads_each_as_one_word_and_runs_nothing(tmp_path: Path) -> None:
    words = " ".join(map(shell_word, NASTY))
    assert not ACTING.search(words)
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {words}"], capture_output=True, cwd=tmp_path, check=True, timeout=30
    )
    assert done.stdout.split(b"\0")[:-1] == [text.replace("\0", "").encode() for text in NASTY]
    assert list(tmp_path.iterdir()) == []


def the_shell_reproducer_runs_nothing_else(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "telltale-conformance").symlink_to("/bin/true")
    for finding in filled(text).findings:
        for one in finding.reproducers:
            if one.title == "Shell":
                environment = {"PATH": f"{folder}:/usr/bin:/bin"}
                done = subprocess.run(
                    ["bash", "-c", one.text], env=environment, cwd=tmp_path, capture_output=True, check=False
                )
                assert (done.returncode, done.stderr) == (0, b"")
                assert not (tmp_path / "evil").exists()


class Seen:
    """In place of a terminal's screen: takes down everything that reaches it but text and line ends."""

    def __init__(self) -> None:
        self.acted: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name in ("draw", "linefeed", "carriage_return"):
            return lambda *given, **more: None
        return lambda *given, **more: self.acted.append(name)


def acts_on_a_terminal(written: str) -> list[str]:
    """Return what a terminal does beside showing text, as the emulator understands it."""
    screen = Seen()
    pyte.Stream(screen).feed(written.replace("\n", "\r\n"))
    return screen.acted


def is_command(line: str) -> bool:
    """Say whether the runner of a CI takes a line of a log as a command."""
    return line.strip().startswith("::") or "##[" in line


def terminal_and_log_show_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = filled(text)
    inner = io.StringIO()
    stream = Guarded(inner)
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr("sys.stderr", stream)
    for line in (*check_lines(made, FOLDER), last_line(made), text):
        print(line)
    print("name", text, text.encode("utf-8", "surrogateescape"), sep="\n")
    say(text)
    warn(text)
    say_json({text: text})
    written = inner.getvalue()
    assert not ACTING.search(written.replace("\n", ""))
    assert not any(map(is_command, written.split("\n")))
    assert acts_on_a_terminal(written) == []


def commands_of_a_ci_are_ours_alone(text: str) -> None:
    plain = workflow_commands(filled(HARMLESS))
    found = workflow_commands(filled(text))
    assert len(found) == len(plain)
    for line, other in zip(found, plain, strict=True):
        assert "\n" not in line
        assert not ACTING.search(line)
        match, like = (re.fullmatch(r"::(\w+) (.*?)::(.*)", one) for one in (line, other))
        assert match
        assert like
        names, expected = ([field.partition("=")[0] for field in one[2].split(",")] for one in (match, like))
        assert (match[1], names) == (like[1], expected)


def a_line_that_comes_in_pieces_is_no_command_either(text: str) -> None:
    inner = io.StringIO()
    stream = Guarded(inner)
    for char in f"{text}\n::error::x\n":
        stream.write(char)
    assert not any(line.strip().startswith("::") for line in inner.getvalue().split("\n"))


def a_name_of_a_file_leads_nowhere(text: str, tmp_path: Path) -> None:
    tmp_path.mkdir()
    name = file_name(text)
    assert re.fullmatch(r"[\w-][\w.-]{0,59}", name)
    assert len(os.fsencode(name)) < 250
    (tmp_path / name).write_text("")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@EVERY
def test_it_stays_a_text_in_every_place(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_report_holds_a_character_that_acts(text)
    json_stands_for_the_same_values(text)
    xml_keeps_its_structure(text)
    the_page_keeps_its_structure(text)
    markdown_keeps_its_structure(text)
    the_pytest_file_is_the_same_program(text)
    the_lean_file_is_the_same_program(text)
    programs_in_dossiers_are_data(text)
    commands_of_a_ci_are_ours_alone(text)
    a_line_that_comes_in_pieces_is_no_command_either(text)
    a_name_of_a_file_leads_nowhere(text, tmp_path / "names")
    the_shell_reproducer_runs_nothing_else(text, tmp_path)
    terminal_and_log_show_text(text, monkeypatch)


def test_the_terminal_of_these_tests_sees_what_acts() -> None:
    acting = [text for text in NASTY if acts_on_a_terminal(text)]
    assert len(acting) >= 10
