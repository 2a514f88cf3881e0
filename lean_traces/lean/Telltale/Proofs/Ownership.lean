module

public import Telltale.Proofs.Steps

/-!
What holds of ownership under both contracts, for one session and any sequence of operations on it.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-- The ownership after a sequence of operations. -/
def runOwn (k : Contract) (s : Own) : List OwnOp → Own
  | [] => s
  | op :: ops => runOwn k (after k s op) ops

/-- Whether the outcome is a success. -/
def OwnOutcome.isOk : OwnOutcome → Bool
  | .ok _ => true
  | .err _ => false

/-! ### Failing operations and the log -/

/-- A failing ownership operation changes nothing but the log. -/
theorem failing_changes_nothing (k : Contract) (s : Own) (op : OwnOp) (e : Failure)
    (h : (act k s op).outcome = .err e) : (act k s op).own = s := by
  cases op <;> simp at h ⊢ <;> grind

theorem closedOwn_log (k : Contract) (s : Own) : (k.closedOwn s).log = s.log := by
  cases k <;> rfl

theorem closedOwn_consumed (k : Contract) (s : Own) : (k.closedOwn s).consumed = s.consumed := by
  cases k <;> rfl

theorem log_untouched (k : Contract) (s : Own) (op : OwnOp) : (act k s op).own.log = s.log := by
  cases op <;> simp <;> grind [closedOwn_log]

/-- The log only grows: every operation leaves the old log as the tail of the new one. -/
theorem log_only_grows (k : Contract) (s : Own) (op : OwnOp) :
    (after k s op).log = onto (act k s op).added s.log := by
  simp only [after, log_untouched]

/-! ### Terminal reasons -/

theorem terminal_stays (k : Contract) (s : Own) (op : OwnOp) (r : Reason) (h : s.terminal = some r) :
    (after k s op).terminal = some r := by
  cases op <;> simp [after, h] <;> cases k <;> simp [Contract.closedOwn, h]

/-- K9: once a terminal reason is recorded it stays, whatever operations follow. -/
theorem K9_terminal_for_ever (k : Contract) (s : Own) (ops : List OwnOp) (r : Reason)
    (h : s.terminal = some r) : (runOwn k s ops).terminal = some r := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (terminal_stays k s op r h)

/-- K9: once a terminal reason is recorded, every ownership operation is refused with it, after any
sequence of operations. (Closing is no ownership operation.) -/
theorem K9_terminal_refuses (k : Contract) (s : Own) (ops : List OwnOp) (r : Reason) (op : OwnOp)
    (h : s.terminal = some r) (hc : op ≠ .close) :
    (act k (runOwn k s ops) op).outcome = .err (.terminal (runOwn k s ops).sid r) := by
  have ht := K9_terminal_for_ever k s ops r h
  cases op <;> simp [ht] at hc ⊢

/-! ### Stale capabilities -/

/-- The operations that take a capability. -/
def OwnOp.capability : OwnOp → Option Cap
  | .release c => some c
  | .transfer c _ _ => some c
  | .attenuate c _ => some c
  | .validate c => some c
  | .mutate c _ => some c
  | .issue c _ => some c
  | .consume c _ => some c
  | _ => none

/-- A capability of another owner or generation than the live one is refused by every operation that
takes a capability; as stale, with the live generation in the error, when ownership has not ended
and the session takes ownership operations. -/
theorem stale_refused (k : Contract) (s : Own) (op : OwnOp) (c o : Cap)
    (hop : op.capability = some c) (ho : s.owner = some o)
    (hstale : ¬ (c.owner = o.owner ∧ c.gen = o.gen)) :
    (act k s op).outcome.isOk = false ∧
    (s.terminal = none → k.serves s.status = true →
      (act k s op).outcome = .err (.stale s.sid c.owner c.gen o.gen)) := by
  cases op <;> simp [OwnOp.capability] at hop <;> subst hop <;> simp [ho, hstale] <;>
    grind [OwnOutcome.isOk]

