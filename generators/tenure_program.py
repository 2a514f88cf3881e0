"""The program in which what one tenure of an owner was given is presented to the next (contract §2, §3).

A tenure ends when its owner releases, narrows or passes the session on, whoever owns it next: the same owner at once or
after somebody else, or another one. Each time the capability of the first tenure is presented again, and its witness by
the live owner, who may do all the rest. Then the death of the former owner is reported, and of names almost
like the owner's. Seeded programs seldom get there: they present old witnesses by old owners.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from telltale_conformance.lean_traces.programs import Program, Step

_STRANGERS: Final = ("", "A", "B", "a ", "ab", "ba")
"""Names that owners almost have."""


class _Script:
    """Steps as they are asked for; each gives the reference to its result."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def ask(self, op: str, **args: Any) -> dict[str, Any]:
        """Add a step."""
        self.steps.append(Step(args=args, op=op, seq=len(self.steps)))
        return {"$ref": len(self.steps) - 1}


_Ends = Callable[[_Script, Any, Any, str], Any]
"""Ends the tenure of a capability of a session in favour of an owner; gives the capability of the next tenure."""


def tenure_program(contract: str) -> Program:
    """Return the program, for a contract."""
    script = _Script()
    for consumed in (False, True):
        for ends in (_released, _narrowed, _passed_on, _got_back, _claimed_in_between, _read_back):
            _tenures(script, ends, consumed=consumed)
    return Program(contract=contract, meta={}, steps=tuple(script.steps))


def _tenures(script: _Script, ends: _Ends, *, consumed: bool) -> None:
    """Open a session, end the tenure of its first owner, and present to the next what that one had."""
    sid = script.ask("open", roles=["A"], initial_types={})
    capability = script.ask("claim_ownership", sid=sid, owner_id="a", scope="Session")
    witness = script.ask("issue_readiness_witness", capability=capability, predicate_ref="p")
    if consumed:
        script.ask("consume_readiness_witness", capability=capability, witness=witness)
    live = ends(script, sid, capability, "b" if consumed else "a")
    if consumed and ends is not _narrowed:
        script.ask("mark_owner_died", sid=sid, owner_id="a")
    script.ask("issue_readiness_witness", capability=live, predicate_ref="p")
    script.ask("consume_readiness_witness", capability=live, witness=witness)
    script.ask("validate_ownership_capability", capability=capability)
    for name in _STRANGERS:
        script.ask("mark_owner_died", sid=sid, owner_id=name)
    script.ask("observe", sid=sid)
    script.ask("authority_audit_log", sid=sid)


def _released(script: _Script, sid: Any, capability: Any, owner: str) -> Any:
    script.ask("release_ownership", capability=capability)
    return script.ask("claim_ownership", sid=sid, owner_id=owner, scope="Session")


def _claimed_in_between(script: _Script, sid: Any, capability: Any, owner: str) -> Any:
    return _released(script, sid, _released(script, sid, capability, "c"), owner)


def _read_back(script: _Script, sid: Any, capability: Any, owner: str) -> Any:
    """Release, and claim again in a store that was read back."""
    script.ask("release_ownership", capability=capability)
    script.ask("reload", form="binary")
    return script.ask("claim_ownership", sid=sid, owner_id=owner, scope="Session")


def _narrowed(script: _Script, sid: Any, capability: Any, owner: str) -> Any:
    return script.ask("attenuate_ownership_scope", capability=capability, new_scope="Session")


def _passed_on(script: _Script, sid: Any, capability: Any, owner: str) -> Any:
    receipt = script.ask("begin_ownership_transfer", capability=capability, new_owner_id=owner, new_scope="Session")
    live = script.ask("commit_ownership_transfer", receipt=receipt)
    script.ask("commit_ownership_transfer", receipt=receipt)
    return live


def _got_back(script: _Script, sid: Any, capability: Any, owner: str) -> Any:
    return _passed_on(script, sid, _passed_on(script, sid, capability, "c"), owner)
