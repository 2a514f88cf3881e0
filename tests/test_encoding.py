"""Text in another encoding than UTF-8 is said to be that, by every command that reads it."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from telltale_conformance.encoding import Utf8, other_encoding
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.whole_document import read_document
from telltale_conformance.oracle.cli.app import app

TRACE = (
    '{"contract":"telltale-17","meta":{},"observes":["audit"],"schema":"telltale-conformance/trace",'
    '"source":{"kind":"reference","name":"n","version":"1"},"version":1}\n'
)
RUN = '{"schema_version":"lean_bridge.v1","trace":[],"sessions":[]}\n'
READ = {
    "t.jsonl": (TRACE, ("replay",)),
    "p.jsonl": (TRACE.replace("/trace", "/program"), ("minimise", "-o", "small.jsonl")),
    "run.json": (RUN, ("replay",)),
    "log.json": ("[]\n", ("replay",)),
    "type.json": ('{"kind":"end"}\n', ("types",)),
    "p.session": ("roles A\nA = end\n", ("types",)),
    "report.json": ('{"schema":"x"}\n', ("compare",)),
    "history.jsonl": ('{"schema":"x"}\n', ("trends",)),
    "base.json": ('{"schema":"x"}\n', ("check", "--baseline")),
    "names": ("open\n", ("check", "--require")),
    "options.toml": ("seed = 1\n", ("check", "--config")),
}
"""Files with the words of a command that reads them."""
ENCODINGS = {f"utf-{bits}{order}": f"UTF-{bits}" for bits in (16, 32) for order in ("", "-le", "-be")}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("name", READ)
def test_a_command_says_what_encoding_a_file_has(
    name: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words = READ[name]
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(text.encode(encoding))
    with pytest.raises(SystemExit) as ended:
        app([*words, name, *([name] if name == "report.json" else [])])
    said = "".join(capsys.readouterr())
    if encoding == "utf-8-sig" and name == "p.session":  # whose reader takes the mark away
        assert ended.value.code == 0, said
        return
    assert ended.value.code == 2, said
    assert ("a byte order mark" if encoding == "utf-8-sig" else f"{ENCODINGS[encoding]}, not UTF-8") in said
    assert "cut off" not in said


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_is_told_by_a_mark_or_by_zeros(encoding: str) -> None:
    assert other_encoding(TRACE.encode(encoding)) == f"it is {ENCODINGS[encoding]}, not UTF-8"


@pytest.mark.parametrize("text", ["", "1", "{}", "é", "\0\0\0\0", TRACE])
def test_utf_8_is_told_to_be_nothing_else(text: str) -> None:
    assert other_encoding(text.encode()) is None


def test_bytes_in_pieces_are_looked_at_as_a_whole() -> None:
    whole = "aé∀𝄞".encode()
    for piece in range(1, 5):
        looked_at = Utf8()
        assert [looked_at.problem(whole[at : at + piece]) for at in range(0, len(whole), piece)] == [None] * -(
            -len(whole) // piece
        )
    looked_at = Utf8()
    assert (looked_at.problem(b"ab"), looked_at.problem(b"c\0")) == (None, "a zero at byte 4")
    assert Utf8().problem(codecs.BOM_UTF8 + b"a\xff") == "not UTF-8"
    assert (Utf8().problem(b"a\xc3"), Utf8().problem(b"a\xc3", last=True)) == (None, "not UTF-8")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"contract":"telltale-17"', "the last line has no line end; the file was cut off: record it again"),
        (b'{"contract":"telltale-17"}', "the last line has no line end; end it with LF if nothing is missing after it"),
        (b'{"contract":"telltale-17"}\r{"seq":0}\r', "the lines end in CR; lines end in LF alone"),
    ],
)
def test_a_last_line_without_an_end_is_cut_off_where_it_is_no_whole_json(
    line: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(line)
    with pytest.raises(SystemExit) as ended:
        app(["replay", str(path)])
    assert ended.value.code == 2
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("name", ["run.json", "protocol.session"])
def test_a_document_that_goes_on_in_zeros_is_refused_at_the_first(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(RUN.encode())
        file.truncate(1 << 40)
    with pytest.raises(MalformedDocument, match=f"a zero at byte {len(RUN) + 1}"):
        read_document(path, Limits())


def test_a_document_has_at_most_the_bytes_of_the_limit_packed_or_not(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b" " * 70)
    assert read_document(path, Limits(unpacked_bytes=70)).data == b" " * 70
    with pytest.raises(MalformedDocument, match="more than 69 bytes"):
        read_document(path, Limits(unpacked_bytes=69))
