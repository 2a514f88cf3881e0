"""Verdict words are coloured on a terminal, and nowhere else: never in a pipe, in JSON, or where NO_COLOR is set."""

from __future__ import annotations

import io

import pytest

from telltale_conformance.oracle.process.output import Guarded

RED, GREEN, YELLOW, END = "\x1b[1;31m", "\x1b[1;32m", "\x1b[1;33m", "\x1b[0m"


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def printed(text: str, *, terminal: bool = True) -> str:
    stream = Stream(terminal=terminal)
    print(text, file=Guarded(stream))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("line", "coloured"),
    [
        ("agree: 3 answers judged", f"{GREEN}agree{END}: 3 answers judged"),
        ("diverge: 3 answers", f"{RED}diverge{END}: 3 answers"),
        ("inconclusive: 3 answers", f"{YELLOW}inconclusive{END}: 3 answers"),
        ("programs   diverge          40", f"programs   {RED}diverge{END}          40"),
        ("graph      not run           0", f"graph      {YELLOW}not run{END}           0"),
        ("new      98fb413ddd34 open: x", f"{RED}new{END}      98fb413ddd34 open: x"),
        ("agree  t.jsonl  3 events", f"{GREEN}agree{END}  t.jsonl  3 events"),
        ("same verdict  d: x", f"{GREEN}same verdict{END}  d: x"),
        ("fixed  d: fixed since", f"{GREEN}fixed{END}  d: fixed since"),
        ("other verdict  d: x", f"{RED}other verdict{END}  d: x"),
        (
            "hardened     K4 attenuation   proved    1.00 s",
            f"hardened     K4 attenuation   {GREEN}proved{END}    1.00 s",
        ),
        ("telltale-17  K1 generation-freshness refuted", f"telltale-17  K1 generation-freshness {RED}refuted{END}"),
        ("CLAIM BROKEN: K3 x", f"{RED}CLAIM BROKEN{END}: K3 x"),
        ("a\nagree: b\nc", f"a\n{GREEN}agree{END}: b\nc"),
    ],
)
def test_a_verdict_word_at_its_place_is_coloured(line: str, coloured: str) -> None:
    assert printed(line) == coloured + "\n"


@pytest.mark.parametrize(
    "line",
    [
        '{"verdict":"agree"}',
        "the two agree: nothing",
        "agreement",
        "newer  x",
        'programs {"agree": 1}',
        "  expected agree",
    ],
)
def test_what_is_no_verdict_stays_as_it_is(line: str) -> None:
    assert printed(line) == line + "\n"


def test_a_word_in_the_middle_of_a_line_is_left_though_it_is_written_apart() -> None:
    stream = Stream(terminal=True)
    guarded = Guarded(stream)
    guarded.write("they ")
    guarded.write("agree: x\n")
    guarded.write("agree: x\n")
    assert stream.getvalue() == f"they agree: x\n{GREEN}agree{END}: x\n"


def test_a_pipe_gets_none() -> None:
    assert printed("agree: x", terminal=False) == "agree: x\n"


def test_force_color_and_no_color_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert GREEN in printed("agree: x", terminal=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed("agree: x", terminal=False) == printed("agree: x") == "agree: x\n"


def test_a_terminal_without_colours_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert printed("agree: x") == "agree: x\n"


def test_what_an_implementation_says_still_does_not_act() -> None:
    assert printed("agree: \x1b[31mx") == f"{GREEN}agree{END}: \\x1b[31mx\n"
