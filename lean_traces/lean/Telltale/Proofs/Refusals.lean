module

public import Telltale.Proofs.Generations

/-!
Refusals and endings: what `hardened` promises of forged scopes, of closed and ended sessions, of
refused receipts and witnesses, and of witness ids.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-! ### The claims, as properties of a contract -/

/-- A capability whose scope differs from the live one is refused by every operation that takes a
capability. -/
def K6 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (c : Cap),
    op.capability = some c →
    (∀ o, (reached k sid roles ops).owner = some o → c.scope ≠ o.scope) →
    (act k (reached k sid roles ops) op).outcome.isOk = false

/-- The status that a terminal reason gives. -/
def Reason.status : Reason → Status
  | .abandoned _ _ => .cancelled
  | r => .faulted r

/-- Whatever operations there were, closing included, the status of an ended session is the one
that its terminal reason gives. -/
def K9Status (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (r : Reason),
    (reached k sid roles ops).terminal = some r → (reached k sid roles ops).status = r.status

/-- Nothing is left of an ownership: nobody owns, no transfer is pending, no witness can be consumed. -/
def Own.vacant (s : Own) : Prop := s.owner = none ∧ s.pending = none ∧ s.issued = []

/-- After a close and whatever follows, the ownership is vacant and every ownership operation is
refused. -/
def K11 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops later : List OwnOp),
    (runOwn k (after k (reached k sid roles ops) .close) later).vacant ∧
    ∀ op, op ≠ .close →
      (act k (runOwn k (after k (reached k sid roles ops) .close) later) op).outcome.isOk = false

/-- The receipt or witness that an operation is given. -/
def OwnOp.given : OwnOp → Option Artifact
  | .commit r => some (.receipt r)
  | .rollback r => some (.receipt r)
  | .abandon r => some (.receipt r)
  | .failCommit r _ => some (.receipt r)
  | .consume _ w => some (.readiness w)
  | _ => none

/-- An operation that refuses its receipt or witness logs it as Rejected, with a reason, and logs
nothing else. -/
def K13 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (a : Artifact),
    op.given = some a → (act k (reached k sid roles ops) op).outcome.isOk = false →
    ∃ why, (act k (reached k sid roles ops) op).added = [note a .rejected (some why)]

/-- The id of the witness that an operation gave out. -/
def OwnOutcome.witness : OwnOutcome → Option Nat
  | .ok (.readiness w) => some w.id
  | .ok (.cancellation x) => some x.id
  | _ => none

