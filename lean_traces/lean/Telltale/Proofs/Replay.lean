module

public import Telltale.Proofs.Refusals
public import Telltale.Proofs.Sessions

/-!
K12: the log alone tells who owns a session, which transfer is pending and which witnesses can be
consumed.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-- What the records of a log say is valid: the live capability, the pending receipt, the witnesses
that can be consumed. -/
structure Valid where
  owner : Option Cap
  pending : Option Receipt
  issued : List (Nat × Readiness)

/-- What is valid after one more record. Issued makes its artifact valid; Invalidated, Consumed,
Committed and RolledBack end the artifact that they name, and nothing else; all other records change
nothing. -/
def Valid.take (v : Valid) (r : Record) : Valid :=
  match r.artifact, r.event with
  | .cap c, .issued => { v with owner := some c }
  | .cap c, .invalidated => { v with owner := if v.owner = some c then none else v.owner }
  | .receipt p, .issued => { v with pending := some p }
  | .receipt p, .committed => { v with pending := if v.pending = some p then none else v.pending }
  | .receipt p, .rolledBack => { v with pending := if v.pending = some p then none else v.pending }
  | .readiness w, .issued => { v with issued := put natLt w.id w v.issued }
  | .readiness w, .consumed =>
    { v with issued := if find w.id v.issued = some w then drop w.id v.issued else v.issued }
  | .readiness w, .invalidated =>
    { v with issued := if find w.id v.issued = some w then drop w.id v.issued else v.issued }
  | _, _ => v

/-- What is valid after more records, oldest first. -/
def Valid.takeAll (v : Valid) : List Record → Valid
  | [] => v
  | r :: rs => (v.take r).takeAll rs

/-- A log (newest record first) replayed from its beginning. -/
def replayLog : List Record → Valid
  | [] => ⟨none, none, []⟩
  | r :: older => (replayLog older).take r

/-- What a session's state says is valid. -/
def Own.valid (s : Own) : Valid := ⟨s.owner, s.pending, s.issued⟩

/-- The operation names that session: a session is found by the sid in the capability or receipt. -/
def OwnOp.names (sid : Nat) : OwnOp → Prop
  | .release c => c.session = sid
  | .transfer c _ _ => c.session = sid
  | .attenuate c _ => c.session = sid
  | .validate c => c.session = sid
  | .mutate c _ => c.session = sid
  | .issue c _ => c.session = sid
  | .consume c _ => c.session = sid
  | .commit r => r.session = sid
  | .rollback r => r.session = sid
  | .abandon r => r.session = sid
  | .failCommit r _ => r.session = sid
  | _ => True

/-- Replaying the log gives the live capability, the pending receipt and the issued witnesses. -/
def K12 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp), (∀ op, op ∈ ops → op.names sid) →
    replayLog (reached k sid roles ops).log = (reached k sid roles ops).valid

theorem replay_onto (added log : List Record) :
    replayLog (onto added log) = (replayLog log).takeAll added := by
  induction added generalizing log with
  | nil => rfl
  | cons r rs ih => simp only [onto, ih, Valid.takeAll, replayLog]

theorem takeAll_cat (xs ys : List Record) (v : Valid) :
    v.takeAll (cat xs ys) = (v.takeAll xs).takeAll ys := by
  induction xs generalizing v with
  | nil => rfl
  | cons x xs ih => simp only [cat, Valid.takeAll, ih]

/-- A table of witnesses by their ids, ascending. -/
def Keyed : List (Nat × Readiness) → Prop
  | [] => True
  | (id, w) :: rest => id = w.id ∧ (∀ i, i ≤ id → find i rest = none) ∧ Keyed rest

theorem drop_absent (id : Nat) (ws : List (Nat × Readiness)) (h : find id ws = none) : drop id ws = ws := by
  induction ws with
  | nil => rfl
  | cons x xs ih =>
    obtain ⟨i, w⟩ := x
    simp only [find] at h
    simp only [drop]
    split at h
    · simp at h
    · next hne => rw [if_neg hne, ih h]

theorem keyed_drop (id : Nat) (ws : List (Nat × Readiness)) (h : Keyed ws) : Keyed (drop id ws) := by
  induction ws with
  | nil => exact h
  | cons x xs ih =>
    obtain ⟨i, w⟩ := x
    simp only [Keyed] at h
    simp only [drop]
    split
    · exact ih h.2.2
    · exact ⟨h.1, fun j hj => by rw [find_drop, h.2.1 j hj]; split <;> rfl, ih h.2.2⟩

theorem keyed_put (id : Nat) (w : Readiness) (e : id = w.id) (ws : List (Nat × Readiness))
    (h : Keyed ws) : Keyed (put natLt id w ws) := by
  subst e
  induction ws with
  | nil => simp [put, Keyed, find]
  | cons x xs ih =>
    obtain ⟨i, w'⟩ := x
    simp only [Keyed] at h
    simp only [put]
    split
    · next e => subst e; exact ⟨rfl, h.2⟩
    · next hne =>
      split
      · next hlt =>
        simp only [natLt, decide_eq_true_eq] at hlt
        refine ⟨rfl, fun j hj => ?_, h⟩
        simp only [find]
        rw [if_neg (by omega), h.2.1 j (by omega)]
      · next hlt =>
        simp only [natLt, decide_eq_false_iff_not] at hlt
        refine ⟨h.1, fun j hj => ?_, ih h.2.2⟩
        rw [find_put, if_neg (by omega), h.2.1 j hj]

