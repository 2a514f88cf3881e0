"""A lexer for Pygments: the texts of local types, global types and ``.session`` files, highlighted.

Pygments finds it by the name ``session`` wherever this package is installed. Its words are those of the grammar
(``model/types/grammar.lark``); a test compares the two on generated texts. ``docs/editors.md`` has the table.
"""

from __future__ import annotations

from typing import ClassVar, Final

from pygments.lexer import RegexLexer, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from telltale_conformance.model.types.payloads import BASIC_SORTS, BASIC_VAL_TYPES

_ENDS: Final = r"\s!?⊕&→:;{}()<>.,=#\"\-"
_AFTER_WORD: Final = rf"(?![^{_ENDS}])"
PAYLOADS: Final = tuple(sorted({*BASIC_SORTS, *BASIC_VAL_TYPES, "Vector", "Prod", "Chan"}))
"""The words for sorts and types of payloads. They are names elsewhere too: a role may be called ``Nat``."""


class SessionLexer(RegexLexer):
    """Reads any text, also one that is not well-formed; what is no word of the grammar becomes an error token."""

    name = "session types"
    aliases: ClassVar[list[str]] = ["session"]
    filenames: ClassVar[list[str]] = ["*.session"]
    mimetypes: ClassVar[list[str]] = []

    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"\s+", Whitespace),
            (r"(#|--)[^\n]*", Comment.Single),
            (r'"(?:[^"\\\n]|\\.)*"', String.Double),
            (r"->|→", Operator),
            (r"[!?⊕&]", Operator),
            (words(("roles",), suffix=_AFTER_WORD), Keyword.Declaration),
            (words(("end", "End"), suffix=_AFTER_WORD), Keyword.Constant),
            (words(("rec", "mu"), suffix=_AFTER_WORD), Keyword),
            (r"[μµ]", Keyword),
            (r"[0-9]+", Number.Integer),
            (words(PAYLOADS, suffix=_AFTER_WORD), Keyword.Type),
            (rf"[^{_ENDS}0-9μµ][^{_ENDS}]*", Name),
            (r"[{}()<>.,:=]", Punctuation),
        ]
    }
