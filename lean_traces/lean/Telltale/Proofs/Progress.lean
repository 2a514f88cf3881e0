module

public import Telltale.Proofs.Refusals
public import Telltale.Proofs.Sessions
public import Telltale.Proofs.Passing

/-!
K24: an honest client gets on, so that a store that refuses everything breaks a claim.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-- Who may do what with a session that is open: anybody may claim what nobody owns; its owner may release,
narrow and transfer it while no transfer is pending; the pending receipt settles its transfer; the owner of
the whole session may mutate what is the session's own, issue, and consume what was issued under this very
claim; the owner's death may be reported; everybody may close. -/
def May (s : Own) : OwnOp → Prop
  | .claim _ _ => s.owner = none
  | .release c => s.owner = some c ∧ s.pending = none
  | .transfer c _ scope => s.owner = some c ∧ s.pending = none ∧ scope.within c.scope
  | .commit r => s.pending = some r
  | .rollback r => s.pending = some r
  | .attenuate c scope => s.owner = some c ∧ s.pending = none ∧ scope.within c.scope
  | .validate c => s.owner = some c
  | .mutate c m => s.owner = some c ∧ c.scope = .session ∧ ∀ e, m.edge = some e → ownEdge s.sid s.roles e
  | .issue c _ => s.owner = some c ∧ c.scope = .session
  | .consume c w => s.owner = some c ∧ c.scope = .session ∧ find w.id s.issued = some w ∧
      w.session = c.session ∧ w.owner = c.owner ∧ w.gen = c.gen ∧ w.scope = c.scope
  | .ownerDied owner => ∃ o, s.owner = some o ∧ o.owner = owner
  | .abandon r => s.pending = some r
  | .failCommit r _ => s.pending = some r
  | .close => True

/-- Every counter has a number left; that of witnesses one more, since `telltale17` gives out its last again
and again. -/
def numbersLeft (s : Own) : Prop := s.nextGen ≤ top ∧ s.nextClaim ≤ top ∧ s.nextWitness < top

/-- In an open session whose counters have numbers left, whoever may do something can. -/
def K24 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp),
    (reached k sid roles ops).terminal = none → (reached k sid roles ops).status = .active →
    numbersLeft (reached k sid roles ops) → May (reached k sid roles ops) op →
    (act k (reached k sid roles ops) op).outcome.isOk = true

/-- A pending transfer is from the live owner. -/
def backed (s : Own) : Prop :=
  ∀ p, s.pending = some p → ∃ o, s.owner = some o ∧ o.owner = p.fromOwner ∧ o.gen = p.fromGen

theorem backed_after (k : Contract) (s : Own) (op : OwnOp) (h : backed s) : backed (after k s op) := by
  unfold backed at h ⊢
  cases op <;> simp [after] <;> cases k <;> grind [Contract.closedOwn]

theorem has_inserted (id x : Nat) (xs : List Nat) :
    has id (insert natLt x xs) = true ↔ id = x ∨ has id xs = true := by
  induction xs with
  | nil => simp [insert, has]
  | cons y ys ih => simp only [insert]; grind [has]

/-- While the counter of witnesses has numbers left, every id in use is below it, and none that is issued was
consumed. -/
def unspent (s : Own) : Prop :=
  s.nextWitness < top →
    (∀ id, has id s.consumed = true → id < s.nextWitness) ∧
    (∀ id w, find id s.issued = some w → id < s.nextWitness ∧ has id s.consumed = false)

theorem counter_grows (k : Contract) (n : Nat) (h : k.spend n < top) : k.spend n = n + 1 ∧ n < top := by
  cases k with
  | telltale17 =>
    simp only [Contract.spend, saturate] at h ⊢
    by_cases hn : n < top
    · simp [hn]
    · simp [hn] at h
  | hardened =>
    simp only [Contract.spend] at h
    exact ⟨rfl, by omega⟩

theorem fewer_closed (k : Contract) (s : Own) (id : Nat) (w : Readiness)
    (h : find id (k.closedOwn s).issued = some w) : find id s.issued = some w := by
  cases k <;> simp only [Contract.closedOwn] at h
  · exact h
  · split at h
    · simp [find] at h
    · exact h

theorem closed_counter (k : Contract) (s : Own) : (k.closedOwn s).nextWitness = s.nextWitness := by
  cases k <;> rfl

