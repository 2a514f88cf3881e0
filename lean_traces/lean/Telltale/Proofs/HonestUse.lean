module

public import Telltale.Proofs.HonestOwners

/-!
What honest owners do with a session has the same answer under both contracts, and so has what ends it.
-/

@[expose] public section

namespace Telltale

unfolding_operations

attribute [local simp] Contract.honest Contract.mayGive Contract.spend Contract.surviving onto cat note

theorem goes_mutate (d : Nat) (t h : Own) (c : Cap) (m : Mutation) (hs : InStep d t h)
    (ha : t.honest (.mutate c m)) : GoesOn d t h (.mutate c m) := by
  have f := owned_of hs (ha.2 (by simp)).1 ha.1.1
  by_cases hsc : c.scope = .session
  · have hm : (act .telltale17 t (.mutate c m)) = done t .null [] := by
      cases m <;> simp [f.terminal, f.serves, f.owner, hsc, Contract.mayTouch]
    have hm' : (act .hardened h (.mutate (c.moved d) m)) = done h .null [] := by
      have hi := ha.1.2
      cases m with
      | setDefaultHandler x => simp [f.terminal', f.serves', f.owner', hsc]
      | _ e x =>
        obtain ⟨h1, h2, h3⟩ := hi
        simp [f.terminal', f.serves', f.owner', hsc, Contract.mayTouch, hs.same.sid, hs.same.roles, h1,
          mem_has _ _ h2, mem_has _ _ h3]
    exact goes_done (fun _ => rfl) (a := .null) hm hm' hs
  · exact goes_refused (.scopeViolation t.sid c.owner .session c.scope) hs
      (by simp [f.terminal, f.serves, f.owner, hsc, Contract.refusal])
      (by simp [f.terminal', f.serves', f.owner', hsc, Contract.refusal, hs.same.sid])

theorem goes_issue (d : Nat) (t h : Own) (c : Cap) (predicate : String) (hs : InStep d t h)
    (ha : t.honest (.issue c predicate)) : GoesOn d t h (.issue c predicate) := by
  obtain ⟨hcl, hg, _, hnw⟩ := ha.2 (by simp)
  have f := owned_of hs hcl ha.1
  by_cases hsc : c.scope = .session
  · have hsat := saturate_below t.nextWitness hnw
    refine goes_done (fun _ => rfl)
      (t' := { t with
        issued := put natLt t.nextWitness ⟨t.nextWitness, c.session, c.owner, c.gen, c.scope, predicate⟩ t.issued
        nextWitness := t.nextWitness + 1 })
      (h' := { h with
        issued := put natLt t.nextWitness ⟨t.nextWitness, c.session, c.owner, c.gen + d, c.scope, predicate⟩ h.issued
        nextWitness := t.nextWitness + 1 })
      (a := .readiness ⟨t.nextWitness, c.session, c.owner, c.gen, c.scope, predicate⟩)
      (added := [note (.readiness ⟨t.nextWitness, c.session, c.owner, c.gen, c.scope, predicate⟩) .issued none])
      (added' :=
        [note (.readiness ⟨t.nextWitness, c.session, c.owner, c.gen + d, c.scope, predicate⟩) .issued none])
      (by simp [f.terminal, f.serves, f.owner, hsc, hsat])
      (by simp [f.terminal', f.serves', f.owner', hsc, hs.same.nextWitness, Nat.le_of_lt hnw]) ?_
    refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, hs.same.owner, hs.same.pending, hs.same.terminal,
      hs.same.nextClaim, rfl, ?_, hs.same.consumed, .same _ hs.same.log⟩, hs.counted, hs.latest, hs.staged, ?_,
      hs.over, ?_, ?_, hs.standing⟩
    · intro id
      simp only [Own.noting, find_put]
      by_cases e : id = t.nextWitness
      · simp [e, heldOf]
      · have := hs.same.issued id
        have hk := hs.keyed id
        cases hf : find id t.issued <;> simp [hf, heldOf] at this hk ⊢ <;> grind
    · simp [Own.noting, f.owner]
    · intro id w
      simp only [Own.noting, find_put]
      have := hs.keyed id w
      grind
    · intro id w o
      simp only [Own.noting, find_put]
      have hb := hs.bound id w o
      have hk := hs.keyed id w
      have ho := f.owner
      by_cases e : id = t.nextWitness
      · simp only [e, if_true]; grind
      · simp [e]; grind
  · exact goes_refused (.scopeViolation t.sid c.owner .session c.scope) hs
      (by simp [f.terminal, f.serves, f.owner, hsc, Contract.refusal])
      (by simp [f.terminal', f.serves', f.owner', hsc, Contract.refusal, hs.same.sid])

theorem rejected_in_step {d : Nat} {t h : Own} (w : Readiness) (why : Option String) (hs : InStep d t h) :
    InStep d (t.noting [note (.readiness w) .rejected why])
      (h.noting [note (.readiness (w.moved d)) .rejected why]) := by
  refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, hs.same.owner, hs.same.pending, hs.same.terminal,
    hs.same.nextClaim, hs.same.nextWitness, ?_, hs.same.consumed, .same _ hs.same.log⟩, hs.counted, hs.latest,
    hs.staged, ?_, hs.over, hs.keyed, ?_, hs.standing⟩
  · simpa [Own.noting, heldOf] using hs.same.issued
  · simpa [Own.noting] using hs.unowned
  · simpa [Own.noting] using hs.bound

theorem goes_consume (d : Nat) (t h : Own) (c : Cap) (w : Readiness) (hs : InStep d t h)
    (ha : t.honest (.consume c w)) : GoesOn d t h (.consume c w) := by
  obtain ⟨ho, hf, hcu⟩ := ha.1
  have f := owned_of hs (ha.2 (by simp)).1 ho
  obtain ⟨b1, b2, b3, b4, hsc⟩ := hs.bound w.id w c hf hcu ho
  have hf' : find w.id h.issued = some (w.moved d) := by simp [hs.same.issued, hf, heldOf, hcu]
  cases hc : has w.id t.consumed with
  | true =>
    have ht : act .telltale17 t (.consume c w) =
        refuse t (.witnessConsumed w.session w.id) [note (.readiness w) .rejected (some "witness already consumed")] :=
      by simp [f.terminal, f.serves, f.owner, hsc, hc]
    have hh : act .hardened h (.consume (c.moved d) (w.moved d)) = refuse h (.witnessConsumed w.session w.id)
        [note (.readiness (w.moved d)) .rejected (some "witness already consumed")] := by
      simp [f.terminal', f.serves', f.owner', hsc, hs.same.consumed, hc]
    refine ⟨d, fun _ => rfl, ?_, ?_⟩
    · simp only [OwnOp.moved, ht, hh]; rfl
    · simp only [after, OwnOp.moved, ht, hh]; exact rejected_in_step w _ hs
  | false =>
    refine goes_done (fun _ => rfl)
      (t' := { t with issued := drop w.id t.issued, consumed := insert natLt w.id t.consumed })
      (h' := { h with issued := drop w.id h.issued, consumed := insert natLt w.id h.consumed })
      (a := .null) (added := [note (.readiness w) .consumed none])
      (added' := [note (.readiness (w.moved d)) .consumed none])
      (by simp [f.terminal, f.serves, f.owner, hsc, hc, hf, b1, b2, b3, b4])
      (by
        have : find w.id h.issued = some ⟨w.id, w.session, w.owner, w.gen + d, w.scope, w.predicate⟩ := hf'
        simp [f.terminal', f.serves', f.owner', hsc, hs.same.consumed, hc, this, b1, b2, b3, b4]) ?_
    refine ⟨⟨hs.same.sid, hs.same.roles, hs.same.status, hs.same.owner, hs.same.pending, hs.same.terminal,
      hs.same.nextClaim, hs.same.nextWitness, ?_, ?_, .same _ hs.same.log⟩, hs.counted, hs.latest,
      hs.staged, ?_, hs.over, ?_, ?_, hs.standing⟩
    · intro id
      have := hs.same.issued id
      simp only [Own.noting, find_drop]
      by_cases e : id = w.id
      · simp [e, heldOf]
      · simpa [e, heldOf] using this
    · simp [Own.noting, hs.same.consumed]
    · simpa [Own.noting] using hs.unowned
    · intro id w'
      simp only [Own.noting, find_drop]
      have := hs.keyed id w'
      grind
    · intro id w' o
      simp only [Own.noting, find_drop]
      have := hs.bound id w' o
      by_cases e : id = w.id
      · simp [e]
      · simpa [e] using this

-- The ownership has ended for the same reason under both contracts, and all that went with it.
theorem over_in_step {d : Nat} {t h : Own} (why : Reason) (status : Status) (next : Nat) (old new : List Record)
    (hs : InStep d t h) (hl : SameLog d old new)
    (hc : ∀ w, isCurrent w old = false) (hg : generations old = generations t.log) :
    InStep d { t with status := status, terminal := some why, owner := none, pending := none
                      nextWitness := next, log := old }
      { h with status := status, terminal := some why, owner := none, pending := none, issued := []
               nextWitness := next, log := new } := by
  refine ⟨⟨hs.same.sid, hs.same.roles, rfl, rfl, rfl, rfl, hs.same.nextClaim, rfl,
    fun _ => heldOf_none _ _ _ hc, hs.same.consumed, hl⟩, hs.counted.trans hg.symm, ?_, ?_, fun _ => hc,
    fun _ _ => rfl, hs.keyed, ?_, ?_⟩
  all_goals simp

theorem goes_ownerDied (d : Nat) (t h : Own) (owner : String) (hs : InStep d t h)
    (ha : t.honest (.ownerDied owner)) : GoesOn d t h (.ownerDied owner) := by
  obtain ⟨hcl, _, _, hnw⟩ := ha.2 (by simp)
  have s1 := serves_open .telltale17 _ hcl
  have s2 := serves_open .hardened _ hcl
  rw [← hs.same.status] at s2
  have hid := hs.same.sid
  cases htt : t.terminal with
  | some r =>
    exact goes_refused (.terminal t.sid r) hs (by simp [htt, Contract.refusal])
      (by simp [hs.same.terminal, htt, hid, Contract.refusal])
  | none =>
    cases ho : t.owner with
    | none =>
      have ho' : h.owner = none := by rw [hs.same.owner, ho]; rfl
      exact goes_refused (.unclaimed t.sid) hs (by simp [htt, s1, ho, Contract.refusal])
        (by simp [hs.same.terminal, htt, s2, ho', hid, Contract.refusal])
    | some o =>
      have f := owned_of hs hcl ho
      by_cases hn : owner = o.owner
      · have hsat := saturate_below t.nextWitness hnw
        have := over_in_step (.ownerDied owner) (.faulted (.ownerDied owner)) (t.nextWitness + 1)
          (note (.cancellation ⟨t.nextWitness, t.sid, owner, o.gen, .ownerDied owner⟩) .issued none ::
            note (.cap o) .invalidated (some "owner died") :: t.log)
          (note (.cancellation ⟨t.nextWitness, t.sid, owner, o.gen + d, .ownerDied owner⟩) .issued none ::
            onto (Contract.hardened.orphaned h) (onto (Contract.hardened.endings h)
              (note (.cap (o.moved d)) .invalidated (some "owner died") :: h.log)))
          hs
          (.same ⟨none, .cancellation ⟨t.nextWitness, t.sid, owner, o.gen, .ownerDied owner⟩, .issued, none⟩
            (orphaned_more _ _ _ _ (endings_more _ _ _ _ (.same _ hs.same.log))))
          (by simp) (by simp)
        refine goes_done (fun _ => rfl)
          (t' := { t with status := .faulted (.ownerDied owner), terminal := some (.ownerDied owner), owner := none
                          pending := none, nextWitness := t.nextWitness + 1 })
          (h' := { h with status := .faulted (.ownerDied owner), terminal := some (.ownerDied owner), owner := none
                          pending := none, issued := [], nextWitness := t.nextWitness + 1 })
          (a := .cancellation ⟨t.nextWitness, t.sid, owner, o.gen, .ownerDied owner⟩)
          (added := [note (.cap o) .invalidated (some "owner died"),
            note (.cancellation ⟨t.nextWitness, t.sid, owner, o.gen, .ownerDied owner⟩) .issued none])
          (added' := note (.cap (o.moved d)) .invalidated (some "owner died") ::
            cat (Contract.hardened.endings h) (cat (Contract.hardened.orphaned h)
              [note (.cancellation ⟨t.nextWitness, t.sid, owner, o.gen + d, .ownerDied owner⟩) .issued none]))
          (by simp [f.terminal, f.serves, f.owner, hn, hsat, Contract.endings, Contract.orphaned])
          (by simp [f.terminal', f.serves', f.owner', hn, hs.same.nextWitness, Nat.le_of_lt hnw, hid]) ?_
        simpa only [Own.noting, onto, onto_cat] using this
      · exact goes_refused (.stale t.sid owner o.gen o.gen) hs (by simp [f.terminal, f.serves, f.owner, hn])
          (by simp [f.terminal', f.serves', f.owner', hn, hid])

theorem goes_abandon (d : Nat) (t h : Own) (r : Receipt) (hs : InStep d t h) (ha : t.honest (.abandon r)) :
    GoesOn d t h (.abandon r) := by
  obtain ⟨hcl, _, _, hnw⟩ := ha.2 (by simp)
  have hp : t.pending = some r := ha.1
  have hp' := pending_some hs hp
  obtain ⟨o, ho, _⟩ := hs.staged r hp
  have f := owned_of hs hcl ho
  have hsat := saturate_below t.nextWitness hnw
  have := over_in_step (.abandoned r.fromOwner r.claim) .cancelled (t.nextWitness + 1)
    (note (.cancellation ⟨t.nextWitness, t.sid, r.fromOwner, r.fromGen, .abandoned r.fromOwner r.claim⟩) .issued none ::
      note (.receipt r) .rolledBack (some "transfer abandoned") ::
      note (.cap o) .invalidated (some "transfer abandoned") :: t.log)
    (note (.cancellation ⟨t.nextWitness, t.sid, r.fromOwner, r.fromGen + d, .abandoned r.fromOwner r.claim⟩) .issued
        none ::
      note (.receipt (r.moved d)) .rolledBack (some "transfer abandoned") ::
      onto (Contract.hardened.endings h) (note (.cap (o.moved d)) .invalidated (some "transfer abandoned") :: h.log))
    hs
    (.same ⟨none, .cancellation ⟨t.nextWitness, t.sid, r.fromOwner, r.fromGen, .abandoned r.fromOwner r.claim⟩,
      .issued, none⟩ (.same ⟨none, .receipt r, .rolledBack, _⟩ (endings_more _ _ _ _ (.same _ hs.same.log))))
    (by simp) (by simp)
  refine goes_done (fun _ => rfl)
    (t' := { t with status := .cancelled, terminal := some (.abandoned r.fromOwner r.claim), owner := none
                    pending := none, nextWitness := t.nextWitness + 1 })
    (h' := { h with status := .cancelled, terminal := some (.abandoned r.fromOwner r.claim), owner := none
                    pending := none, issued := [], nextWitness := t.nextWitness + 1 })
    (a := .cancellation ⟨t.nextWitness, t.sid, r.fromOwner, r.fromGen, .abandoned r.fromOwner r.claim⟩)
    (added := [note (.cap o) .invalidated (some "transfer abandoned"),
      note (.receipt r) .rolledBack (some "transfer abandoned"),
      note (.cancellation ⟨t.nextWitness, t.sid, r.fromOwner, r.fromGen, .abandoned r.fromOwner r.claim⟩) .issued none])
    (added' := cat (note (.cap (o.moved d)) .invalidated (some "transfer abandoned") :: Contract.hardened.endings h)
      [note (.receipt (r.moved d)) .rolledBack (some "transfer abandoned"),
        note (.cancellation ⟨t.nextWitness, t.sid, r.fromOwner, r.fromGen + d, .abandoned r.fromOwner r.claim⟩) .issued
          none])
    (by simp [f.terminal, f.serves, f.owner, hp, hsat, endOwner, Contract.endings])
    (by simp [f.terminal', f.serves', f.owner', hp', hs.same.nextWitness, Nat.le_of_lt hnw, hs.same.sid, endOwner]) ?_
  simpa only [Own.noting, onto, onto_cat] using this

theorem goes_failCommit (d : Nat) (t h : Own) (r : Receipt) (why : String) (hs : InStep d t h)
    (ha : t.honest (.failCommit r why)) : GoesOn d t h (.failCommit r why) := by
  have hp : t.pending = some r := ha.1
  have hp' := pending_some hs hp
  obtain ⟨o, ho, _⟩ := hs.staged r hp
  have f := owned_of hs (ha.2 (by simp)).1 ho
  have := over_in_step (.commitFailed r.fromOwner r.claim why) (.faulted (.commitFailed r.fromOwner r.claim why))
    t.nextWitness
    (note (.receipt r) .rolledBack (some why) :: note (.cap o) .invalidated (some "transfer commit failed") :: t.log)
    (note (.receipt (r.moved d)) .rolledBack (some why) :: onto (Contract.hardened.endings h)
      (note (.cap (o.moved d)) .invalidated (some "transfer commit failed") :: h.log))
    hs (.same ⟨none, .receipt r, .rolledBack, _⟩ (endings_more _ _ _ _ (.same _ hs.same.log)))
    (by simp) (by simp)
  refine goes_done (fun _ => rfl)
    (t' := { t with status := .faulted (.commitFailed r.fromOwner r.claim why)
                    terminal := some (.commitFailed r.fromOwner r.claim why), owner := none, pending := none })
    (h' := { h with status := .faulted (.commitFailed r.fromOwner r.claim why)
                    terminal := some (.commitFailed r.fromOwner r.claim why), owner := none, pending := none
                    issued := [], nextWitness := t.nextWitness })
    (a := .null)
    (added := [note (.cap o) .invalidated (some "transfer commit failed"), note (.receipt r) .rolledBack (some why)])
    (added' := cat (note (.cap (o.moved d)) .invalidated (some "transfer commit failed") ::
      Contract.hardened.endings h) [note (.receipt (r.moved d)) .rolledBack (some why)])
    (by simp [f.terminal, f.serves, f.owner, hp, endOwner, Contract.endings])
    (by simp [f.terminal', f.serves', f.owner', hp', endOwner, hs.same.nextWitness.symm]) ?_
  simpa only [Own.noting, onto, onto_cat] using this

theorem goes_close (d : Nat) (t h : Own) (hs : InStep d t h) (ha : t.honest .close) : GoesOn d t h .close := by
  obtain ⟨ho, ht⟩ := ha.1
  have ho' : h.owner = none := by rw [hs.same.owner, ho]; rfl
  have hp : t.pending = none := by
    cases e : t.pending with
    | none => rfl
    | some p => obtain ⟨o, h, _⟩ := hs.staged p e; rw [ho] at h; cases h
  have hp' := pending_none hs hp
  have hst := hs.standing ht
  refine goes_done (fun _ => rfl) (t' := { t with status := .closed }) (h' := { h with status := .closed })
    (a := .null) (added := []) (added' := []) ?_ ?_ ?_
  · simp [Contract.closedOwn, Contract.closedStatus, Contract.closing]
  · rcases hst with e | e <;>
      simp [Contract.closedOwn, Contract.closedStatus, Contract.closing, hs.same.status, e, ho', hp']
  · exact ⟨⟨hs.same.sid, hs.same.roles, rfl, hs.same.owner, hs.same.pending, hs.same.terminal, hs.same.nextClaim,
      hs.same.nextWitness, hs.same.issued, hs.same.consumed, hs.same.log⟩, hs.counted, hs.latest, hs.staged,
      hs.unowned, hs.over, hs.keyed, hs.bound, fun _ => .inr rfl⟩

theorem goes_on (d : Nat) (t h : Own) (op : OwnOp) (hs : InStep d t h) (ha : t.honest op) : GoesOn d t h op := by
  cases op with
  | claim owner scope => exact goes_claim d t h owner scope hs ha
  | release c => exact goes_release d t h c hs ha
  | transfer c to scope => exact goes_transfer d t h c to scope hs ha
  | commit r => exact goes_commit d t h r hs ha
  | rollback r => exact goes_rollback d t h r hs ha
  | attenuate c scope => exact goes_attenuate d t h c scope hs ha
  | validate c => exact goes_validate d t h c hs ha
  | mutate c m => exact goes_mutate d t h c m hs ha
  | issue c predicate => exact goes_issue d t h c predicate hs ha
  | consume c w => exact goes_consume d t h c w hs ha
  | ownerDied owner => exact goes_ownerDied d t h owner hs ha
  | abandon r => exact goes_abandon d t h r hs ha
  | failCommit r why => exact goes_failCommit d t h r why hs ha
  | close => exact goes_close d t h hs ha

end Telltale