theorem takeAll_ended (o : Option Cap) (p : Option Receipt) (ws : List (Nat × Readiness)) (h : Keyed ws) :
    (Valid.mk o p ws).takeAll (each Contract.endings.ended ws) = ⟨o, p, []⟩ := by
  induction ws with
  | nil => rfl
  | cons x xs ih =>
    obtain ⟨i, w⟩ := x
    simp only [Keyed] at h
    obtain ⟨rfl, hn, hk⟩ := h
    simp [each, Valid.takeAll, Valid.take, Contract.endings.ended, note, find, drop, drop_absent,
      hn w.id (Nat.le_refl _)]
    exact ih hk

/-- What `hardened` keeps of a session with that sid: its owner's capability names it, without an owner
it is vacant, and its witnesses are kept by their ids. -/
def sound (sid : Nat) (s : Own) : Prop :=
  s.sid = sid ∧ (∀ o, s.owner = some o → o.session = sid) ∧ tidy s ∧ Keyed s.issued

theorem owner_session (sid : Nat) (s : Own) (op : OwnOp) (hs : s.sid = sid)
    (h : ∀ o, s.owner = some o → o.session = sid) (o : Cap) :
    (after .hardened s op).owner = some o → o.session = sid := by
  cases op <;> simp [after, Contract.closedOwn] <;> grind

theorem keyed_after (s : Own) (op : OwnOp) (h : Keyed s.issued) :
    Keyed (after .hardened s op).issued := by
  cases op <;> simp [after, Contract.closedOwn, Contract.surviving] <;>
    grind [Keyed, keyed_put, keyed_drop]

theorem sound_after (sid : Nat) (s : Own) (op : OwnOp) (h : sound sid s) :
    sound sid (after .hardened s op) :=
  ⟨(sid_after _ s op).1.trans h.1, owner_session sid s op h.1 h.2.1, tidy_after s op h.2.2.1,
    keyed_after s op h.2.2.2⟩

theorem same_cap {sid : Nat} {c o : Cap} (hc : c.session = sid) (ho : o.session = sid)
    (h : c.owner = o.owner ∧ c.gen = o.gen) (hh : Contract.hardened.honest c.scope o.scope = true) :
    c = o := by
  cases c; cases o
  simp [Contract.honest] at hh
  simp_all

attribute [local simp] Valid.takeAll Valid.take takeAll_cat takeAll_ended note Own.valid
  Contract.endings Contract.surviving Contract.refusal Contract.unmatched notStaged notMatching endOwner
  Contract.orphaned Contract.closing Contract.closedOwn cat

theorem replay_step (sid : Nat) (s : Own) (op : OwnOp) (h : sound sid s) (hop : op.names sid) :
    s.valid.takeAll (act .hardened s op).added = (act .hardened s op).own.valid := by
  obtain ⟨hs, ho, ht, hk⟩ := h
  unfold tidy at ht
  cases op with
  | release c =>
    simp
    (repeat' split) <;> try rfl
    next hl h hh _ _ =>
      have := same_cap hop (ho _ hl) h hh
      simp_all
  | attenuate c scope =>
    simp
    (repeat' split) <;> try rfl
    next hl h hh _ _ _ _ =>
      have := same_cap hop (ho _ hl) h hh
      simp_all
  | _ =>
    simp
    (repeat' split) <;> simp_all

/-- K12 holds under `hardened`: replaying the log of a session, after any sequence of operations on
it, gives its live capability, its pending receipt and its issued witnesses. -/
theorem K12_hardened : K12 .hardened := by
  intro sid roles ops hops
  have : ∀ (ops : List OwnOp) (s : Own), (∀ op, op ∈ ops → op.names sid) → sound sid s →
      replayLog s.log = s.valid → replayLog (runOwn .hardened s ops).log = (runOwn .hardened s ops).valid := by
    intro ops
    induction ops with
    | nil => exact fun s _ _ h => h
    | cons op ops ih =>
      intro s hops hs h
      refine ih _ (fun op h => hops op (by simp [h])) (sound_after sid s op hs) ?_
      rw [log_only_grows, replay_onto, h]
      exact replay_step sid s op hs (hops op (by simp))
  exact this ops _ hops ⟨rfl, by simp [Own.fresh], by simp [tidy, Own.fresh], by simp [Keyed, Own.fresh]⟩ rfl

/-- K12: a live owner stops being the owner only with the Invalidated record of that ownership, in whatever state of a
session, under `hardened`. -/
theorem K12_owner_ends_recorded (s : Own) (op : OwnOp) (o : Cap) (ho : s.owner = some o)
    (h : (after .hardened s op).owner ≠ some o) :
    ∃ c why, note (.cap c) .invalidated (some why) ∈ (act .hardened s op).added ∧ c.owner = o.owner ∧ c.gen = o.gen := by
  have first (c : Cap) (why : String) (rest : List Record) (hc : c.owner = o.owner ∧ c.gen = o.gen) :
      ∃ c why', note (.cap c) .invalidated (some why') ∈ note (.cap c) .invalidated (some why) :: rest ∧
        c.owner = o.owner ∧ c.gen = o.gen := ⟨c, why, .head _, hc⟩
  by_cases hop : op = .close
  · subst hop
    exact ⟨o, "session closed", by simp [Contract.closing, ho, cat], rfl, rfl⟩
  · cases op <;> simp [after, ho, endOwner] at hop h ⊢ <;> grind

end Telltale