/-- Of two witnesses of a session the later has the larger id: none is given out twice. -/
def K3 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (later : List OwnOp) (op' : OwnOp)
    (id id' : Nat),
    (act k (reached k sid roles ops) op).outcome.witness = some id →
    (act k (runOwn k (after k (reached k sid roles ops) op) later) op').outcome.witness = some id' →
    id < id'

/-! ### Scopes -/

/-- K6 holds under `hardened`: a capability whose scope differs from the live one is refused by every
operation that takes a capability. -/
theorem K6_hardened : K6 .hardened := by
  intro sid roles ops op c hop hc
  generalize reached .hardened sid roles ops = s at hc ⊢
  cases op <;> simp [OwnOp.capability] at hop <;> subst hop <;> simp <;>
    grind [OwnOutcome.isOk, Contract.honest]

/-! ### Refused receipts and witnesses -/

/-- K13 holds under `hardened`: every refused receipt (commit, rollback, cancel, fault) and every
refused witness is logged as Rejected, with a reason, and nothing else is logged. -/
theorem K13_hardened : K13 .hardened := by
  intro sid roles ops op a hop
  generalize reached .hardened sid roles ops = s
  cases op <;> simp [OwnOp.given] at hop <;> subst hop <;>
    simp only [act, commit, rollback, abandon, failCommit, consume, gOpen, gActive, gOwned, gLive, gHonest, gScope,
      gStaged, gMatch, gGiver, gCounter, gUnconsumed, gIssued, gUnchanged, gBound, refuseWitness, refuse, done,
      Contract.refusal, Contract.unmatched, notStaged, notMatching] <;>
    (repeat' split) <;> first | exact fun _ => ⟨_, rfl⟩ | exact fun h => nomatch h

/-! ### Ended and closed sessions -/

/-- The status and the terminal reason fit; without a reason a session is active or closed. -/
def fits (s : Own) : Prop :=
  (∀ r, s.terminal = some r → s.status = r.status) ∧
  (s.terminal = none → s.status = .active ∨ s.status = .closed)

theorem closedStatus_reason (r : Reason) : Contract.hardened.closedStatus r.status = r.status := by
  cases r <;> rfl

theorem fits_after (s : Own) (op : OwnOp) (h : fits s) : fits (after .hardened s op) := by
  unfold fits at h ⊢
  cases op <;> simp [after, Contract.closedOwn] <;>
    grind [Reason.status, Contract.closedStatus, closedStatus_reason]

/-- What `hardened` keeps of an ownership: without an owner it is vacant. -/
def tidy (s : Own) : Prop := s.owner = none → s.pending = none ∧ s.issued = []

theorem tidy_after (s : Own) (op : OwnOp) (h : tidy s) : tidy (after .hardened s op) := by
  unfold tidy at h ⊢
  cases op <;> simp [after, Contract.closedOwn, Contract.surviving] <;> grind

-- What holds of a fresh ownership, and is kept by every operation, holds for ever.
theorem kept_reached (p : Own → Prop) (k : Contract) (step : ∀ s op, p s → p (after k s op))
    (sid : Nat) (roles : List String) (start : p (Own.fresh sid roles)) (ops : List OwnOp) :
    p (reached k sid roles ops) := by
  unfold reached
  generalize Own.fresh sid roles = s at start
  induction ops generalizing s with
  | nil => exact start
  | cons op ops ih => exact ih _ (step s op start)

/-- K9 holds for the status as well under `hardened`: whatever operations there were, closing
included, the status of an ended session is Cancelled or Faulted as its terminal reason says. -/
theorem K9_hardened_status : K9Status .hardened := by
  intro sid roles ops r h
  have := kept_reached fits .hardened fits_after sid roles (by simp [fits, Own.fresh]) ops
  exact this.1 r h

/-- Closed or ended, and vacant. -/
def over (s : Own) : Prop := s.vacant ∧ (s.terminal = none → s.status = .closed)

theorem over_refused (s : Own) (op : OwnOp) (h : over s) (hop : op ≠ .close) :
    (act .hardened s op).outcome.isOk = false := by
  unfold over at h
  cases ht : s.terminal <;> cases op <;>
    simp_all [OwnOutcome.isOk, Contract.serves]

theorem over_after (s : Own) (op : OwnOp) (h : over s) : over (after .hardened s op) := by
  by_cases hop : op = .close
  · subst hop
    simp_all [over, Own.vacant, after, Contract.closedOwn, Contract.closedStatus]
  · have hr := over_refused s op h hop
    cases ho : (act .hardened s op).outcome with
    | ok a => rw [ho] at hr; simp [OwnOutcome.isOk] at hr
    | err e =>
      unfold over Own.vacant at h ⊢
      simp only [after, failing_changes_nothing _ _ _ e ho]
      exact h

theorem over_run (ops : List OwnOp) (s : Own) (h : over s) : over (runOwn .hardened s ops) := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (over_after s op h)

/-- K11 holds under `hardened`: closing ends the ownership, the pending transfer and the witnesses,
and after it every ownership operation is refused, whatever operations follow. -/
theorem K11_hardened : K11 .hardened := by
  intro sid roles ops later
  have hf := kept_reached fits .hardened fits_after sid roles (by simp [fits, Own.fresh]) ops
  have ht := kept_reached tidy .hardened tidy_after sid roles (by simp [tidy, Own.fresh]) ops
  have ho : over (after .hardened (reached .hardened sid roles ops) .close) := by
    generalize reached .hardened sid roles ops = s at hf ht ⊢
    unfold fits at hf
    unfold tidy at ht
    simp [over, Own.vacant, after, Contract.closedOwn]
    grind [Contract.closedStatus]
  have := over_run later _ ho
  exact ⟨this.1, fun op hop => over_refused _ op this hop⟩

/-! ### Witness ids -/

theorem witness_id (s : Own) (op : OwnOp) (id : Nat)
    (h : (act .hardened s op).outcome.witness = some id) :
    id = s.nextWitness ∧ (after .hardened s op).nextWitness = id + 1 := by
  cases op <;> simp [after] at h ⊢ <;> grind [OwnOutcome.witness, Contract.spend]

theorem witness_counter (s : Own) (op : OwnOp) (n : Nat)
    (h : n ≤ s.nextWitness) : n ≤ (after .hardened s op).nextWitness := by
  cases op <;> simp [after, Contract.closedOwn, Contract.spend] <;> grind

theorem witness_counter_run (ops : List OwnOp) (s : Own) (n : Nat) (h : n ≤ s.nextWitness) :
    n ≤ (runOwn .hardened s ops).nextWitness := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (witness_counter s op n h)

/-- K3 holds under `hardened`, of ids too: of two witnesses that a session gives out, the later has
the larger id, so none is given out twice. -/
theorem K3_hardened : K3 .hardened := by
  intro sid roles ops op later op' id id' h h'
  have hw := witness_id _ op id h
  have hl := witness_counter_run later _ (id + 1) (Nat.le_of_eq hw.2.symm)
  have := (witness_id _ op' id' h').1
  omega

/-! ### Numbers -/

namespace OwnAnswer

/-- Every number that is given out with the answer is one that a counter has (H2). -/
def isCounted : OwnAnswer → Prop
  | .null => True
  | .cap c => c.gen ≤ top
  | .receipt r => r.claim ≤ top ∧ r.toGen ≤ top
  | .readiness w => w.id ≤ top
  | .cancellation x => x.id ≤ top

end OwnAnswer

/-- H2: every generation, claim id and witness id that `hardened` gives out is at most 2^64 - 1, in whatever state of
a session. -/
theorem given_numbers_counted (s : Own) (op : OwnOp) (a : OwnAnswer) (h : (act .hardened s op).outcome = .ok a) :
    a.isCounted := by
  cases op <;> simp at h <;> grind [OwnAnswer.isCounted, Contract.mayGive]

end Telltale
