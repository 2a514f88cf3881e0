"""The schemas of a campaign's journal and report are those of its structs."""

import pytest

from telltale_conformance.lean_traces import schemas
from tools.campaign_schemas import campaign_schema
from tools.program_schema import printed


@pytest.mark.parametrize("name", ["campaign-event", "campaign-record", "campaign-report"])
def test_a_schema_is_derived_from_its_structs(name: str) -> None:
    assert schemas.text(name) == printed(campaign_schema(name)), "run python -m tools.campaign_schemas"
