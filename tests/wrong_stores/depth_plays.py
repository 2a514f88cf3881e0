"""Programs that drive a counter or a collection so far, and then try what was given first."""

from __future__ import annotations

from typing import Any

from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, edge


def attenuated(times: int) -> Play:
    """Attenuate so many times, then look whether the first capability is still refused."""

    def play(s: Script) -> None:
        first = cap = s.claimed()
        for _ in range(times):
            cap = s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
        s.validate_ownership_capability(capability=first)
        s.validate_ownership_capability(capability=cap)

    return play


def begun(times: int) -> Play:
    """Begin a transfer and roll it back, so many times; then try the first receipt again."""

    def play(s: Script) -> None:
        cap = s.claimed()
        receipts = []
        for _ in range(times):
            receipts.append(s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION))
            s.rollback_ownership_transfer(receipt=receipts[-1])
        s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
        s.commit_ownership_transfer(receipt=receipts[0])

    return play


def issued(times: int, *, consumed: bool) -> Play:
    """Issue so many witnesses, and consume each where that is said; then consume the first, once more."""

    def play(s: Script) -> None:
        cap = s.claimed()
        witnesses = []
        for _ in range(times):
            witnesses.append(s.issue_readiness_witness(capability=cap, predicate_ref="p"))
            if consumed:
                s.consume_readiness_witness(capability=cap, witness=witnesses[-1])
        s.consume_readiness_witness(capability=cap, witness=witnesses[0])
        s.observe(sid=0)

    return play


def closed(times: int) -> Play:
    def play(s: Script) -> None:
        s.start()
        for _ in range(times):
            s.close(sid=0)
        s.observe(sid=0)

    return play


def logged(times: int) -> Play:
    """Make so many records, then ask for the log and its length."""

    def play(s: Script) -> None:
        cap = s.claimed()
        for _ in range((times + 1) // 2):
            cap = s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
        s.authority_audit_log(sid=0)
        s.observe(sid=0)

    return play


def reaped(times: int) -> Play:
    def play(s: Script) -> None:
        for _ in range(times):
            s.close(sid=s.open(roles=[], initial_types={}))
            s.reap_closed()
        s.archived_closed()
        s.memory_usage()

    return play


def sent(times: int, capacity: int | None = None, policy: Any = "Block") -> Play:
    def play(s: Script) -> None:
        config = {"mode": "Fifo", "initial_capacity": capacity, "policy": policy} if capacity else None
        s.start(types=A_TO_B, config=config)
        for number in range(times):
            s.sent(number)
        s.observe(sid=0)
        s.received()

    return play


def timeouts(times: int, *, sites: bool) -> Play:
    def play(s: Script) -> None:
        for number in range(times):
            s.issue_timeout_witness(site=str(number) if sites else "s", until_tick=1)
        s.advance_clock(tick=1)
        s.runtime_audit_log()

    return play


def bound(times: int) -> Play:
    def play(s: Script) -> None:
        cap = s.claimed()
        for number in range(times):
            s.rebound(cap, f"h{number}", sender=f"r{number}")
            s.traced(cap, [], sender=f"r{number}")
        s.observe(sid=0)
        s.lookup_trace(edge=edge("r0"))

    return play
