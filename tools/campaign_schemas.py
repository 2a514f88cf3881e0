"""Writes the schemas of a campaign from their structs: ``python -m tools.campaign_schemas``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.oracle.campaign.events import Event
from telltale_conformance.oracle.campaign.report import CampaignReport
from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord
from tools.program_schema import printed

FOLDER: Final = Path(__file__).parents[1] / "lean_traces" / "schemas"
_FORMS: Final[dict[str, tuple[Any, str, str]]] = {
    "campaign-event": (
        Event,
        "A line of the journal of a campaign",
        "Each line of `journal.jsonl` after its first one, which is "
        '`{"campaign":…,"schema":"telltale-conformance/campaign-journal","version":4}`; `chain` comes last.',
    ),
    "campaign-report": (
        CampaignReport,
        "How a campaign stands",
        "What `campaign report DIR --json` prints, and `campaign --json` at its end.",
    ),
    "campaign-record": (
        CampaignRecord,
        "How a campaign stood at some time",
        "A line of the file that `campaign report DIR --history FILE` appends to; `trends` draws such files.",
    ),
}
_CHAIN: Final = {
    "type": "string",
    "pattern": "^[0-9a-f]{16}$",
    "description": (
        "The checksum of all lines up to this one: the first 16 digits of the "
        "SHA-256 of `chain` of the line before and this line up to the comma before `chain`. For the first event the "
        "line before is the first line of the file; its checksum is that of its bytes, the end of line included."
    ),
}


def campaign_schema(name: str) -> dict[str, Any]:
    """Return a schema by name."""
    form, title, description = _FORMS[name]
    (schema,), parts = msgspec.json.schema_components([form], ref_template="#/$defs/{name}")
    if name == "campaign-event":
        for event in schema["anyOf"]:
            part = parts[event["$ref"].rpartition("/")[2]]
            part["properties"]["chain"] = _CHAIN
            part["required"] = [*part["required"], "chain"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://telltale-conformance.invalid/schemas/1/{name}.json",
        "title": title,
        "description": description,
        **{key: value for key, value in schema.items() if key != "discriminator"},
        "$defs": parts,
    }


if __name__ == "__main__":
    for name in _FORMS:
        (FOLDER / f"{name}.json").write_text(printed(campaign_schema(name)))
