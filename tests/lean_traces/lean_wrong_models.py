"""Wrong Lean models: rules that theorems need, left out, and models of which theorems do not hold."""

from __future__ import annotations

from dataclasses import dataclass

from tests.lean_traces.lean_mutants import CONTRACT, GUARDS, MUTATIONS, OWNERSHIP, PLAN, TYPES


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
