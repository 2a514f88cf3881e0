"""What is wrong with a document of telltale's, and where: file and JSON path."""

from __future__ import annotations

from telltale_conformance.lean_traces.trace import MalformedTrace


class MalformedDocument(MalformedTrace):
    """Thrown when a document is not in its format: where, what is wrong, and what to do."""

    def __init__(self, path: str, place: str, problem: str, remedy: str) -> None:
        super().__init__(path, 0, problem, remedy)
        self.place = place
        """The JSON path, from ``$``; empty where it is about the file as a whole."""

    def __str__(self) -> str:
        place = f"{self.path}: {self.place}" if self.place else self.path
        return f"{place}: {self.problem}; {self.remedy}"
