module

public import Telltale.Proofs.InStep

/-!
Honest claims, releases and transfers have the same answer under both contracts.
-/

@[expose] public section

namespace Telltale

unfolding_operations

attribute [local simp] Contract.honest Contract.mayGive Contract.mayTransfer Contract.mayAttenuate Contract.nextOf
  Contract.spend Contract.claimGeneration Contract.attenuatedGeneration Contract.committedGeneration
  Contract.spendGeneration Contract.surviving onto cat note

theorem goes_claim (d : Nat) (t h : Own) (owner : String) (scope : Scope) (hs : InStep d t h)
    (ha : t.honest (.claim owner scope)) : GoesOn d t h (.claim owner scope) := by
  obtain ⟨hop, hg, _, _⟩ := ha.2 (by simp)
  have s1 := serves_open .telltale17 _ hop
  have s2 := serves_open .hardened _ hop
  rw [← hs.same.status] at s2
  have hid := hs.same.sid
  have ht := hs.same.terminal
  cases htt : t.terminal with
  | some r =>
    exact goes_refused (.terminal t.sid r) hs (by simp [htt, Contract.refusal])
      (by simp [ht, htt, hid, Contract.refusal])
  | none =>
    have ht : h.terminal = none := by rw [ht, htt]
    cases hto : t.owner with
    | some o =>
      have ho : h.owner = some (o.moved d) := by rw [hs.same.owner, hto]; rfl
      exact goes_refused (.alreadyClaimed t.sid o.owner) hs (by simp [htt, s1, hto]) (by simp [ht, s2, ho, hid])
    | none =>
      have ho : h.owner = none := by rw [hs.same.owner, hto]; rfl
      have hpn : t.pending = none := by
        cases e : t.pending with
        | none => rfl
        | some p => obtain ⟨o, h, _⟩ := hs.staged p e; rw [hto] at h; cases h
      have hp := pending_none hs hpn
      have hn := hs.counted
      have hm : generations t.log ≤ top := Nat.le_of_lt hg
      have hu := hs.unowned hto
      refine goes_done (e := generations t.log) (t' := { t with owner := some ⟨t.sid, owner, 0, scope⟩ })
        (h' := { h with owner := some ⟨t.sid, owner, generations t.log, scope⟩, nextGen := generations t.log + 1 })
        (a := .cap ⟨t.sid, owner, 0, scope⟩) (by simp [OwnOp.isClaim])
        (by simp [htt, s1, hto, hpn]; rfl) (by simp [ht, s2, ho, hp, hid, hn, hm]; rfl) ?_
      refine ⟨⟨hid, hs.same.roles, hs.same.status, ?_, ?_, hs.same.terminal, hs.same.nextClaim,
        hs.same.nextWitness, ?_, hs.same.consumed, ?_⟩, ?_, ?_, ?_, ?_, ?_, hs.keyed, ?_, hs.standing⟩
      · simp [Own.noting]
      · simp [Own.noting, hp, hpn]
      · intro id
        have := hs.same.issued id
        rw [← heldOf_none _ _ _ hu] at this
        refine this.trans (heldOf_none _ _ _ ?_)
        simpa [Own.noting] using hu
      · have := SameLog.claim (e := generations t.log) ⟨t.sid, owner, 0, scope⟩ rfl hs.same.log
        simpa [Own.noting] using this
      · simp [Own.noting]
      · simp [Own.noting]
      · simp [Own.noting, hpn]
      · simp [Own.noting]
      · simp [Own.noting, htt]
      · simp [Own.noting, hu]

theorem goes_release (d : Nat) (t h : Own) (c : Cap) (hs : InStep d t h) (ha : t.honest (.release c)) :
    GoesOn d t h (.release c) := by
  have f := owned_of hs (ha.2 (by simp)).1 ha.1
  cases hp : t.pending with
  | some p =>
    have hp' := pending_some hs hp
    exact goes_refused (.transferPending t.sid p.claim) hs
      (by simp [f.terminal, f.serves, f.owner, hp]) (by simp [f.terminal', f.serves', f.owner', hp', hs.same.sid])
  | none =>
    have hp' := pending_none hs hp
    refine goes_done (fun _ => rfl) (t' := { t with owner := none }) (h' := { h with owner := none, issued := [] })
      (a := .null) (added := [note (.cap c) .invalidated (some "ownership released")])
      (added' := note (.cap (c.moved d)) .invalidated (some "ownership released") :: Contract.hardened.endings h)
      (by simp [f.terminal, f.serves, f.owner, hp, Contract.endings])
      (by simp [f.terminal', f.serves', f.owner', hp']) ?_
    refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, rfl, hs.same.pending, hs.same.terminal, hs.same.nextClaim,
      hs.same.nextWitness, ?_, hs.same.consumed, ?_⟩, hs.counted, ?_, ?_, ?_, fun _ _ => rfl, hs.keyed, ?_, hs.standing⟩
    · exact fun _ => heldOf_none _ _ _ (fun w => by simp [Own.noting])
    · exact endings_more _ _ _ _ (.same _ hs.same.log)
    · simp [Own.noting]
    · simp [Own.noting, hp]
    · simp [Own.noting]
    · simp [Own.noting]

theorem goes_transfer (d : Nat) (t h : Own) (c : Cap) (to : String) (scope : Scope) (hs : InStep d t h)
    (ha : t.honest (.transfer c to scope)) : GoesOn d t h (.transfer c to scope) := by
  obtain ⟨hcl, hg, hnc, _⟩ := ha.2 (by simp)
  have f := owned_of hs hcl ha.1.1
  have hw := within_isWithin _ _ ha.1.2
  have hla := hs.latest c f.owner
  cases hp : t.pending with
  | some p =>
    have hp' := pending_some hs hp
    exact goes_refused (.transferPending t.sid p.claim) hs
      (by simp [f.terminal, f.serves, f.owner, hp]) (by simp [f.terminal', f.serves', f.owner', hp', hs.same.sid])
  | none =>
    have hp' := pending_none hs hp
    have hm : c.gen + d + 1 ≤ top := by omega
    have hsat := saturate_below c.gen (by omega)
    have hsat' := saturate_below t.nextClaim hnc
    refine goes_done (fun _ => rfl)
      (t' := { t with pending := some ⟨t.sid, t.nextClaim, c.owner, c.gen, to, c.gen + 1, scope⟩
                      nextClaim := t.nextClaim + 1 })
      (h' := { h with pending := some ⟨t.sid, t.nextClaim, c.owner, c.gen + d, to, c.gen + 1 + d, scope⟩
                      nextClaim := t.nextClaim + 1 })
      (a := .receipt ⟨t.sid, t.nextClaim, c.owner, c.gen, to, c.gen + 1, scope⟩)
      (added := [note (.receipt ⟨t.sid, t.nextClaim, c.owner, c.gen, to, c.gen + 1, scope⟩) .issued none])
      (added' := [note (.receipt ⟨t.sid, t.nextClaim, c.owner, c.gen + d, to, c.gen + 1 + d, scope⟩) .issued none])
      (by simp [f.terminal, f.serves, f.owner, hp, hsat, hsat'])
      (by simp [f.terminal', f.serves', f.owner', hp', hw, hm, hs.same.sid, hs.same.nextClaim, Nat.le_of_lt hnc]
          omega) ?_
    refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, hs.same.owner, rfl, hs.same.terminal, rfl,
      hs.same.nextWitness, ?_, hs.same.consumed, .same _ hs.same.log⟩, ?_, ?_, ?_, ?_, hs.over, hs.keyed, ?_, hs.standing⟩
    · simpa [Own.noting, heldOf] using hs.same.issued
    · simpa [Own.noting] using hs.counted
    · simpa [Own.noting] using hs.latest
    · simp [Own.noting, f.owner]
    · simp [Own.noting, f.owner]
    · simpa [Own.noting] using hs.bound

theorem goes_commit (d : Nat) (t h : Own) (r : Receipt) (hs : InStep d t h) (ha : t.honest (.commit r)) :
    GoesOn d t h (.commit r) := by
  obtain ⟨hcl, hg, _, _⟩ := ha.2 (by simp)
  have hp : t.pending = some r := ha.1
  have hp' := pending_some hs hp
  obtain ⟨o, ho, hfo, hfg, htg⟩ := hs.staged r hp
  have f := owned_of hs hcl ho
  have hla := hs.latest o ho
  have hn : h.nextGen = r.toGen + d := by rw [hs.counted]; omega
  have hm : r.toGen + d ≤ top := by omega
  refine goes_done (fun _ => rfl)
    (t' := { t with owner := some ⟨t.sid, r.toOwner, r.toGen, r.scope⟩, pending := none })
    (h' := { h with owner := some ⟨t.sid, r.toOwner, r.toGen + d, r.scope⟩, pending := none, issued := []
                    nextGen := r.toGen + d + 1 })
    (a := .cap ⟨t.sid, r.toOwner, r.toGen, r.scope⟩)
    (added := [note (.cap o) .invalidated (some "ownership transferred"), note (.receipt r) .committed none,
      note (.cap ⟨t.sid, r.toOwner, r.toGen, r.scope⟩) .issued none])
    (added' := note (.cap (o.moved d)) .invalidated (some "ownership transferred") ::
      cat (Contract.hardened.endings h) [note (.receipt (r.moved d)) .committed none,
        note (.cap ⟨t.sid, r.toOwner, r.toGen + d, r.scope⟩) .issued none])
    (by simp [f.terminal, f.serves, f.owner, hp, hfo, hfg, Contract.endings])
    (by simp [f.terminal', f.serves', f.owner', hp', hfo, hfg, hn, hm, hs.same.sid]) ?_
  refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, rfl, rfl, hs.same.terminal, hs.same.nextClaim,
    hs.same.nextWitness, ?_, hs.same.consumed, ?_⟩, ?_, ?_, ?_, ?_, ?_, hs.keyed, ?_, hs.standing⟩
  · exact fun _ => heldOf_none _ _ _ (fun w => by simp [Own.noting])
  · simp only [Own.noting, onto, onto_cat]
    exact .same ⟨none, .cap ⟨t.sid, r.toOwner, r.toGen, r.scope⟩, .issued, none⟩
      (.same ⟨none, .receipt r, .committed, none⟩ (endings_more _ _ _ _ (.same _ hs.same.log)))
  · simp [Own.noting]; omega
  · simp [Own.noting]; omega
  · simp [Own.noting]
  · simp [Own.noting]
  · simp [Own.noting, f.terminal]
  · simp [Own.noting]

theorem goes_rollback (d : Nat) (t h : Own) (r : Receipt) (hs : InStep d t h) (ha : t.honest (.rollback r)) :
    GoesOn d t h (.rollback r) := by
  have hp : t.pending = some r := ha.1
  have hp' := pending_some hs hp
  obtain ⟨o, ho, _⟩ := hs.staged r hp
  have f := owned_of hs (ha.2 (by simp)).1 ho
  refine goes_done (fun _ => rfl) (t' := { t with pending := none }) (h' := { h with pending := none }) (a := .null)
    (added := [note (.receipt r) .rolledBack none]) (added' := [note (.receipt (r.moved d)) .rolledBack none])
    (by simp [f.terminal, f.serves, hp]) (by simp [f.terminal', f.serves', hp']) ?_
  refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, hs.same.owner, rfl, hs.same.terminal, hs.same.nextClaim,
    hs.same.nextWitness, ?_, hs.same.consumed, .same _ hs.same.log⟩, ?_, ?_, ?_, ?_, hs.over, hs.keyed, ?_, hs.standing⟩
  · simpa [Own.noting, heldOf] using hs.same.issued
  · simpa [Own.noting] using hs.counted
  · simpa [Own.noting] using hs.latest
  · simp [Own.noting]
  · simp [Own.noting, f.owner]
  · simpa [Own.noting] using hs.bound

theorem goes_attenuate (d : Nat) (t h : Own) (c : Cap) (scope : Scope) (hs : InStep d t h)
    (ha : t.honest (.attenuate c scope)) : GoesOn d t h (.attenuate c scope) := by
  obtain ⟨hcl, hg, _, _⟩ := ha.2 (by simp)
  have f := owned_of hs hcl ha.1.1
  have hw := within_isWithin _ _ ha.1.2
  have hla := hs.latest c f.owner
  cases hp : t.pending with
  | some p =>
    have hp' := pending_some hs hp
    exact goes_refused (.transferPending t.sid p.claim) hs
      (by simp [f.terminal, f.serves, f.owner, hp]) (by simp [f.terminal', f.serves', f.owner', hp', hs.same.sid])
  | none =>
    have hp' := pending_none hs hp
    have hn : h.nextGen = c.gen + 1 + d := by rw [hs.counted]; omega
    have hm : c.gen + 1 + d ≤ top := by omega
    have hsat := saturate_below c.gen (by omega)
    refine goes_done (fun _ => rfl) (t' := { t with owner := some ⟨t.sid, c.owner, c.gen + 1, scope⟩ })
      (h' := { h with owner := some ⟨t.sid, c.owner, c.gen + 1 + d, scope⟩, issued := []
                      nextGen := c.gen + 1 + d + 1 })
      (a := .cap ⟨t.sid, c.owner, c.gen + 1, scope⟩)
      (added := [note (.cap c) .invalidated (some "ownership scope attenuated"),
        note (.cap ⟨t.sid, c.owner, c.gen + 1, scope⟩) .issued none])
      (added' := note (.cap (c.moved d)) .invalidated (some "ownership scope attenuated") ::
        cat (Contract.hardened.endings h) [note (.cap ⟨t.sid, c.owner, c.gen + 1 + d, scope⟩) .issued none])
      (by simp [f.terminal, f.serves, f.owner, hp, hsat, Contract.endings])
      (by simp [f.terminal', f.serves', f.owner', hp', hw, hn, hm, hs.same.sid]) ?_
    refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, rfl, hs.same.pending, hs.same.terminal, hs.same.nextClaim,
      hs.same.nextWitness, ?_, hs.same.consumed, ?_⟩, ?_, ?_, ?_, ?_, ?_, hs.keyed, ?_, hs.standing⟩
    · exact fun _ => heldOf_none _ _ _ (fun w => by simp [Own.noting])
    · simp only [Own.noting, onto, onto_cat]
      exact .same ⟨none, .cap ⟨t.sid, c.owner, c.gen + 1, scope⟩, .issued, none⟩
        (endings_more _ _ _ _ (.same _ hs.same.log))
    · simp [Own.noting]; omega
    · simp [Own.noting]; omega
    · simp [Own.noting, hp]
    · simp [Own.noting]
    · simp [Own.noting, f.terminal]
    · simp [Own.noting]

theorem goes_validate (d : Nat) (t h : Own) (c : Cap) (hs : InStep d t h) (ha : t.honest (.validate c)) :
    GoesOn d t h (.validate c) := by
  have f := owned_of hs (ha.2 (by simp)).1 ha.1
  exact goes_done (fun _ => rfl) (t' := t) (h' := h) (a := .null) (added := []) (added' := [])
    (by simp [f.terminal, f.serves, f.owner]) (by simp [f.terminal', f.serves', f.owner']) hs

end Telltale