/-! ### Transfers -/

/-- The operations that settle a transfer. -/
def OwnOp.settles : OwnOp → Option Receipt
  | .commit r => some r
  | .rollback r => some r
  | .abandon r => some r
  | .failCommit r _ => some r
  | _ => none

/-- K7: a receipt is accepted only when it is the pending one, in every field. -/
theorem K7_only_the_pending (k : Contract) (s : Own) (op : OwnOp) (r : Receipt)
    (hop : op.settles = some r) (h : (act k s op).outcome.isOk = true) : s.pending = some r := by
  cases op <;> simp [OwnOp.settles] at hop <;> subst hop <;> simp at h <;>
    grind [OwnOutcome.isOk]

/-- K7: at most one transfer is pending: two receipts that are accepted at the same moment, by
whatever operations, are the same receipt. -/
theorem K7_one_pending (k : Contract) (s : Own) (op op' : OwnOp) (r r' : Receipt)
    (hop : op.settles = some r) (hop' : op'.settles = some r')
    (h : (act k s op).outcome.isOk = true) (h' : (act k s op').outcome.isOk = true) : r = r' := by
  have a := K7_only_the_pending k s op r hop h
  have b := K7_only_the_pending k s op' r' hop' h'
  rw [a] at b
  exact Option.some.inj b

/-- K7: while a transfer is pending no other can begin. -/
theorem K7_no_second (k : Contract) (s : Own) (c : Cap) (to : String) (scope : Scope) (p : Receipt)
    (h : s.pending = some p) : (act k s (.transfer c to scope)).outcome.isOk = false := by
  simp; grind [OwnOutcome.isOk]

/-! ### Consuming -/

theorem consumed_stays (k : Contract) (s : Own) (op : OwnOp) (id : Nat) (h : has id s.consumed = true) :
    has id (after k s op).consumed = true := by
  have hi : ∀ (x : Nat) (l : List Nat), has id l = true → has id (insert natLt x l) = true := by
    intro x l
    induction l with
    | nil => simp [has]
    | cons y ys ih => intro hl; simp only [insert]; grind [has]
  cases op <;> simp [after] <;> grind [closedOwn_consumed]

theorem consumed_refused (k : Contract) (s : Own) (c : Cap) (w : Readiness)
    (h : has w.id s.consumed = true) : (act k s (.consume c w)).outcome.isOk = false := by
  simp [h]; grind [OwnOutcome.isOk]

theorem consumed_recorded (k : Contract) (s : Own) (c : Cap) (w : Readiness)
    (h : (act k s (.consume c w)).outcome.isOk = true) :
    has w.id (after k s (.consume c w)).consumed = true := by
  have hi : ∀ (l : List Nat), has w.id (insert natLt w.id l) = true := by
    intro l
    induction l with
    | nil => simp [insert, has]
    | cons y ys ih => simp only [insert]; grind [has]
  simp [after] at h ⊢; grind [OwnOutcome.isOk]

theorem consumed_run (k : Contract) (ops : List OwnOp) (s : Own) (id : Nat)
    (h : has id s.consumed = true) : has id (runOwn k s ops).consumed = true := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (consumed_stays k s op id h)

/-- K3: a witness consumed once is never consumed again, over any sequence of operations: no
witness with its id is. -/
theorem K3_consumed_once (k : Contract) (s : Own) (c : Cap) (w : Readiness) (ops : List OwnOp)
    (c' : Cap) (w' : Readiness) (h : (act k s (.consume c w)).outcome.isOk = true)
    (hid : w'.id = w.id) :
    (act k (runOwn k (after k s (.consume c w)) ops) (.consume c' w')).outcome.isOk = false := by
  apply consumed_refused
  rw [hid]
  exact consumed_run k ops _ _ (consumed_recorded k s c w h)

end Telltale
