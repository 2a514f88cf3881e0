"""Monitor of plans and the sessions opened from them: K29."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.oracle.claims.persistence import QUESTIONS
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen

OPENS_FROM_PLAN: Final = "open_with_sid_from_plan"
_LOOKUPS: Final = frozenset({"lookup_handler", "lookup_trace"})
_CAPACITY: Final = 64
"""Of a buffer for which none was asked (contract §5)."""
_NEW: Final[Mapping[str, Any]] = {
    "status": "Active",
    "epoch": 0,
    "edge_handlers": [],
    "edge_traces": [],
    "default_handler": "default_handler",
    "auth": {"leaves": 0, "trees": 0, "roots": 0},
    "audit_len": 0,
}
"""What ``observe`` shows of a session that nobody has used."""


class _Opened:
    """A session opened from a plan."""

    def __init__(self, plan: bytes, again: bool, capacity: int) -> None:
        self.plan, self.capacity = plan, capacity
        self.again = again
        """Whether a plan was used before, this one or another."""
        self.untouched = True
        """Whether no operation has named the session since."""
        self.state: Any = None
        """What was observed of it last, where no operation has named it since."""
        self.others = False
        """Whether another session of the plan was named since then."""


class Plans:
    """The sessions opened from plans, and what ``plan`` said."""

    def __init__(self) -> None:
        self._opened: dict[int, _Opened] = {}
        self._used: dict[bytes, Mapping[str, Any]] = {}
        self._said: dict[bytes, tuple[Any, bool]] = {}

    def opened(self, sid: Any) -> _Opened | None:
        """Return what is known of a session that was opened from a plan; None of another one."""
        return self._opened.get(sid)

    def input_of(self, plan: bytes) -> Mapping[str, Any]:
        """Return roles and types of a plan that was used."""
        return self._used[plan]

    def said(self, args: Mapping[str, Any]) -> tuple[Any] | None:
        """Return what ``plan`` said before its plan was used to open a session; None where nothing is known of it."""
        known = self._said.get(_key(args))
        return (known[0],) if known is not None and known[1] else None

    def follow(self, seen: Seen, named: Any) -> None:
        """Take in an event that names this session, if any."""
        if seen.op == "plan":
            self._said.setdefault(_key(seen.args), ([seen.ok, seen.answer], False))
        elif seen.op == OPENS_FROM_PLAN and seen.ok:
            config = seen.args.get("buffer_config") or {}
            self._open(seen.args["plan"], seen.answer, max(1, config.get("initial_capacity", _CAPACITY)))
        elif seen.op == "observe" and named in self._opened and seen.ok:
            opened = self._opened[named]
            opened.state, opened.others, opened.again = seen.answer, False, False
        elif seen.op not in QUESTIONS:
            self._touch(named)

    def _open(self, plan: Mapping[str, Any], sid: int, capacity: int) -> None:
        key = _key(plan)
        self._touch(sid)
        if key in self._said:
            self._said[key] = (self._said[key][0], True)
        self._opened[sid] = _Opened(key, bool(self._used), capacity)
        self._used[key] = plan
        self._others(key)

    def _touch(self, named: Any) -> None:
        if named is None:  # it may have changed any session
            self._opened.clear()
            return
        opened = self._opened.get(named)
        if opened is not None:
            opened.untouched, opened.state = False, None
            self._others(opened.plan)

    def _others(self, plan: bytes) -> None:
        """Note that a session of a plan was named; of that one nothing is known until it is looked at again."""
        for opened in self._opened.values():
            opened.others = opened.others or opened.plan == plan


def _key(given: Mapping[str, Any]) -> bytes:
    return encode([given["roles"], given["initial_types"]])


def plan_purity(seen: Seen) -> Judgement | None:
    """K29: a session from a plan is new, of its own plan, and does not change with another one of the plan."""
    if seen.op == "plan":
        before = seen.plans.said(seen.args)
        if seen.ok and not _is_of(seen.args, seen.answer):
            return Judgement(True, "a plan has the roles or types of another input")
        changed = before is not None and not same_json(before[0], [seen.ok, seen.answer])
        return None if before is None else Judgement(changed, "a plan is another one after it was used")
    if seen.op in _LOOKUPS:
        opened = seen.plans.opened(seen.args["edge"]["sid"])
        found = opened is not None and opened.untouched and seen.ok and seen.answer is not None
        return Judgement(True, f"{seen.op} finds what another session of the plan bound") if found else None
    opened = seen.plans.opened(seen.args["sid"])
    if opened is None or not seen.ok:
        return None
    if opened.state is not None and opened.others:
        changed = not same_json(opened.state, seen.answer)
        return Judgement(changed, "a session changes when another one of its plan does")
    if not (opened.untouched and opened.again):
        return None
    wrong = _not_its_own(seen.plans.input_of(opened.plan), seen.answer)
    wrong += ["places in types"] if seen.types.belied(seen.args["sid"], seen.answer, followed=False) else []
    wrong += ["capacity"] if any(buffer["capacity"] != opened.capacity for buffer in seen.answer["buffers"]) else []
    return Judgement(bool(wrong), f"a session just opened from a plan shows {', '.join(wrong)} of another one")


def _is_of(given: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """Whether a plan that was made has the roles and types of its input."""
    types = {role: given["initial_types"][role] for role in given["roles"] if role in given["initial_types"]}
    originals = {entry["role"]: entry["original"] for entry in made["initial_types"]}
    return same_json(made["roles"], given["roles"]) and same_json(originals, types)


def _not_its_own(plan: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """Return what an unused session shows that is not new, or not its plan's."""
    wrong = [key for key, value in _NEW.items() if not same_json(state[key], value)]
    wrong += ["roles"] if state["roles"] != plan["roles"] else []
    shown = {entry["role"]: entry["original"] for entry in state["local_types"]}
    wanted = {role: given for role, given in plan["initial_types"].items() if role in plan["roles"]}
    wrong += ["local_types"] if not same_json(shown, wanted) else []
    wrong += ["buffers"] if any(buffer["len"] for buffer in state["buffers"]) else []
    ownership = state["ownership"]
    owned = [key for key in ("current", "pending_transfer", "terminal_reason") if ownership[key] is not None]
    return wrong + owned


MONITORS: Final[Mapping[str, Monitor]] = {"K29": Monitor({"plan", "observe", *_LOOKUPS}, plan_purity)}
