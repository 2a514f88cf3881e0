"""Writes the rows of docs/contract.md that a page shows beside a divergence: ``python -m tools.contract_rows``.

A page must tell the rule that was broken wherever it is opened, also where nothing else of this project is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS, Operation

ROOT: Final = Path(__file__).parents[1]
CONTRACT: Final = ROOT / "docs" / "contract.md"
ROWS: Final = ROOT / "oracle" / "reports" / "page" / "contract_rows.json"

_ANCHOR: Final = re.compile(r'<a id="[^"]*"></a>')
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_HEADING: Final = re.compile(r"^## (\d+)\. .*$", re.MULTILINE)


def rows(text: str) -> dict[str, dict[str, dict[str, str]]]:
    """Return, by operation and by guard, the anchor of its row in the document and the row in HTML."""
    sections = dict(_sections(text))
    return {
        "operations": {name: _operation(operation, text, sections) for name, operation in OPERATIONS.items()},
        "guards": {name: _guard(guard, text) for name, guard in GUARDS.items()},
    }


def document(text: str) -> str:
    """Return the file."""
    return json.dumps(rows(text), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _sections(text: str) -> Iterator[tuple[str, str]]:
    heads = list(_HEADING.finditer(text))
    for head, end in zip(heads, [*(one.start() for one in heads[1:]), len(text)], strict=True):
        yield f"§{head[1]}", text[head.end() : end]


def _operation(operation: Operation, text: str, sections: dict[str, str]) -> dict[str, str]:
    """Return the row of an operation: its own, or what its section says of it; and the row that ``hardened`` has."""
    name = operation.name
    anchor = f"row-{name}" if f'id="row-{name}"' in text else f"op-{name}"
    own = _block_of(text, f"row-{name}")
    blocks = [own] if own else list(_about(name, sections[operation.section]))
    blocks = blocks or [_table_row(text, f"op-{name}")]
    hardened = _table_row(text, f"hardened-{name}")
    markdown = _plain("\n\n".join(blocks))
    return {"anchor": anchor, "html": _html(markdown), "markdown": markdown, "hardened": _html(_plain(hardened))}


def _guard(guard: Guard, text: str) -> dict[str, str]:
    """Return the row of a guard; without text where the contract states it within those of its operations."""
    named = {"§3": f"consume-{guard.name[-1]}"}.get(guard.origin, guard.name.partition(" ")[0].lower())
    if f'id="{named}"' not in text:
        return {"anchor": f"s{guard.origin.partition(',')[0].lstrip('§')}", "html": "", "markdown": ""}
    found = _plain(_table_row(text, named) or _item(text, named))
    return {"anchor": named, "html": _html(found), "markdown": found}


def _block_of(text: str, anchor: str) -> str:
    return next((block for block in re.split(r"\n\s*\n", text) if f'id="{anchor}"' in block), "")


def _about(name: str, section: str) -> Iterator[str]:
    """Yield the paragraphs and lists of a section that name an operation, of tables the rows that do."""
    names, introduced = re.compile(rf"`{name}[`(]"), False
    for block in re.split(r"\n\s*\n", section):
        if not names.search(block) and not (introduced and re.match(r"\s*(1\.|\*) ", block)):
            introduced = False
            continue
        introduced = f"**`{name}(" in block
        if block.lstrip().startswith("|"):
            head, rule, *rest = block.strip().split("\n")
            yield "\n".join([head, rule, *(row for row in rest if names.search(row))])
        else:
            yield block.strip()


def _table_row(text: str, anchor: str) -> str:
    """Return the row of a table that has an anchor, under the head of that table."""
    block = next((one for one in re.split(r"\n\s*\n", text) if f'id="{anchor}"' in one and "\n|---" in one), "")
    if not block:
        return ""
    head, rule, *rest = block.strip().split("\n")
    return "\n".join([head, rule, *(row for row in rest if f'id="{anchor}"' in row)])


def _item(text: str, anchor: str) -> str:
    """Return the item of a list that has an anchor."""
    items = re.split(r"\n(?=\d+\. )", _block_of(text, anchor))
    return next((item for item in items if f'id="{anchor}"' in item), "")


def _plain(text: str) -> str:
    """Return Markdown without anchors, and with links as their text."""
    return _LINK.sub(r"\1", _ANCHOR.sub("", text)).strip()


def _html(text: str) -> str:
    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return rendered.strip()


if __name__ == "__main__":
    ROWS.write_text(document(CONTRACT.read_text(encoding="utf-8")), encoding="utf-8")
