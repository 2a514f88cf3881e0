"""Changes of the Lean model, each with the operations in which it must show, or the theorems that it breaks."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class UnprovedRule:
    """A rule of ``hardened`` taken out of the Lean model.

    Attributes:
        claim: the claim whose theorem can then not be proved.
        module, old, new: as in ``LeanMutant``.
        broken: where the proof must fail: the theorem, or the lemmas that it follows from. None of them reads a
            rule that another change of the same group takes out.
    """

    claim: str
    module: str
    old: str
    new: str
    broken: tuple[str, ...]


UNPROVED_RULES = (
    (
        UnprovedRule("K13", GUARDS, '(k.refusal given "counter exhausted")', "[]", ("K13_hardened",)),
        UnprovedRule(
            "K6",
            CONTRACT,
            "| hardened, given, live => decide (given = live)",
            "| hardened, _, _ => true",
            ("K6_hardened",),
        ),
        UnprovedRule(
            "K9", CONTRACT, "  | hardened, .faulted r => .faulted r\n", "", ("closedStatus_reason", "fits_after")
        ),
        UnprovedRule(
            "K14",
            CONTRACT,
            "| hardened, capacity, max => Nat.min (capacity + capacity) max",
            "| hardened, capacity, _ => capacity + capacity",
            ("grown_at_most",),
        ),
        UnprovedRule("K17", CONTRACT, "decide (e.sid = s.sid) && has", "has", ("touches_own",)),
        UnprovedRule(
            "K16",
            CONTRACT,
            "| hardened, next, _ => (unfoldFully next, none)",
            "| hardened, next, original => unfoldIfVarWithScope next original",
            ("follow_steps",),
        ),
        UnprovedRule(
            "K15", CONTRACT, "| hardened, roles => firstRepeat roles []", "| hardened, _ => none", ("distinct_roles",)
        ),
        UnprovedRule(
            "K4",
            CONTRACT,
            "def mayAttenuate : Contract → Scope → Scope → Bool\n  | telltale17, _, _ => true\n"
            "  | hardened, new, live => new.isWithin live",
            "def mayAttenuate : Contract → Scope → Scope → Bool\n  | _, _, _ => true",
            ("K4_hardened",),
        ),
        UnprovedRule(
            "K5",
            CONTRACT,
            "def mayTransfer : Contract → Scope → Scope → Bool\n  | telltale17, _, _ => true\n"
            "  | hardened, new, live => new.isWithin live",
            "def mayTransfer : Contract → Scope → Scope → Bool\n  | _, _, _ => true",
            ("K5_hardened",),
        ),
        UnprovedRule(
            "K10",
            CONTRACT,
            "| hardened, st, sid => !(natLt sid st.nextSid) &&",
            "| hardened, st, sid =>",
            ("spent_refused",),
        ),
    ),
    (
        UnprovedRule("K11", CONTRACT, "| hardened, .closed => false", "| hardened, .closed => true", ("over_refused",)),
        UnprovedRule("K12", CONTRACT, '[note (.receipt r) .rolledBack (some "owner died")]', "[]", ("replay_step",)),
        UnprovedRule(
            "K3",
            CONTRACT,
            "def spend : Contract → Nat → Nat\n  | telltale17, n => saturate n\n  | hardened, n => n + 1",
            "def spend : Contract → Nat → Nat\n  | telltale17, n => saturate n\n  | hardened, n => saturate n",
            ("witness_id",),
        ),
        UnprovedRule(
            "K1",
            CONTRACT,
            "def claimGeneration : Contract → Own → Nat\n  | telltale17, _ => 0\n  | hardened, s => s.nextGen",
            "def claimGeneration : Contract → Own → Nat\n  | telltale17, _ => 0\n  | hardened, _ => 0",
            ("orderly_owner", "since_after"),
        ),
        UnprovedRule(
            "K18",
            CONTRACT,
            "def keepsUnverified : Contract → Bool\n  | telltale17 => false\n  | hardened => true",
            "def keepsUnverified : Contract → Bool\n  | _ => false",
            ("K18_hardened",),
        ),
        UnprovedRule(
            "K25",
            CONTRACT,
            "| hardened, signed, sent => decide (signed = sent)",
            "| hardened, _, _ => true",
            ("K25_hardened",),
        ),
        UnprovedRule(
            "K26",
            CONTRACT,
            "| hardened, number, following => decide (number = following)",
            "| hardened, _, _ => true",
            ("send_moves",),
        ),
        UnprovedRule(
            "K27",
            CONTRACT,
            "def reloadIsSeen : Contract → Bool\n  | telltale17 => true\n  | hardened => false",
            "def reloadIsSeen : Contract → Bool\n  | _ => true",
            ("reload_unchanged",),
        ),
        UnprovedRule(
            "K28",
            CONTRACT,
            "def guardsHostCalls : Contract → Bool\n  | telltale17 => false\n  | hardened => true",
            "def guardsHostCalls : Contract → Bool\n  | _ => false",
            ("K28_hardened",),
        ),
    ),
)
"""Changes that one Lean run can try together, in groups."""


@dataclass(frozen=True, slots=True)
class WrongModel:
    """A model that is wrong, and the theorems that tell.

    Attributes:
        name: what is wrong.
        root: the module whose proofs are tried, with all that they rest on.
        changes: the module, the text that is replaced, and what it is replaced by.
        broken: the proofs that must fail: theorems, or the lemmas that these follow from.
    """

    name: str
    root: str
    changes: tuple[tuple[str, str, str], ...]
    broken: tuple[str, ...]


WRONG_MODELS = (
    WrongModel(
        "strangers own, claim ids stand still, parts suffice, anybody reports deaths, handlers go elsewhere",
        "Telltale.Proofs.Answers",
        (
            (
                OWNERSHIP,
                "⟨s.sid, r.toOwner, k.committedGeneration s r, r.scope⟩",
                '⟨s.sid, "stranger", k.committedGeneration s r, .session⟩',
            ),
            (OWNERSHIP, "nextClaim := k.spend s.nextClaim }", "nextClaim := s.nextClaim }"),
            (GUARDS, "  if o.scope = .session then next", "  if o.scope = o.scope then next"),
            (GUARDS, "  if owner = o.owner then next", "  if owner = owner then next"),
            (
                MUTATIONS,
                "put textPairLt (e.sender, e.receiver) h pairs",
                "put textPairLt (e.receiver, e.sender) h pairs",
            ),
        ),
        ("session_scoped", "died_by_name", "gives_asked", "K23_hardened"),
    ),
    WrongModel(
        "a commit makes a stranger the owner of the whole session",
        "Telltale.Proofs.Transfers",
        (
            (
                OWNERSHIP,
                "⟨s.sid, r.toOwner, k.committedGeneration s r, r.scope⟩",
                '⟨s.sid, "stranger", k.committedGeneration s r, .session⟩',
            ),
            (OWNERSHIP, "nextClaim := k.spend s.nextClaim }", "nextClaim := s.nextClaim }"),
        ),
        ("K5_hardened", "claim_id", "claims_pending", "commit_gives"),
    ),
    WrongModel(
        "hardened refuses everything",
        "Telltale.Proofs.Progress",
        ((CONTRACT, "| hardened, .closed => false", "| hardened, _ => false"),),
        ("may_succeed",),
    ),
    WrongModel(
        "substitution does nothing",
        "Telltale.Proofs.Substitution",
        ((TYPES, "| _ + 1, .var v => if v = x then s else .var v", "| _ + 1, .var v => .var v"),),
        ("subst_replace",),
    ),
    WrongModel(
        "substitution makes receives of sends and sends of receives",
        "Telltale.Proofs.Substitution",
        (
            (TYPES, "n + 1, .send p bs => .send p (Branches.subst", "n + 1, .send p bs => .recv p (Branches.subst"),
            (TYPES, "n + 1, .recv p bs => .recv p (Branches.subst", "n + 1, .recv p bs => .send p (Branches.subst"),
        ),
        ("subst_replace",),
    ),
    WrongModel(
        "edges go the other way",
        "Telltale.Proofs.Blueprint",
        (
            (
                PLAN,
                "| .send => some ⟨(i, j), role, partner⟩\n      | .recv => some ⟨(j, i), partner, role⟩",
                "| .send => some ⟨(j, i), partner, role⟩\n      | .recv => some ⟨(i, j), role, partner⟩",
            ),
        ),
        ("edgeOf_some",),
    ),
    WrongModel(
        "hardened: a live owner's commit is refused, a claim gives another scope, attenuating gives another generation,"
        " witnesses of the present tenure are forgotten",
        "Telltale.Proofs.HonestOwners",
        (
            (
                CONTRACT,
                "| telltale17, _, r => r.toGen\n  | hardened, s, _ => s.nextGen",
                "| telltale17, _, r => r.toGen\n  | hardened, _, _ => top + 1",
            ),
            (
                OWNERSHIP,
                "let c : Cap := ⟨s.sid, owner, k.claimGeneration s, scope⟩",
                "let c : Cap := ⟨s.sid, owner, k.claimGeneration s, match k with\n"
                "    | .telltale17 => scope\n    | _ => .session⟩",
            ),
            (
                CONTRACT,
                "| telltale17, _, c => saturate c.gen\n  | hardened, s, _ => s.nextGen",
                "| telltale17, _, c => saturate c.gen\n  | hardened, s, _ => s.nextGen + 1",
            ),
            (
                OWNERSHIP,
                "done { s with pending := some r, nextClaim := k.spend s.nextClaim }",
                "done { s with pending := some r, nextClaim := k.spend s.nextClaim, issued := k.surviving s }",
            ),
        ),
        ("goes_commit", "goes_claim", "goes_attenuate", "goes_transfer"),
    ),
    WrongModel(
        "hardened: valid signatures are refused, fresh ids are refused, buffers grow by one, host calls need an owner",
        "Telltale.Proofs.HonestOperations",
        (
            (CONTRACT, "| hardened, signed, sent => decide (signed = sent)", "| hardened, _, _ => false"),
            (
                CONTRACT,
                "| hardened, st, sid => !(natLt sid st.nextSid)",
                "| hardened, st, sid => !(natLt sid (st.nextSid + 1))",
            ),
            (
                CONTRACT,
                "| hardened, capacity, max => Nat.min (capacity + capacity) max",
                "| hardened, capacity, max => Nat.min (capacity + 1) max",
            ),
            (
                MUTATIONS,
                "gOpen k s none <| gActive k s none <| gUnowned s <|",
                "gOpen k s none <| gActive k s none <| gOwned k s none fun _ =>",
            ),
        ),
        ("verifies_valid", "store_goes_on", "grown_fits", "host_goes"),
    ),
)
