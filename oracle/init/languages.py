"""The languages that there are templates for: how the adapter is built, started and tested, and what to mind."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from telltale_conformance.errors import UsageError


class Language(NamedTuple):
    """What differs between the projects of two languages."""

    title: str
    steps: int
    """How many steps of growth the toy store takes."""
    needs: str
    """The programs that must be there."""
    build: str
    """The command that makes the adapter, from the project's folder; empty where there is none."""
    sut: str
    """The command that starts it, from the project's folder."""
    test: str
    """The command that runs the project's test."""
    store_file: str
    """Where the toy store is."""
    signs: tuple[str, ...]
    """Files by which a project in this language is known."""
    notes: tuple[str, ...]
    """What to mind in this language."""


LANGUAGES: Final = {
    "python": Language(
        title="Python",
        steps=3,
        needs="Python 3.11 or later",
        build="",
        sut="python conformance/adapter.py",
        test="python -m pytest conformance",
        store_file="toy_store.py",
        signs=("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"),
        notes=(
            "Read and write bytes, as the template does: `print` follows the locale, and the protocol is UTF-8.",
            "`json` reads `1.0` as a float. Print counters and ids from integers only: `1.0` is refused where an "
            "integer is due.",
        ),
    ),
    "typescript": Language(
        title="TypeScript and JavaScript",
        steps=3,
        needs="Node 18 or later",
        build="",
        sut="node conformance/adapter.mjs",
        test="node --test conformance/conformance.test.mjs",
        store_file="toy_store.mjs",
        signs=("package.json", "tsconfig.json", "deno.json"),
        notes=(
            "The files are JavaScript with JSDoc types, which `tsc -p conformance` checks (`npm install --no-save "
            "typescript @types/node` once). So they run as written, on every Node, with no build step. A store in "
            "TypeScript is imported from its compiled output, or from its source where your Node strips types.",
            "`JSON.parse` reads integers above 2^53 wrong. `json.mjs` reads every integer as a BigInt and prints it "
            "exactly. Keep them BigInts in the store too: `1n`, not `1`.",
            "`Array.sort` orders text by UTF-16. The contract orders by UTF-8 bytes; `byBytes` in `json.mjs` does.",
        ),
    ),
    "rust": Language(
        title="Rust",
        steps=6,
        needs="Rust 1.63 or later, with cargo",
        build="cargo build --quiet --manifest-path conformance/Cargo.toml",
        sut="conformance/target/debug/adapter",
        test="cargo test --quiet --manifest-path conformance/Cargo.toml",
        store_file="src/toy_store.rs",
        signs=("Cargo.toml",),
        notes=(
            "The template has no dependencies. `forms.rs` reads and prints every value by hand, also those that a "
            "store derives no serializer for: the state of a session, the plan, a branch, a typed step, the result "
            "of a send. So it does not matter which of your types have serde.",
            "The adapter is written against the shapes of telltale's own crates: `LocalTypeR` in `telltale_types`, "
            "`SessionId = usize`, `open(roles, &BufferConfig, &types)`. `telltale_types.rs` and `toy_store.rs` stand "
            "in for the two crates. Remove the two `mod` lines in `main.rs`, name the crates in `Cargo.toml`, and "
            "the compiler names each place where your version differs.",
            "`SessionId = usize` holds 2^64-1 on 64-bit machines only. Run the check on one.",
        ),
    ),
    "go": Language(
        title="Go",
        steps=3,
        needs="Go 1.19 or later",
        build="(cd conformance && go build -o build/adapter .)",
        sut="conformance/build/adapter",
        test="(cd conformance && go test -count=1 .)",
        store_file="toy_store.go",
        signs=("go.mod",),
        notes=(
            "`encoding/json` reads numbers into `any` as float64, which rounds above 2^53. Read into structs with "
            "`uint64` fields, as `forms.go` does, or call `UseNumber` on the decoder.",
            "`json.Marshal` prints `<`, `>` and `&` as escapes. That is legal JSON and means the same text; the "
            "template calls `SetEscapeHTML(false)` so that lines read as they were written.",
            "A nil slice prints as `null`. Where a list is due, make an empty one: `[]string{}`.",
            "Order texts with `sort.Strings`: Go compares bytes, as the contract does.",
        ),
    ),
    "java": Language(
        title="Java",
        steps=3,
        needs="a JDK, 17 or later",
        build="javac -d conformance/build conformance/Adapter.java conformance/Json.java conformance/ToyStore.java",
        sut="java -cp conformance/build Adapter",
        test="java conformance/ConformanceTest.java",
        store_file="ToyStore.java",
        signs=("pom.xml", "build.gradle", "build.gradle.kts"),
        notes=(
            "`long` ends at 2^63-1 and the contract's integers at 2^64-1. `Json.java` reads them as `BigInteger`.",
            "`String.compareTo` orders by UTF-16. The contract orders by UTF-8 bytes; `Json.BY_BYTES` does.",
            "`System.out` follows the locale. The template writes UTF-8 bytes to it.",
        ),
    ),
}
"""By the names that ``--language`` takes."""


def language_of(folder: Path) -> str:
    """Return the language that the files of a folder speak of; Python where none does.

    Raises:
        UsageError: they speak of more than one.
    """
    found = {name: sign for name, one in LANGUAGES.items() for sign in one.signs if (folder / sign).exists()}
    if len(found) > 1:
        seen = ", ".join(f"{sign} ({name})" for name, sign in found.items())
        raise UsageError(f"the project may be in any of {len(found)} languages: {seen}", remedy="give --language")
    return next(iter(found), "python")
