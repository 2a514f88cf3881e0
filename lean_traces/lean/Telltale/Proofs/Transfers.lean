module

public import Telltale.Proofs.Refusals
public import Telltale.Proofs.Sessions

/-!
K5, K19 and K21: what a receipt is good for, and how often.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-- A transfer grants no more than the giver has: neither its receipt, nor the capability that a commit gives. -/
def K5 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (c o n : Cap) (r : Receipt) (to : String)
    (scope : Scope),
    (reached k sid roles ops).owner = some o →
    ((act k (reached k sid roles ops) (.transfer c to scope)).outcome = .ok (.receipt r) →
      r.scope.within o.scope) ∧
    ((act k (reached k sid roles ops) (.commit r)).outcome = .ok (.cap n) → n.scope.within o.scope)

/-- The claim id that an operation gave out. -/
def OwnOutcome.claim : OwnOutcome → Option Nat
  | .ok (.receipt r) => some r.claim
  | _ => none

/-- Of two claim ids of a session the later is larger, so none is given out twice. A receipt with which a
transfer was settled, or whose transfer ended in another way, settles nothing afterwards, nor does another with
its claim id. -/
def K19 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (later : List OwnOp) (op' : OwnOp),
    (∀ id id', (act k (reached k sid roles ops) op).outcome.claim = some id →
      (act k (runOwn k (after k (reached k sid roles ops) op) later) op').outcome.claim = some id' → id < id') ∧
    (∀ r r', op.settles = some r → (act k (reached k sid roles ops) op).outcome.isOk = true →
      op'.settles = some r' → r'.claim = r.claim →
      (act k (runOwn k (after k (reached k sid roles ops) op) later) op').outcome.isOk = false) ∧
    (∀ r r', (reached k sid roles ops).pending = some r →
      (after k (reached k sid roles ops) op).pending ≠ some r →
      op'.settles = some r' → r'.claim = r.claim →
      (act k (runOwn k (after k (reached k sid roles ops) op) later) op').outcome.isOk = false)

/-- After a commit the live owner, generation, scope and session are the receipt's, which was pending. -/
def K21 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (r : Receipt) (a : OwnAnswer),
    (act k (reached k sid roles ops) (.commit r)).outcome = .ok a →
    (reached k sid roles ops).pending = some r ∧ a = .cap ⟨r.session, r.toOwner, r.toGen, r.scope⟩ ∧
    (after k (reached k sid roles ops) (.commit r)).owner = some ⟨r.session, r.toOwner, r.toGen, r.scope⟩

/-! ### Granted scopes -/

/-- The pending receipt's scope is within the live owner's. -/
def grantedWithin (s : Own) : Prop :=
  ∀ p o, s.pending = some p → s.owner = some o → p.scope.within o.scope

theorem grantedWithin_after (s : Own) (op : OwnOp) (h : grantedWithin s) :
    grantedWithin (after .hardened s op) := by
  unfold grantedWithin at h ⊢
  cases op <;> simp [after, Contract.closedOwn, Contract.mayTransfer] <;> grind [isWithin_within]

/-- K5 holds under `hardened`: a transfer grants no more than the giver has, neither by its receipt nor by the
capability that a commit gives. -/
theorem K5_hardened : K5 .hardened := by
  intro sid roles ops c o n r to scope ho
  have hg := kept_reached grantedWithin .hardened grantedWithin_after sid roles
    (by simp [grantedWithin, Own.fresh]) ops
  constructor
  · intro h
    simp [ho] at h
    grind [Contract.mayTransfer, isWithin_within]
  · intro h
    have := hg r o (K7_only_the_pending .hardened _ (.commit r) r rfl (by rw [h]; rfl)) ho
    simp at h
    grind

/-! ### Claim ids -/

theorem claim_id (s : Own) (op : OwnOp) (id : Nat) (h : (act .hardened s op).outcome.claim = some id) :
    id = s.nextClaim ∧ (after .hardened s op).nextClaim = id + 1 := by
  cases op <;> simp [after] at h ⊢ <;> grind [OwnOutcome.claim, Contract.spend]

/-- The next claim id is at least `n`, and so is the pending receipt's. -/
def claimsFrom (n : Nat) (s : Own) : Prop := n ≤ s.nextClaim ∧ ∀ p, s.pending = some p → n ≤ p.claim

theorem claims_counter (s : Own) (op : OwnOp) : s.nextClaim ≤ (after .hardened s op).nextClaim := by
  cases op <;> simp [after, Contract.closedOwn, Contract.spend] <;> grind

theorem claims_pending (s : Own) (op : OwnOp) (p : Receipt)
    (h : (after .hardened s op).pending = some p) :
    s.pending = some p ∨ (s.pending = none ∧ p.claim = s.nextClaim ∧ s.nextClaim < (after .hardened s op).nextClaim) := by
  cases op <;> simp [after, Contract.closedOwn, Contract.spend] at h ⊢ <;> grind

theorem claimsFrom_after (n : Nat) (s : Own) (op : OwnOp) (h : claimsFrom n s) :
    claimsFrom n (after .hardened s op) := by
  refine ⟨Nat.le_trans h.1 (claims_counter s op), fun p hp => ?_⟩
  rcases claims_pending s op p hp with hp | ⟨_, hc, _⟩
  · exact h.2 p hp
  · rw [hc]; exact h.1

theorem claimsFrom_run (n : Nat) (ops : List OwnOp) (s : Own) (h : claimsFrom n s) :
    claimsFrom n (runOwn .hardened s ops) := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (claimsFrom_after n s op h)

/-- The pending receipt's claim id was given out. -/
def claimGiven (s : Own) : Prop := ∀ p, s.pending = some p → p.claim < s.nextClaim

theorem claimGiven_after (s : Own) (op : OwnOp) (h : claimGiven s) : claimGiven (after .hardened s op) := by
  intro p hp
  rcases claims_pending s op p hp with hp | ⟨_, hc, hn⟩
  · exact Nat.lt_of_lt_of_le (h p hp) (claims_counter s op)
  · rw [hc]; exact hn

theorem ended_for_ever (s : Own) (op : OwnOp) (r : Receipt) (later : List OwnOp) (op' : OwnOp) (r' : Receipt)
    (hg : claimGiven s) (hp : s.pending = some r) (hn : (after .hardened s op).pending ≠ some r)
    (hop : op'.settles = some r') (hid : r'.claim = r.claim) :
    (act .hardened (runOwn .hardened (after .hardened s op) later) op').outcome.isOk = false := by
  have start : claimsFrom (r.claim + 1) (after .hardened s op) := by
    refine ⟨Nat.le_trans (hg r hp) (claims_counter s op), fun p hp' => ?_⟩
    rcases claims_pending s op p hp' with h | ⟨h, _⟩
    · rw [hp] at h; cases h; exact absurd hp' hn
    · rw [hp] at h; cases h
  have := claimsFrom_run _ later _ start
  cases ho : (act .hardened (runOwn .hardened (after .hardened s op) later) op').outcome.isOk with
  | false => rfl
  | true =>
    have := this.2 r' (K7_only_the_pending .hardened _ op' r' hop ho)
    omega

theorem settled (k : Contract) (s : Own) (op : OwnOp) (r : Receipt) (hop : op.settles = some r)
    (h : (act k s op).outcome.isOk = true) : (after k s op).pending = none := by
  cases op <;> simp [OwnOp.settles] at hop <;> subst hop <;> simp [after] at h ⊢ <;>
    grind [OwnOutcome.isOk]

/-- K19 holds under `hardened`: a claim id is given out once, and a receipt commits, rolls back or ends at most
once, after any sequence of operations. -/
theorem K19_hardened : K19 .hardened := by
  intro sid roles ops op later op'
  have hg := kept_reached claimGiven .hardened claimGiven_after sid roles (by simp [claimGiven, Own.fresh]) ops
  refine ⟨?_, ?_, ?_⟩
  · intro id id' h h'
    have hc := claim_id _ op id h
    have : id + 1 ≤ (runOwn .hardened (after .hardened (reached .hardened sid roles ops) op) later).nextClaim := by
      generalize after .hardened (reached .hardened sid roles ops) op = s at hc
      have : ∀ (later : List OwnOp) (s : Own), s.nextClaim ≤ (runOwn .hardened s later).nextClaim := by
        intro later
        induction later with
        | nil => exact fun s => Nat.le_refl _
        | cons x xs ih => exact fun s => Nat.le_trans (claims_counter s x) (ih _)
      have := this later s
      omega
    have := (claim_id _ op' id' h').1
    omega
  · intro r r' hop h hop' hid
    exact ended_for_ever _ op r later op' r' hg (K7_only_the_pending _ _ op r hop h)
      (by rw [settled _ _ op r hop h]; simp) hop' hid
  · intro r r' hp hn hop' hid
    exact ended_for_ever _ op r later op' r' hg hp hn hop' hid

/-! ### Where a transfer leads -/

/-- A pending receipt is of this session. -/
def pendingHere (s : Own) : Prop := ∀ p, s.pending = some p → p.session = s.sid

theorem pendingHere_after (k : Contract) (s : Own) (op : OwnOp) (h : pendingHere s) :
    pendingHere (after k s op) := by
  unfold pendingHere at h ⊢
  cases op <;> simp [after] <;> cases k <;> grind [Contract.closedOwn]

theorem commit_gives (k : Contract) (s : Own) (r : Receipt) (a : OwnAnswer)
    (h : (act k s (.commit r)).outcome = .ok a) :
    a = .cap ⟨s.sid, r.toOwner, k.committedGeneration s r, r.scope⟩ ∧
    (after k s (.commit r)).owner = some ⟨s.sid, r.toOwner, k.committedGeneration s r, r.scope⟩ := by
  simp [after] at h ⊢; grind

theorem reaches (k : Contract) (generation : ∀ sid roles ops r,
    (reached k sid roles ops).pending = some r →
    k.committedGeneration (reached k sid roles ops) r = r.toGen) : K21 k := by
  intro sid roles ops r a h
  have hp := K7_only_the_pending k _ (.commit r) r rfl (by rw [h]; rfl)
  have hs := kept_reached pendingHere k (pendingHere_after k) sid roles (by simp [pendingHere, Own.fresh]) ops
  obtain ⟨ha, ho⟩ := commit_gives k _ r a h
  rw [generation sid roles ops r hp, ← hs r hp] at ha ho
  exact ⟨hp, ha, ho⟩

/-- K21 holds under `hardened`: after a commit the live owner, generation, scope and session are those of the
receipt, which was pending, after any sequence of operations. -/
theorem K21_hardened : K21 .hardened := by
  refine reaches .hardened fun sid roles ops r hp => ?_
  have := (orderly_reached sid roles ops).2.1 r hp
  have hs := staged_reached .hardened sid roles ops r hp
  simp only [Contract.nextOf] at hs
  simp only [Contract.committedGeneration]
  omega

/-- K21 holds under `telltale17` as well. -/
theorem K21_telltale17 : K21 .telltale17 := reaches .telltale17 fun _ _ _ _ _ => rfl

end Telltale
