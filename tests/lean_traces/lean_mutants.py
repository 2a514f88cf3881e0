"""Changes of the Lean model, each with the operations in which it must show, or the theorems that it breaks."""

from __future__ import annotations

from telltale_conformance.lean_traces.lean_bundle import LeanMutant

OWNERSHIP = "Telltale.Ownership"
GUARDS = "Telltale.Guards"
CONTRACT = "Telltale.Contract"
WITNESSES = "Telltale.Witnesses"
MUTATIONS = "Telltale.Mutations"
SESSIONS = "Telltale.Sessions"
MESSAGES = "Telltale.Messages"
PLAN = "Telltale.Plan"
TYPES = "Telltale.Types"
TIMEOUTS = "Telltale.Timeouts"

CAPABILITY = (
    "release_ownership",
    "begin_ownership_transfer",
    "attenuate_ownership_scope",
    "validate_ownership_capability",
    "apply_owned_session_mutation",
    "issue_readiness_witness",
    "consume_readiness_witness",
)

MUTANTS = (
    LeanMutant(
        "claim gives generation 1",
        CONTRACT,
        "| telltale17, _ => 0\n  | hardened, s",
        "| telltale17, _ => 1\n  | hardened, s",
        ("claim_ownership",),
    ),
    LeanMutant(
        "release keeps the owner",
        OWNERSHIP,
        "done { s with owner := none, issued := k.surviving s } .null",
        "done { s with issued := k.surviving s } .null",
        (
            "claim_ownership",
            "current_ownership",
            "observe",
            "mark_owner_died",
            "commit_ownership_transfer",
            *CAPABILITY,
        ),
    ),
    LeanMutant(
        "a second transfer may begin",
        OWNERSHIP,
        "gHonest k s none o c <| gIdle s <| gWithin k.mayTransfer",
        "gHonest k s none o c <| gWithin k.mayTransfer",
        ("begin_ownership_transfer",),
    ),
    LeanMutant(
        "rollback is logged as a rejection",
        OWNERSHIP,
        ".null [note (.receipt r) .rolledBack none]",
        ".null [note (.receipt r) .rejected none]",
        ("rollback_ownership_transfer",),
    ),
    LeanMutant(
        "a receipt that is not pending is refused without a record",
        OWNERSHIP,
        '  [note (.receipt r) .rejected (some "receipt is no longer pending")]',
        "  []",
        ("commit_ownership_transfer", "rollback_ownership_transfer"),
    ),
    LeanMutant(
        "attenuating keeps the generation",
        CONTRACT,
        "| telltale17, _, c => saturate c.gen",
        "| telltale17, _, c => c.gen",
        ("attenuate_ownership_scope",),
    ),
    LeanMutant(
        "a witness carries the live scope in place of the given one",
        WITNESSES,
        "c.gen, c.scope, predicate⟩",
        "c.gen, o.scope, predicate⟩",
        ("issue_readiness_witness",),
    ),
    LeanMutant(
        "a consumed witness reads as never issued",
        GUARDS,
        "if has w.id s.consumed then",
        "if has w.id [] then",
        ("consume_readiness_witness",),
    ),
    LeanMutant(
        "anybody may declare the owner dead",
        GUARDS,
        "  if owner = o.owner then next",
        "  if owner = owner then next",
        ("mark_owner_died",),
    ),
    LeanMutant(
        "a failed commit rolls back without its reason",
        OWNERSHIP,
        "[note (.receipt r) .rolledBack (some why)]",
        "[note (.receipt r) .rolledBack none]",
        ("fault_failed_transfer_commit",),
    ),
    LeanMutant(
        "the generation of a capability is not compared",
        GUARDS,
        "if c.owner = o.owner ∧ c.gen = o.gen then next",
        "if c.owner = o.owner then next",
        CAPABILITY,
    ),
    LeanMutant(
        "a part of the scope suffices",
        GUARDS,
        "  if o.scope = .session then next",
        "  if o.scope = o.scope then next",
        ("apply_owned_session_mutation", "issue_readiness_witness", "consume_readiness_witness"),
    ),
    LeanMutant(
        "hardened: the given scope is not compared",
        CONTRACT,
        "| hardened, given, live => decide (given = live)",
        "| hardened, given, live => decide (given = given ∨ given = live)",
        CAPABILITY,
    ),
    LeanMutant(
        "hardened: witnesses survive their generation",
        CONTRACT,
        "| hardened, s => each ended s.issued",
        "| hardened, _ => each ended []",
        (
            "release_ownership",
            "commit_ownership_transfer",
            "attenuate_ownership_scope",
            "mark_owner_died",
            "cancel_abandoned_transfer",
            "fault_failed_transfer_commit",
            "close",
        ),
    ),
    LeanMutant(
        "a full buffer that drops says Ok",
        MESSAGES,
        "| .drop => (.dropped, b)",
        "| .drop => (.ok, b)",
        ("send",),
    ),
    LeanMutant(
        "a handler is bound when only the sender is listed",
        MUTATIONS,
        "if has e.sender roles && has e.receiver roles then",
        "if has e.sender roles then",
        ("lookup_handler",),
    ),
    LeanMutant(
        "closing keeps the epoch",
        SESSIONS,
        "epoch := saturate b.epoch }",
        "epoch := b.epoch }",
        ("observe", "reap_closed", "reap_sessions"),
    ),
    LeanMutant(
        "open_with_sid does not move the next id",
        SESSIONS,
        "(Nat.max st.nextSid (saturate sid))",
        "st.nextSid",
        ("next_session_id", "open", "open_with_sid"),
    ),
    LeanMutant(
        "of a repeated label the first branch counts",
        TYPES,
        "    match rest.last name with\n    | some found => some found\n"
        "    | none => if label.name = name then some (value, next) else none",
        "    if label.name = name then some (value, next) else rest.last name",
        ("lookup_branch_resolution", "advance"),
    ),
    LeanMutant(
        "a role may have an edge to itself",
        PLAN,
        "    if i = j then none\n    else match d with",
        "    match d with",
        ("plan", "observe", "send", "has_message", "recv", "memory_usage"),
    ),
    LeanMutant(
        "reaping archives nothing",
        SESSIONS,
        "archive := s.summary :: st.archive }",
        "archive := st.archive }",
        ("archived_closed", "memory_usage"),
    ),
    LeanMutant(
        "a faulted session is not over",
        SESSIONS,
        "  | .faulted _ => true",
        "  | .faulted _ => false",
        ("closed_session_ids", "reap_closed", "reap_sessions", "memory_usage"),
    ),
    LeanMutant(
        "the latest value is not stored",
        MESSAGES,
        "(.ok, { b with queue := [m] })",
        "(.ok, b)",
        ("recv", "has_message", "observe", "memory_usage"),
    ),
    LeanMutant(
        "a buffer grows below half its maximum alone",
        MESSAGES,
        "if b.capacity < max then",
        "if b.capacity + b.capacity < max then",
        ("send",),
    ),
    LeanMutant("an empty buffer has messages", MESSAGES, "    | [] => false", "    | [] => true", ("has_message",)),
    LeanMutant(
        "a variable's original keeps its Mu",
        TYPES,
        "| .var _ => (unfoldMu original, none)",
        "| .var _ => (original, none)",
        ("unfold_if_var_with_scope", "advance"),
    ),
    LeanMutant(
        "a timeout expires after its tick",
        TIMEOUTS,
        "decide (s.2.untilTick ≤ tick)",
        "decide (s.2.untilTick < tick)",
        ("advance_clock",),
    ),
    LeanMutant(
        "timeout ids stand still",
        TIMEOUTS,
        "⟨r.clock, saturate r.nextTimeout, put",
        "⟨r.clock, r.nextTimeout, put",
        ("issue_timeout_witness",),
    ),
    LeanMutant(
        "every role with a type is active",
        PLAN,
        "    | false => activeRoles rest",
        "    | false => r :: activeRoles rest",
        ("plan",),
    ),
    LeanMutant(
        "a Recv gives the edge from its own role",
        PLAN,
        "| .recv => some ⟨(j, i), partner, role⟩",
        "| .recv => some ⟨(i, j), role, partner⟩",
        ("plan", "observe", "send", "has_message", "recv"),
    ),
    LeanMutant(
        "traces are not stored",
        MUTATIONS,
        "| .updateTrace e ts => { b with traces := put edgeLt e ts b.traces }",
        "| .updateTrace _ _ => b",
        ("lookup_trace", "observe"),
    ),
    LeanMutant(
        "the default handler stays",
        MUTATIONS,
        "| .setDefaultHandler h => { b with defaultHandler := h }",
        "| .setDefaultHandler _ => b",
        ("default_handler_for_session", "observe"),
    ),
    LeanMutant(
        "the scope of a witness is not compared with the capability's",
        GUARDS,
        "i.gen = c.gen ∧ i.scope = c.scope then",
        "i.gen = c.gen then",
        ("consume_readiness_witness",),
    ),
    LeanMutant(
        "the payload of a witness is not compared",
        GUARDS,
        "if i = w then next",
        "if i.id = w.id then next",
        ("consume_readiness_witness",),
    ),
    LeanMutant(
        "receipts are matched by their claim",
        GUARDS,
        "if p = r then next",
        "if p.claim = r.claim then next",
        (
            "commit_ownership_transfer",
            "rollback_ownership_transfer",
            "cancel_abandoned_transfer",
            "fault_failed_transfer_commit",
        ),
    ),
    LeanMutant(
        "a cancelled session reads Closed",
        OWNERSHIP,
        "status := .cancelled, terminal",
        "status := .closed, terminal",
        ("observe", "reap_closed", "reap_sessions", "archived_closed"),
    ),
    LeanMutant(
        "the owner's death keeps the pending transfer",
        OWNERSHIP,
        "status := .faulted why, terminal := some why, owner := none, pending := none",
        "status := .faulted why, terminal := some why, owner := none",
        ("observe",),
    ),
    LeanMutant(
        "hardened: a buffer doubles past its maximum",
        CONTRACT,
        "| hardened, capacity, max => Nat.min (capacity + capacity) max",
        "| hardened, capacity, _ => capacity + capacity",
        ("send", "observe"),
    ),
    LeanMutant(
        "hardened: close overwrites Faulted",
        CONTRACT,
        "  | hardened, .faulted r => .faulted r\n",
        "",
        ("observe", "reap_closed", "reap_sessions", "archived_closed"),
    ),
    LeanMutant(
        "hardened: a closed session serves",
        CONTRACT,
        "| hardened, .closed => false",
        "| hardened, .closed => true",
        ("claim_ownership", "mark_owner_died", "commit_ownership_transfer", *CAPABILITY),
    ),
)
