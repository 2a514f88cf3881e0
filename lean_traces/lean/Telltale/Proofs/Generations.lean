module

public import Telltale.Proofs.Ownership
public import Telltale.Proofs.Tables

/-!
Generations, transfers and witnesses: what a commit gives under both contracts, and what
`hardened` promises of invalidated capabilities and of granted scopes.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-! ### The claims, as properties of a contract -/

/-- The ownership of a fresh session after a sequence of operations. -/
def reached (k : Contract) (sid : Nat) (roles : List String) (ops : List OwnOp) : Own :=
  runOwn k (Own.fresh sid roles) ops

/-- The operation invalidated that capability: it logged its Invalidated. -/
def invalidates (k : Contract) (s : Own) (op : OwnOp) (c : Cap) : Prop :=
  ∃ why, note (.cap c) .invalidated (some why) ∈ (act k s op).added

/-- A capability once invalidated is never accepted again, by no operation that takes one. -/
def K1 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (c : Cap) (later : List OwnOp)
    (use : OwnOp),
    invalidates k (reached k sid roles ops) op c → use.capability = some c →
    (act k (runOwn k (after k (reached k sid roles ops) op) later) use).outcome.isOk = false

/-- A witness that was issued before a capability was invalidated is never consumed after it. -/
def K2 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (c : Cap) (w : Readiness)
    (later : List OwnOp) (c' : Cap),
    find w.id (reached k sid roles ops).issued = some w →
    invalidates k (reached k sid roles ops) op c →
    (act k (runOwn k (after k (reached k sid roles ops) op) later) (.consume c' w)).outcome.isOk = false

/-- One scope within another: the session contains all, fragments contain fragments. -/
def Scope.within : Scope → Scope → Prop
  | _, .session => True
  | .session, .fragments _ => False
  | .fragments new, .fragments live => ∀ x, x ∈ new → x ∈ live

/-- Attenuating never gives more than the live owner has. -/
def K4 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (c o n : Cap) (scope : Scope),
    (reached k sid roles ops).owner = some o →
    (act k (reached k sid roles ops) (.attenuate c scope)).outcome = .ok (.cap n) →
    n.scope.within o.scope

/-- After a commit the live generation is the receipt's to_generation, exactly one above
from_generation. -/
def K8 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (r : Receipt) (c : Cap),
    (act k (reached k sid roles ops) (.commit r)).outcome = .ok (.cap c) →
    (after k (reached k sid roles ops) (.commit r)).owner = some c ∧
    c.gen = r.toGen ∧ c.gen = r.fromGen + 1

/-! ### Commit -/

/-- A pending receipt names the generation after the one it comes from. -/
def staged (k : Contract) (s : Own) : Prop :=
  ∀ p, s.pending = some p → p.toGen = k.nextOf p.fromGen

theorem staged_after (k : Contract) (s : Own) (op : OwnOp) (h : staged k s) : staged k (after k s op) := by
  unfold staged at h ⊢
  cases op <;> simp [after] <;> cases k <;> grind [Contract.closedOwn]

theorem staged_run (k : Contract) (ops : List OwnOp) (s : Own) (h : staged k s) :
    staged k (runOwn k s ops) := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (staged_after k s op h)

theorem staged_reached (k : Contract) (sid : Nat) (roles : List String) (ops : List OwnOp) :
    staged k (reached k sid roles ops) :=
  staged_run k ops _ (by simp [staged, Own.fresh])

theorem committed_owner (k : Contract) (s : Own) (r : Receipt) (c : Cap)
    (h : (act k s (.commit r)).outcome = .ok (.cap c)) : (after k s (.commit r)).owner = some c := by
  simp [after] at h ⊢; grind

/-- K8, `telltale17`: a commit makes the live generation exactly the receipt's to_generation. -/
theorem K8_commit_gives_to_generation (s : Own) (r : Receipt) (c : Cap)
    (h : (act .telltale17 s (.commit r)).outcome = .ok (.cap c)) :
    (after .telltale17 s (.commit r)).owner = some c ∧ c.gen = r.toGen := by
  refine ⟨committed_owner _ s r c h, ?_⟩
  simp [Contract.committedGeneration] at h; grind

/-- K8, `telltale17`: below the bound that is exactly one above from_generation, after any sequence
of operations on a fresh session. -/
theorem K8_commit_one_above (sid : Nat) (roles : List String) (ops : List OwnOp) (r : Receipt) (c : Cap)
    (h : (act .telltale17 (reached .telltale17 sid roles ops) (.commit r)).outcome = .ok (.cap c))
    (bound : r.fromGen < top) : c.gen = r.fromGen + 1 := by
  have hg := (K8_commit_gives_to_generation _ r c h).2
  have hp := K7_only_the_pending .telltale17 _ (.commit r) r rfl (by rw [h]; rfl)
  have hs := staged_reached .telltale17 sid roles ops r hp
  simp only [Contract.nextOf, saturate, bound, if_true] at hs
  rw [hg, hs]

/-! ### What `hardened` keeps -/

/-- Generations in use are below the counter, and a pending receipt is of the live generation. -/
def orderly (s : Own) : Prop :=
  (∀ o, s.owner = some o → o.gen + 1 = s.nextGen) ∧
  (∀ p, s.pending = some p → p.fromGen + 1 = s.nextGen) ∧
  (∀ id w, find id s.issued = some w → w.gen < s.nextGen)

theorem orderly_owner (s : Own) (op : OwnOp) (h : orderly s) (o : Cap) :
    (after .hardened s op).owner = some o → o.gen + 1 = (after .hardened s op).nextGen := by
  obtain ⟨h, _, _⟩ := h
  cases op <;> simp [after, Contract.spendGeneration, Contract.claimGeneration, Contract.committedGeneration,
    Contract.attenuatedGeneration, Contract.closedOwn] <;> grind

theorem orderly_pending (s : Own) (op : OwnOp) (h : orderly s) (p : Receipt) :
    (after .hardened s op).pending = some p → p.fromGen + 1 = (after .hardened s op).nextGen := by
  obtain ⟨h, h', _⟩ := h
  cases op <;> simp [after, Contract.spendGeneration, Contract.claimGeneration, Contract.committedGeneration,
    Contract.attenuatedGeneration, Contract.closedOwn] <;> grind

theorem orderly_issued (s : Own) (op : OwnOp) (h : orderly s) (id : Nat) (w : Readiness) :
    find id (after .hardened s op).issued = some w → w.gen < (after .hardened s op).nextGen := by
  obtain ⟨h, _, h'⟩ := h
  have h'' := h' id w
  cases op <;> simp [after, Contract.spendGeneration, Contract.claimGeneration, Contract.committedGeneration,
    Contract.attenuatedGeneration, Contract.closedOwn, Contract.surviving] <;>
    grind [find, find_put, find_drop]

theorem orderly_after (s : Own) (op : OwnOp) (h : orderly s) : orderly (after .hardened s op) :=
  ⟨orderly_owner s op h, orderly_pending s op h, orderly_issued s op h⟩

theorem orderly_run (ops : List OwnOp) (s : Own) (h : orderly s) : orderly (runOwn .hardened s ops) := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (orderly_after s op h)

theorem orderly_reached (sid : Nat) (roles : List String) (ops : List OwnOp) :
    orderly (reached .hardened sid roles ops) :=
  orderly_run ops _ (by simp [orderly, Own.fresh, find])

/-- K8 holds under `hardened`: after a commit the live generation is the receipt's to_generation, exactly
one above from_generation, after any sequence of operations on a fresh session. -/
theorem K8_hardened : K8 .hardened := by
  intro sid roles ops r c h
  have ho := (orderly_reached sid roles ops).2.1 r
  have hs := staged_reached .hardened sid roles ops r
  have hp := K7_only_the_pending .hardened _ (.commit r) r rfl (by rw [h]; rfl)
  refine ⟨committed_owner _ _ r c h, ?_⟩
  simp [Contract.committedGeneration] at h
  grind [Contract.nextOf]

/-- From now on every generation is `n` or later. -/
def since (n : Nat) (s : Own) : Prop :=
  n ≤ s.nextGen ∧ ∀ o, s.owner = some o → n ≤ o.gen

theorem since_after (n : Nat) (s : Own) (op : OwnOp) (h : since n s) :
    since n (after .hardened s op) := by
  unfold since at h ⊢
  cases op <;> simp [after, Contract.spendGeneration, Contract.claimGeneration, Contract.committedGeneration,
    Contract.attenuatedGeneration, Contract.closedOwn] <;> grind

theorem since_run (n : Nat) (ops : List OwnOp) (s : Own) (h : since n s) :
    since n (runOwn .hardened s ops) := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (since_after n s op h)

theorem not_ended (c : Cap) (why : String) (ws : List (Nat × Readiness)) :
    ¬ (⟨none, .cap c, .invalidated, some why⟩ : Record) ∈ each Contract.endings.ended ws := by
  induction ws with
  | nil => simp [each]
  | cons w ws ih =>
    simp only [each, List.mem_cons, not_or]
    exact ⟨by simp [Contract.endings.ended, note], ih⟩

theorem invalidates_live (s : Own) (op : OwnOp) (c : Cap) (hi : invalidates .hardened s op c) :
    (∃ o, s.owner = some o ∧ c.gen = o.gen) ∧ since s.nextGen (after .hardened s op) := by
  unfold invalidates at hi
  obtain ⟨why, hi⟩ := hi
  unfold since
  cases op <;> simp [Contract.refusal, Contract.unmatched, notStaged, notMatching, endOwner,
    Contract.endings, Contract.orphaned, Contract.closing] at hi <;>
    (repeat' split at hi) <;> simp_all [note, mem_cat, not_ended, cat, after, Contract.spendGeneration,
      Contract.claimGeneration, Contract.committedGeneration, Contract.attenuatedGeneration, Contract.closedOwn]

theorem invalidates_since (s : Own) (op : OwnOp) (c : Cap) (h : orderly s)
    (hi : invalidates .hardened s op c) :
    c.gen < s.nextGen ∧ since s.nextGen (after .hardened s op) := by
  obtain ⟨⟨o, ho, hc⟩, hs⟩ := invalidates_live s op c hi
  have := h.1 o ho
  exact ⟨by omega, hs⟩

theorem old_refused (s : Own) (n : Nat) (use : OwnOp) (c : Cap) (hs : since n s) (hc : c.gen < n)
    (hu : use.capability = some c) : (act .hardened s use).outcome.isOk = false := by
  unfold since at hs
  cases use <;> simp [OwnOp.capability] at hu <;> subst hu <;> simp <;> grind [OwnOutcome.isOk]

/-- K1 holds under `hardened`: a capability once invalidated is never accepted again. -/
theorem K1_hardened : K1 .hardened := by
  intro sid roles ops op c later use hi hu
  have ⟨hc, hs⟩ := invalidates_since _ op c (orderly_reached sid roles ops) hi
  exact old_refused _ _ use c (since_run _ later _ hs) hc hu

theorem old_witness_refused (s : Own) (n : Nat) (c : Cap) (w : Readiness) (hs : since n s)
    (hw : w.gen < n) : (act .hardened s (.consume c w)).outcome.isOk = false := by
  unfold since at hs
  simp; grind [OwnOutcome.isOk]

/-- K2 holds under `hardened`: a witness can be consumed only under the claim that issued it: once a
capability was invalidated, no witness issued before is consumed. -/
theorem K2_hardened : K2 .hardened := by
  intro sid roles ops op c w later c' hw hi
  have ho := orderly_reached sid roles ops
  have ⟨_, hs⟩ := invalidates_since _ op c ho hi
  exact old_witness_refused _ _ c' w (since_run _ later _ hs) (ho.2.2 _ w hw)

theorem has_mem (x : String) (xs : List String) : has x xs = true → x ∈ xs := by
  induction xs with
  | nil => simp [has]
  | cons y ys ih => simp only [has]; grind

theorem allIn_mem (xs ys : List String) (h : Scope.isWithin.allIn xs ys = true) :
    ∀ x, x ∈ xs → x ∈ ys := by
  induction xs with
  | nil => simp
  | cons y more ih =>
    simp [Scope.isWithin.allIn] at h
    intro x hx
    cases hx with
    | head => exact has_mem _ _ h.1
    | tail _ hx => exact ih h.2 x hx

theorem isWithin_within (new live : Scope) (h : new.isWithin live = true) : new.within live := by
  cases new <;> cases live <;> simp [Scope.isWithin, Scope.within] at h ⊢
  exact allIn_mem _ _ h

/-- K4 holds under `hardened`: attenuating never adds authority. -/
theorem K4_hardened : K4 .hardened := by
  intro sid roles ops c o n scope ho h
  simp [ho] at h
  grind [Contract.mayAttenuate, isWithin_within]

end Telltale
