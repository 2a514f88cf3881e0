"""Near misses: every edit changes what is compared."""

from random import Random

import msgspec

from telltale_conformance.generators.near_miss import one_edit
from telltale_conformance.generators.programs import Generator
from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.lean_traces.printing import encode_answer


def test_every_edit_makes_another_answer() -> None:
    rng = Random(1)
    kinds = set()
    for index in range(60):
        for step in Generator(2, index).steps(40):
            answer = msgspec.json.decode(encode_answer(step.outcome, audited=True))
            edit = one_edit(answer, rng)
            if edit is not None:
                kinds.add(edit.what)
                assert not same_json(answer, edit.answer), f"{edit} of {answer}"
                assert ("ok" in edit.answer) != ("err" in edit.answer)
                assert "audit" in edit.answer
    assert len(kinds) >= 14


def test_what_the_contract_leaves_open_is_not_edited() -> None:
    rng = Random(1)
    usage = {"ok": {"retained_bytes": {"total": 1}}}
    assert {one_edit(usage, rng).path for _ in range(200)} == {("ok",)}
    assert one_edit({"err": "invalid edge json: whatever"}, rng) is None


def test_another_bound_name_is_no_edit_where_names_are_left_open() -> None:
    rng = Random(1)
    answer = {"ok": {"Mu": {"body": "End", "var": "t"}}}

    def renamings(*, any_bound_names: bool) -> int:
        edits = [one_edit(answer, rng, any_bound_names=any_bound_names) for _ in range(300)]
        return sum(edit is not None and (edit.path[-1], edit.what) == ("var", "longer text") for edit in edits)

    assert renamings(any_bound_names=False) > 0
    assert renamings(any_bound_names=True) == 0
