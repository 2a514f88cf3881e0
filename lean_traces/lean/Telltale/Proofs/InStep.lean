module

public import Telltale.Proofs.Honest
public import Telltale.Proofs.Progress

/-!
Two ownerships in step: the same, generations apart, and so that an honest operation leaves them the same.
-/

@[expose] public section

namespace Telltale

/-- The two ownerships are the same, and what keeps them so. -/
structure InStep (d : Nat) (t h : Own) : Prop where
  same : SameOwn d t h
  counted : h.nextGen = generations t.log
  latest : ∀ o, t.owner = some o → o.gen + d + 1 = generations t.log
  staged : ∀ p, t.pending = some p →
    ∃ o, t.owner = some o ∧ p.fromOwner = o.owner ∧ p.fromGen = o.gen ∧ p.toGen = o.gen + 1
  unowned : t.owner = none → ∀ w, isCurrent w t.log = false
  over : ∀ r, t.terminal = some r → t.owner = none
  keyed : ∀ id w, find id t.issued = some w → w.id = id
  bound : ∀ id w o, find id t.issued = some w → isCurrent w t.log = true → t.owner = some o →
    w.session = o.session ∧ w.owner = o.owner ∧ w.gen = o.gen ∧ w.scope = o.scope ∧ o.scope = .session
  standing : t.terminal = none → t.status = .active ∨ t.status = .closed

namespace OwnOp
/-- The operation is a claim: a tenure begins, and with it another offset. -/
def isClaim : OwnOp → Bool
  | .claim _ _ => true
  | _ => false
end OwnOp

/-- The operation has the same answer under both contracts, and leaves the ownerships in step. -/
def GoesOn (d : Nat) (t h : Own) (op : OwnOp) : Prop :=
  ∃ e, (op.isClaim = false → e = d) ∧
    (act .hardened h (op.moved d)).outcome = (act .telltale17 t op).outcome.moved e ∧
    InStep e (after .telltale17 t op) (after .hardened h (op.moved d))

theorem goes_refused {d : Nat} {t h : Own} {op : OwnOp} (e : Failure) (hs : InStep d t h)
    (ht : act .telltale17 t op = refuse t e []) (hh : act .hardened h (op.moved d) = refuse h (e.moved d) []) :
    GoesOn d t h op := by
  refine ⟨d, fun _ => rfl, ?_, ?_⟩
  · rw [ht, hh]; rfl
  · unfold after; rw [ht, hh]; exact hs

namespace Own
/-- The ownership with records written to its log, oldest first. -/
def noting (s : Own) (added : List Record) : Own := { s with log := onto added s.log }
end Own

theorem goes_done {d e : Nat} {t h t' h' : Own} {op : OwnOp} {a : OwnAnswer} {added added' : List Record}
    (he : op.isClaim = false → e = d) (ht : act .telltale17 t op = done t' a added)
    (hh : act .hardened h (op.moved d) = done h' (a.moved e) added')
    (hs : InStep e (t'.noting added) (h'.noting added')) : GoesOn d t h op := by
  refine ⟨e, he, ?_, ?_⟩
  · rw [ht, hh]; rfl
  · unfold after; rw [ht, hh]; exact hs

/-! ### Logs and tables -/

theorem onto_cat {α} (xs ys zs : List α) : onto (cat xs ys) zs = onto ys (onto xs zs) := by
  induction xs generalizing zs with
  | nil => rfl
  | cons x xs ih => exact ih _

theorem endings_more (d : Nat) (h : Own) (old new : List Record) (hl : SameLog d old new) :
    SameLog d old (onto (Contract.hardened.endings h) new) := by
  change SameLog d old (onto (each Contract.endings.ended h.issued) new)
  generalize h.issued = ws
  induction ws generalizing new with
  | nil => exact hl
  | cons w ws ih => exact ih _ (.more (.witness w.2) hl)

theorem orphaned_more (d : Nat) (h : Own) (old new : List Record) (hl : SameLog d old new) :
    SameLog d old (onto (Contract.hardened.orphaned h) new) := by
  change SameLog d old (onto (match h.pending with
    | some r => [note (.receipt r) .rolledBack (some "owner died")]
    | none => []) new)
  cases h.pending with
  | none => exact hl
  | some r => exact .more (.receipt r) hl

theorem serves_open (k : Contract) (s : Status) (h : s ≠ .closed) : k.serves s = true := by
  cases k <;> cases s <;> simp [Contract.serves] at h ⊢

theorem saturate_below (n : Nat) (h : n < top) : saturate n = n + 1 := by simp [saturate, h]

theorem heldOf_none (d : Nat) (log : List Record) (w : Option Readiness) (h : ∀ w, isCurrent w log = false) :
    none = heldOf d log w := by
  cases w <;> simp [heldOf, h]

theorem in_step_fresh (d sid : Nat) (roles : List String) :
    InStep d (Own.fresh sid roles) (Own.fresh sid roles) := by
  refine ⟨⟨rfl, rfl, rfl, rfl, rfl, rfl, rfl, rfl, fun _ => rfl, rfl, .empty d⟩, rfl, ?_, ?_, ?_, ?_, ?_, ?_, ?_⟩
  all_goals simp [Own.fresh, find]

/-! ### A live owner and what is the same of it -/

/-- The session is open, its ownership has not ended, and `c` is its live capability. -/
structure Owned (d : Nat) (t h : Own) (c : Cap) : Prop where
  owner : t.owner = some c
  owner' : h.owner = some (c.moved d)
  terminal : t.terminal = none
  terminal' : h.terminal = none
  serves : Contract.telltale17.serves t.status = true
  serves' : Contract.hardened.serves h.status = true

theorem owned_of {d : Nat} {t h : Own} {c : Cap} (hs : InStep d t h) (hc : t.status ≠ .closed)
    (ho : t.owner = some c) : Owned d t h c := by
  have ht : t.terminal = none := by
    cases e : t.terminal with
    | none => rfl
    | some r => rw [hs.over r e] at ho; cases ho
  refine ⟨ho, by simp [hs.same.owner, ho], ht, by rw [hs.same.terminal, ht], serves_open _ _ hc, ?_⟩
  rw [hs.same.status]
  exact serves_open _ _ hc

theorem pending_none {d : Nat} {t h : Own} (hs : InStep d t h) (hp : t.pending = none) : h.pending = none := by
  rw [hs.same.pending, hp]; rfl

theorem pending_some {d : Nat} {t h : Own} {p : Receipt} (hs : InStep d t h) (hp : t.pending = some p) :
    h.pending = some (p.moved d) := by
  rw [hs.same.pending, hp]; rfl

end Telltale
