"""Sixty texts that do harm where they are written as they are."""

from __future__ import annotations

from typing import Final

HARMLESS: Final = "plain"
NASTY: Final[tuple[str, ...]] = (
    # terminals
    "\x1b[31mred",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\x1b[?1049h",
    "\x1bP$q\"p\x1b\\",
    "\x1b[6n",
    "\x9b31m",
    "\x9d0;t\x9c",
    "a\rb",
    "a\x08\x08\x08b",
    "bell\x07",
    "tab\there",
    "\x0b\x0c",
    "\x7f",
    "nul\x00byte",
    # what is read otherwise than it is written
    "\u202eevil\u202c",
    "\u2066a\u2069",
    "\u200bzero\u200d",
    "\ufeffmark",
    "\u00adsoft",
    "tag\U000e0041",
    "\u061carabic",
    # line ends
    "a\nb",
    "a\r\nb",
    "a\u2028b",
    "a\u2029b",
    "a\x85b",
    # logs of a CI
    "\n::error file=x::evil",
    "::warning::evil",
    "  ::stop-commands::x",
    "##[error]evil",
    "\n##[group]x",
    "%0A::error::x",
    # markup
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "'\" onmouseover=alert(3) x='",
    "&lt;&amp;&#60;",
    "]]>",
    "--><!--",
    "{{ 7*7 }}{% raw %}",
    "\ufffe\uffff",
    # Markdown
    "`code` ``` ````",
    "\n```\n# head",
    "[a](javascript:alert(4)) ![b](x)",
    "https://evil.example www.evil.example a@evil.example",
    "@someone #1 | a | b |",
    "**bold** __x__ ~~y~~ <https://evil.example>",
    "\n- item\n\n    code\n",
    # programs
    "\"\"\"\nimport os\n\"\"\"",
    "'''\\",
    "\\\"); #eval evil --",
    "-/ #eval evil /-",
    "$(touch evil) `touch evil` ${HOME}",
    "'; touch evil; '",
    "\nEND-OF-PROGRAM\ntouch evil\n",
    "!history ~ * ? | > <",
    # names of files
    "../../../etc/passwd",
    "/absolute/\\..\\.hidden " + "x" * 300,
)  # fmt: skip