theorem fewer_surviving (k : Contract) (s : Own) (id : Nat) (w : Readiness)
    (h : find id (k.surviving s) = some w) : find id s.issued = some w := by
  cases k <;> simp [Contract.surviving, find] at h ⊢
  exact h

theorem fewer_remaining (k : Contract) (s : Own) (id : Nat) (w : Readiness)
    (h : find id (remaining k s) = some w) : find id s.issued = some w := by
  unfold remaining at h
  split at h
  · exact fewer_surviving k s id w h
  · exact h

theorem unspent_fewer {s : Own} (h : unspent s) (s' : Own) (hw : s'.nextWitness = s.nextWitness)
    (hc : s'.consumed = s.consumed)
    (hi : ∀ id w, find id s'.issued = some w → find id s.issued = some w) : unspent s' := by
  unfold unspent at h ⊢
  rw [hw, hc]
  exact fun hn => ⟨(h hn).1, fun id w hx => (h hn).2 id w (hi id w hx)⟩

theorem unspent_given (k : Contract) {s : Own} (h : unspent s) (s' : Own)
    (hw : s'.nextWitness = k.spend s.nextWitness) (hc : s'.consumed = s.consumed)
    (hi : ∀ id w, find id s'.issued = some w → id = s.nextWitness ∨ find id s.issued = some w) : unspent s' := by
  unfold unspent at h ⊢
  rw [hw, hc]
  intro hn
  obtain ⟨he, hn⟩ := counter_grows k _ hn
  have := h hn
  rw [he]
  refine ⟨fun id hx => by have := this.1 id hx; omega, fun id w hx => ?_⟩
  rcases hi id w hx with rfl | hx
  · refine ⟨by omega, ?_⟩
    cases hh : has s.nextWitness s.consumed with
    | false => rfl
    | true => have := this.1 _ hh; omega
  · have := this.2 id w hx
    exact ⟨by omega, this.2⟩

theorem unspent_consumed {s : Own} (h : unspent s) (id : Nat) (w : Readiness) (hf : find id s.issued = some w)
    (s' : Own) (hw : s'.nextWitness = s.nextWitness) (hc : s'.consumed = insert natLt id s.consumed)
    (hi : s'.issued = drop id s.issued) : unspent s' := by
  unfold unspent at h ⊢
  rw [hw, hc, hi]
  intro hn
  have hs := h hn
  have own := hs.2 id w hf
  constructor
  · intro x hx
    rcases (has_inserted x id s.consumed).mp hx with rfl | hx
    · exact own.1
    · exact hs.1 x hx
  · intro x y hx
    rw [find_drop] at hx
    split at hx
    · cases hx
    · next hne =>
      have := hs.2 x y hx
      refine ⟨this.1, ?_⟩
      cases hh : has x (insert natLt id s.consumed) with
      | false => rfl
      | true =>
        rcases (has_inserted x id s.consumed).mp hh with e | e
        · exact absurd e hne
        · rw [this.2] at e; cases e

/-- `unspent`, of the ownership after a turn. -/
def Turn.unspent (t : Turn) : Prop := Telltale.unspent t.own

theorem unspent_after (k : Contract) (s : Own) (op : OwnOp) (h : unspent s) : unspent (after k s op) := by
  have hr : OnRefusal Turn.unspent s := fun _ _ => h
  have survive := fewer_surviving k s
  have remain := fewer_remaining k s
  show Turn.unspent (act k s op)
  cases op with
  | claim owner scope =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_unowned hr fun _ => pass_idle hr fun _ =>
      pass_counter hr fun _ => h
  | release c =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_live hr fun _ =>
      pass_honest hr fun _ => pass_idle hr fun _ => unspent_fewer h _ rfl rfl survive
  | transfer c owner scope =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_live hr fun _ =>
      pass_honest hr fun _ => pass_idle hr fun _ => pass_within hr fun _ => pass_counter hr fun _ =>
      pass_counter hr fun _ => h
  | commit r =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_staged hr fun _ _ =>
      pass_match hr fun _ => pass_giver hr fun _ => pass_counter hr fun _ => unspent_fewer h _ rfl rfl survive
  | rollback r =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_staged hr fun _ _ => pass_match hr fun _ => h
  | attenuate c scope =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_live hr fun _ =>
      pass_honest hr fun _ => pass_idle hr fun _ => pass_within hr fun _ => pass_counter hr fun _ =>
      unspent_fewer h _ rfl rfl survive
  | validate c =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_live hr fun _ =>
      pass_honest hr fun _ => h
  | mutate c m =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_live hr fun _ =>
      pass_honest hr fun _ => pass_scope hr fun _ => pass_ownEdge hr h
  | issue c predicate =>
    refine pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_live hr fun _ =>
      pass_honest hr fun _ => pass_scope hr fun _ => pass_counter hr fun _ => unspent_given k h _ rfl rfl ?_
    intro id w hw
    have hw : find id (put natLt s.nextWitness ⟨s.nextWitness, c.session, c.owner, c.gen, c.scope, predicate⟩
      s.issued) = some w := hw
    rw [find_put] at hw
    split at hw
    · next e => exact .inl e
    · exact .inr hw
  | consume c w =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_live hr fun _ =>
      pass_honest hr fun _ => pass_scope hr fun _ => pass_unconsumed hr (pass_issued hr fun i hi =>
      pass_unchanged hr fun _ => pass_bound hr (unspent_consumed h w.id i hi _ rfl rfl rfl))
  | ownerDied owner =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_owned hr fun _ _ => pass_named hr fun _ =>
      pass_counter hr fun _ => unspent_given k h _ rfl rfl fun id w hw => .inr (survive id w hw)
  | abandon r =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_staged hr fun _ _ => pass_match hr fun _ =>
      pass_counter hr fun _ => unspent_given k h _ rfl rfl fun id w hw => .inr (remain id w hw)
  | failCommit r why =>
    exact pass_open hr fun _ => pass_active hr fun _ => pass_staged hr fun _ _ => pass_match hr fun _ =>
      unspent_fewer h _ rfl rfl remain
  | close => exact unspent_fewer h _ (closed_counter k s) (closedOwn_consumed k s) (fewer_closed k s)

theorem mem_has (x : String) (xs : List String) (h : x ∈ xs) : has x xs = true := by
  induction xs with
  | nil => simp at h
  | cons y ys ih => simp only [has]; grind

theorem within_isWithin (new live : Scope) (h : new.within live) : new.isWithin live = true := by
  cases new <;> cases live <;> simp [Scope.isWithin, Scope.within] at h ⊢
  next new live =>
    induction new with
    | nil => simp [Scope.isWithin.allIn]
    | cons x xs ih => simp_all [Scope.isWithin.allIn, mem_has]

theorem touches_allowed (k : Contract) (s : Own) (e : Edge) (h : ownEdge s.sid s.roles e) : k.mayTouch s e = true := by
  cases k <;> simp [Contract.mayTouch]
  exact ⟨⟨h.1, mem_has _ _ h.2.1⟩, mem_has _ _ h.2.2⟩

theorem may_succeed (k : Contract) (s : Own) (op : OwnOp) (ht : s.terminal = none) (hs : s.status = .active)
    (hb : backed s) (hw : unspent s) (ho : k = .hardened → orderly s) (hn : numbersLeft s) (h : May s op) :
    (act k s op).outcome.isOk = true := by
  have serves : k.serves .active = true := by cases k <;> rfl
  have honest : ∀ scope, k.honest scope scope = true := by intro scope; cases k <;> simp [Contract.honest]
  have may : ∀ n, n ≤ top → k.mayGive n = true := by intro n hn; cases k <;> simp [Contract.mayGive, hn]
  have claims : k.mayGive (k.claimGeneration s) = true := may _ (by
    cases k <;> simp [Contract.claimGeneration]; have := hn.1; omega)
  have ids := may s.nextClaim hn.2.1
  have witnesses := may s.nextWitness (Nat.le_of_lt hn.2.2)
  have grants : ∀ new live : Scope, new.within live → k.mayTransfer new live = true ∧ k.mayAttenuate new live = true := by
    intro new live h
    cases k <;> simp [Contract.mayTransfer, Contract.mayAttenuate, within_isWithin _ _ h]
  have next : ∀ c, s.owner = some c → k.mayGive (k.nextOf c.gen) = true ∧
      k.mayGive (k.attenuatedGeneration s c) = true := by
    intro c hc
    cases k with
    | telltale17 => exact ⟨rfl, rfl⟩
    | hardened =>
      have := (ho rfl).1 c hc
      have := hn.1
      exact ⟨may _ (by simp only [Contract.nextOf]; omega), may _ (by simp only [Contract.attenuatedGeneration]; omega)⟩
  have commits : ∀ r, k.mayGive (k.committedGeneration s r) = true := by
    intro r
    cases k with
    | telltale17 => rfl
    | hardened => exact may _ hn.1
  cases op with
  | claim owner scope =>
    have hp : s.pending = none := by
      cases hp : s.pending with
      | none => rfl
      | some p =>
        obtain ⟨o, ho, _⟩ := hb p hp
        have h : s.owner = none := h
        rw [h] at ho
        cases ho
    have h : s.owner = none := h
    simp [ht, hs, serves, h, hp, claims, OwnOutcome.isOk]
  | release c => simp [ht, hs, serves, h.1, h.2, honest, OwnOutcome.isOk]
  | transfer c owner scope =>
    simp [ht, hs, serves, h.1, h.2.1, honest, (grants _ _ h.2.2).1, (next c h.1).1, ids, OwnOutcome.isOk]
  | commit r =>
    have h : s.pending = some r := h
    obtain ⟨o, ho, h1, h2⟩ := hb r h
    simp [ht, hs, serves, h, ho, h1, h2, commits, OwnOutcome.isOk]
  | rollback r =>
    have h : s.pending = some r := h
    simp [ht, hs, serves, h, OwnOutcome.isOk]
  | attenuate c scope =>
    simp [ht, hs, serves, h.1, h.2.1, honest, (grants _ _ h.2.2).2, (next c h.1).2, OwnOutcome.isOk]
  | validate c =>
    have h : s.owner = some c := h
    simp [ht, hs, serves, h, honest, OwnOutcome.isOk]
  | mutate c m =>
    have touch : ∀ e, m.edge = some e → k.mayTouch s e = true := fun e he => touches_allowed k s e (h.2.2 e he)
    cases m <;> simp [Mutation.edge] at touch <;>
      simp [ht, hs, serves, h.1, h.2.1, honest, touch, OwnOutcome.isOk]
  | issue c predicate => simp [ht, hs, serves, h.1, h.2, honest, witnesses, OwnOutcome.isOk]
  | consume c w =>
    obtain ⟨h1, h2, h3, h4, h5, h6, h7⟩ := h
    have := ((hw hn.2.2).2 w.id w h3).2
    rw [h2] at h7
    have honest := honest .session
    simp [ht, hs, serves, h1, h2, honest, this, h3, h4, h5, h6, h7, OwnOutcome.isOk]
  | ownerDied owner =>
    obtain ⟨o, h1, h2⟩ := h
    simp [ht, hs, serves, h1, h2, witnesses, OwnOutcome.isOk]
  | abandon r =>
    have h : s.pending = some r := h
    simp only [act, abandon, gOpen, gActive, gStaged, gMatch, gCounter, done, ht, hs, serves, h, witnesses,
      if_true, OwnOutcome.isOk]
  | failCommit r why =>
    have h : s.pending = some r := h
    simp only [act, failCommit, gOpen, gActive, gStaged, gMatch, done, ht, hs, serves, h, if_true,
      OwnOutcome.isOk]
  | close => rfl

theorem progress (k : Contract) (ho : ∀ sid roles ops, k = .hardened → orderly (reached k sid roles ops)) : K24 k := by
  intro sid roles ops op ht hs hn h
  exact may_succeed k _ op ht hs
    (kept_reached backed k (backed_after k) sid roles (by simp [backed, Own.fresh]) ops)
    (kept_reached unspent k (unspent_after k) sid roles (by simp [unspent, Own.fresh, has, find]) ops)
    (ho sid roles ops) hn h

/-- K24 holds under `hardened`: in an open session whose counters have numbers left, the last witness id apart,
everybody can do what contract and claims let them, after any sequence of operations. -/
theorem K24_hardened : K24 .hardened := progress .hardened fun sid roles ops _ => orderly_reached sid roles ops

/-- K24 holds under `telltale17` as well. -/
theorem K24_telltale17 : K24 .telltale17 := progress .telltale17 fun _ _ _ h => nomatch h

end Telltale
