module

public import Telltale.Proofs.Answers
public import Telltale.Proofs.Replay
public import Telltale.Proofs.Transfers

/-!
K1, K2, K21 and K23 by their sentences alone: of what was live, whatever was logged of it; of a witness in whatever
form it is presented; of owners that are replaced; and of what is refused.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-! ### K1 and K2: what was live -/

/-- A capability that was live and has stopped being so is never accepted again, with whatever scope. -/
def K1Live (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (o c : Cap) (later : List OwnOp)
    (use : OwnOp),
    (reached k sid roles ops).owner = some o → (after k (reached k sid roles ops) op).owner ≠ some o →
    use.capability = some c → c.owner = o.owner → c.gen = o.gen →
    (act k (runOwn k (after k (reached k sid roles ops) op) later) use).outcome.isOk = false

theorem ends_since (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (o : Cap)
    (ho : (reached .hardened sid roles ops).owner = some o)
    (hn : (after .hardened (reached .hardened sid roles ops) op).owner ≠ some o) :
    o.gen < (reached .hardened sid roles ops).nextGen ∧
    since (reached .hardened sid roles ops).nextGen (after .hardened (reached .hardened sid roles ops) op) := by
  obtain ⟨c, why, hm, _, hg⟩ := K12_owner_ends_recorded _ op o ho hn
  have ⟨hc, hs⟩ := invalidates_since _ op c (orderly_reached sid roles ops) ⟨why, hm⟩
  exact ⟨by omega, hs⟩

/-- K1 by its sentence, under `hardened`: a capability that was live and has stopped being so is never accepted again,
whatever was logged of it and whatever scope it is presented with. -/
theorem K1_hardened_live : K1Live .hardened := by
  intro sid roles ops op o c later use ho hn hu _ hg
  have ⟨hc, hs⟩ := ends_since sid roles ops op o ho hn
  exact old_refused _ _ use c (since_run _ later _ hs) (by omega) hu

/-- Issued ids are behind the counter. -/
def idsBehind (s : Own) : Prop := ∀ id w, find id s.issued = some w → id < s.nextWitness

theorem idsBehind_after (s : Own) (op : OwnOp) (h : idsBehind s) : idsBehind (after .hardened s op) := by
  unfold idsBehind at h ⊢
  cases op <;> simp [after, Contract.surviving, Contract.closedOwn, Contract.spend] <;>
    grind [find_put, find_drop, find]

/-- No witness of that id waits, and none will be given out. -/
def idGone (id : Nat) (s : Own) : Prop := find id s.issued = none ∧ id < s.nextWitness

theorem idGone_after (id : Nat) (s : Own) (op : OwnOp) (h : idGone id s) : idGone id (after .hardened s op) := by
  unfold idGone at h ⊢
  cases op <;> simp [after, Contract.surviving, Contract.closedOwn, Contract.spend] <;>
    grind [find_put, find_drop, find]

theorem idGone_run (id : Nat) (ops : List OwnOp) (s : Own) (h : idGone id s) : idGone id (runOwn .hardened s ops) := by
  induction ops generalizing s with
  | nil => exact h
  | cons op ops ih => exact ih _ (idGone_after id s op h)

theorem idGone_ends (id : Nat) (s : Own) (op : OwnOp) (o : Cap) (hid : id < s.nextWitness) (ho : s.owner = some o)
    (hn : (after .hardened s op).owner ≠ some o) : idGone id (after .hardened s op) := by
  unfold idGone
  cases op <;> simp [after, ho, Contract.surviving, Contract.closedOwn, Contract.spend] at hn ⊢ <;> grind [find]

/-- A witness that waited while a capability was live is not consumed after that one has ended, in whatever form it is
presented; and what is consumed is a witness that waits, in every field, of the live owner and generation. -/
def K2Presented (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp),
    (∀ (op : OwnOp) (o c : Cap) (w presented : Readiness) (later : List OwnOp),
      find w.id (reached k sid roles ops).issued = some w → (reached k sid roles ops).owner = some o →
      (after k (reached k sid roles ops) op).owner ≠ some o → presented.id = w.id →
      (act k (runOwn k (after k (reached k sid roles ops) op) later) (.consume c presented)).outcome.isOk = false) ∧
    (∀ (c : Cap) (w : Readiness), (act k (reached k sid roles ops) (.consume c w)).outcome.isOk = true →
      find w.id (reached k sid roles ops).issued = some w ∧
      ∃ o, (reached k sid roles ops).owner = some o ∧ w.owner = o.owner ∧ w.gen = o.gen)

/-- K2 by its sentence, under `hardened`: once the capability under which it waited has ended, no witness of its id is
consumed, in whatever form it is presented; and what is consumed waits, as it is presented, under the live capability. -/
theorem K2_hardened_presented : K2Presented .hardened := by
  intro sid roles ops
  constructor
  · intro op o c w presented later hw ho hn hid
    have behind : idsBehind (reached .hardened sid roles ops) :=
      kept_reached idsBehind .hardened idsBehind_after sid roles (by simp [idsBehind, Own.fresh, find]) ops
    have gone := idGone_run w.id later _ (idGone_ends w.id _ op o (behind _ _ hw) ho hn)
    rw [← hid] at gone
    have := gone.1
    simp [this]; grind [OwnOutcome.isOk]
  · intro c w h
    simp at h
    grind [OwnOutcome.isOk]

/-! ### K21: how an owner is replaced -/

/-- K21, of what replaces an owner, in whatever state of a session: a live owner is replaced by another one only by a
commit. -/
theorem K21_only_by_commit (k : Contract) (s : Own) (op : OwnOp) (o n : Cap) (ho : s.owner = some o)
    (hn : (after k s op).owner = some n) (hd : n.owner ≠ o.owner) : ∃ r, op = .commit r := by
  cases op with
  | commit r => exact ⟨r, rfl⟩
  | close => cases k <;> simp [after, ho, Contract.closedOwn] at hn <;> grind
  | _ => simp [after, ho] at hn; grind

/-! ### K23: what is accepted and what is refused -/

/-- K23, of what is accepted, in whatever state of a session: a capability that is accepted has the live owner and
generation. -/
theorem K23_accepts_the_live (k : Contract) (s : Own) (op : OwnOp) (c : Cap) (hop : op.capability = some c)
    (h : (act k s op).outcome.isOk = true) : ∃ o, s.owner = some o ∧ c.owner = o.owner ∧ c.gen = o.gen := by
  cases op <;> simp [OwnOp.capability] at hop <;> subst hop <;> simp at h <;> grind [OwnOutcome.isOk]

/-- The owner and generation that an operation presents as the live one's. -/
def presented (o : Cap) : OwnOp → String × Nat
  | .commit r => (r.fromOwner, r.fromGen)
  | .ownerDied owner => (owner, o.gen)
  | op => match op.capability with
    | some c => (c.owner, c.gen)
    | none => (o.owner, o.gen)

/-- A counter has given out its last number. -/
def countedOut (s : Own) : Counter → Prop
  | .generation => top < s.nextGen ∨ ∃ o, s.owner = some o ∧ top < o.gen + 1
  | .claimId => top < s.nextClaim
  | .witnessId => top < s.nextWitness

/-- Why a witness is refused is so. -/
def spoiledAs (s : Own) (c : Cap) (w : Readiness) : Invalid → Prop
  | .neverIssued => find w.id s.issued = none
  | .payloadMismatch => ∃ i, find w.id s.issued = some i ∧ i ≠ w
  | .ownershipMoved => ¬ (w.session = c.session ∧ w.owner = c.owner ∧ w.gen = c.gen ∧ w.scope = c.scope)

/-- What a refusal says is so: of the session, and of what it was given. -/
def isSo (s : Own) (op : OwnOp) : Failure → Prop
  | .terminal n r => n = s.sid ∧ s.terminal = some r
  | .sessionClosed n => n = s.sid ∧ s.status = .closed
  | .unclaimed n => n = s.sid ∧ s.owner = none
  | .alreadyClaimed n owner => n = s.sid ∧ ∃ o, s.owner = some o ∧ o.owner = owner
  | .stale n owner expected actual => n = s.sid ∧ ∃ o, s.owner = some o ∧ actual = o.gen ∧
      ¬ (owner = o.owner ∧ expected = o.gen) ∧ presented o op = (owner, expected)
  | .scopeViolation n owner required actual => n = s.sid ∧ ∃ o, s.owner = some o ∧ o.owner = owner ∧
      actual = o.scope ∧ required ≠ actual
  | .transferPending n claim => n = s.sid ∧ ∃ p, s.pending = some p ∧ p.claim = claim
  | .notPending n => n = s.sid ∧ s.pending = none
  | .receiptMismatch n claim => n = s.sid ∧ ∃ p r, s.pending = some p ∧ op.settles = some r ∧ p ≠ r ∧ r.claim = claim
  | .witnessConsumed n id => ∃ c w, op = .consume c w ∧ n = w.session ∧ id = w.id ∧ has id s.consumed = true
  | .invalidWitness n id why => ∃ c w, op = .consume c w ∧ n = c.session ∧ id = w.id ∧ spoiledAs s c w why
  | .counterExhausted n which => n = s.sid ∧ countedOut s which
  | .foreignEdge n e => n = s.sid ∧ ¬ ownEdge s.sid s.roles e ∧ ∃ c m, op = .mutate c m ∧ m.edge = some e
  | _ => False

theorem closed_unserved (k : Contract) (st : Status) (h : ¬ k.serves st = true) : st = .closed := by
  cases k <;> cases st <;> simp [Contract.serves] at h ⊢

theorem unwithin_differs (new live : Scope) (h : ¬ new.isWithin live = true) : new ≠ live := by
  intro he
  subst he
  exact h (within_isWithin _ _ (by cases new <;> simp [Scope.within]))

theorem dishonest_differs (k : Contract) (given live : Scope) (h : ¬ k.honest given live = true) : given ≠ live := by
  cases k <;> simp [Contract.honest] at h; exact h

theorem unattenuated_differs (k : Contract) (new live : Scope) (h : ¬ k.mayAttenuate new live = true) : new ≠ live := by
  cases k <;> simp [Contract.mayAttenuate] at h; exact unwithin_differs _ _ (by simp [h])

theorem ungranted_differs (k : Contract) (new live : Scope) (h : ¬ k.mayTransfer new live = true) : new ≠ live := by
  cases k <;> simp [Contract.mayTransfer] at h; exact unwithin_differs _ _ (by simp [h])

theorem ungiven_spent (k : Contract) (n : Nat) (h : ¬ k.mayGive n = true) : k = .hardened ∧ top < n := by
  cases k <;> simp [Contract.mayGive] at h ⊢; omega

theorem untouched_foreign (k : Contract) (s : Own) (e : Edge) (h : ¬ k.mayTouch s e = true) :
    ¬ ownEdge s.sid s.roles e := fun he => h (touches_allowed k s e he)

/-- Whatever a turn refuses, it says what is so. -/
def refusesTruly (s : Own) (op : OwnOp) (t : Turn) : Prop := ∀ e, t.outcome = .err e → isSo s op e

theorem true_done {s s' : Own} {op : OwnOp} {a : OwnAnswer} {l : List Record} :
    refusesTruly s op (done s' a l) := by
  intro e h
  simp at h

theorem true_refused {s : Own} {op : OwnOp} {e : Failure} {l : List Record} (h : isSo s op e) :
    refusesTruly s op (refuse s e l) := by
  intro e' h'
  simp at h'
  exact h' ▸ h

theorem true_open {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {next : Turn}
    (hn : refusesTruly s op next) : refusesTruly s op (gOpen k s given next) := by
  unfold gOpen
  split
  · next r h => exact true_refused ⟨rfl, h⟩
  · exact hn

theorem true_active {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {next : Turn}
    (hn : refusesTruly s op next) : refusesTruly s op (gActive k s given next) := by
  unfold gActive
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, closed_unserved k _ h⟩

theorem true_owned {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {next : Cap → Turn}
    (hn : ∀ o, s.owner = some o → refusesTruly s op (next o)) : refusesTruly s op (gOwned k s given next) := by
  unfold gOwned
  split
  · next o h => exact hn o h
  · next h => exact true_refused ⟨rfl, h⟩

theorem true_unowned {s : Own} {op : OwnOp} {next : Turn} (hn : refusesTruly s op next) :
    refusesTruly s op (gUnowned s next) := by
  unfold gUnowned
  split
  · next o h => exact true_refused ⟨rfl, o, h, rfl⟩
  · exact hn

theorem true_live {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {o c : Cap} {next : Turn}
    (ho : s.owner = some o) (hc : presented o op = (c.owner, c.gen)) (hn : c.gen = o.gen → refusesTruly s op next) :
    refusesTruly s op (gLive k s given o c next) := by
  unfold gLive
  split
  · next h => exact hn h.2
  · next h => exact true_refused ⟨rfl, o, ho, rfl, h, hc⟩

theorem true_named {s : Own} {op : OwnOp} {o : Cap} {owner : String} {next : Turn} (ho : s.owner = some o)
    (hc : presented o op = (owner, o.gen)) (hn : refusesTruly s op next) :
    refusesTruly s op (gNamed s o owner next) := by
  unfold gNamed
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, o, ho, rfl, fun x => h x.1, hc⟩

theorem true_honest {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {o c : Cap} {next : Turn}
    (ho : s.owner = some o) (hn : refusesTruly s op next) : refusesTruly s op (gHonest k s given o c next) := by
  unfold gHonest
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, o, ho, rfl, rfl, dishonest_differs k _ _ h⟩

theorem true_scope {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {o : Cap} {next : Turn}
    (ho : s.owner = some o) (hn : refusesTruly s op next) : refusesTruly s op (gScope k s given o next) := by
  unfold gScope
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, o, ho, rfl, rfl, fun x => h x.symm⟩

theorem true_idle {s : Own} {op : OwnOp} {next : Turn} (hn : refusesTruly s op next) :
    refusesTruly s op (gIdle s next) := by
  unfold gIdle
  split
  · next p h => exact true_refused ⟨rfl, p, h, rfl⟩
  · exact hn

theorem true_staged {s : Own} {op : OwnOp} {rejected : List Record} {next : Receipt → Turn}
    (hn : ∀ p, s.pending = some p → refusesTruly s op (next p)) : refusesTruly s op (gStaged s rejected next) := by
  unfold gStaged
  split
  · next p h => exact hn p h
  · next h => exact true_refused ⟨rfl, h⟩

theorem true_match {s : Own} {op : OwnOp} {p r : Receipt} {rejected : List Record} {next : Turn}
    (hp : s.pending = some p) (hr : op.settles = some r) (hn : refusesTruly s op next) :
    refusesTruly s op (gMatch s p r rejected next) := by
  unfold gMatch
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, p, r, hp, hr, h, rfl⟩

theorem true_giver {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {o : Cap} {r : Receipt} {next : Turn}
    (ho : s.owner = some o) (hc : presented o op = (r.fromOwner, r.fromGen)) (hn : refusesTruly s op next) :
    refusesTruly s op (gGiver k s given o r next) := by
  unfold gGiver
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, o, ho, rfl, fun x => h ⟨x.1.symm, x.2.symm⟩, hc⟩

theorem true_within {s : Own} {op : OwnOp} {may : Scope → Scope → Bool} {o : Cap} {new : Scope} {next : Turn}
    (ho : s.owner = some o) (hm : ¬ may new o.scope = true → new ≠ o.scope) (hn : refusesTruly s op next) :
    refusesTruly s op (gWithin may s o new next) := by
  unfold gWithin
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, o, ho, rfl, rfl, hm h⟩

theorem true_counter {s : Own} {op : OwnOp} {k : Contract} {given : Option Artifact} {which : Counter} {n : Nat}
    {next : Turn} (hc : k = .hardened → top < n → countedOut s which) (hn : refusesTruly s op next) :
    refusesTruly s op (gCounter k s given which n next) := by
  unfold gCounter
  split
  · exact hn
  · next h => exact true_refused ⟨rfl, hc (ungiven_spent k n h).1 (ungiven_spent k n h).2⟩

theorem true_ownEdge {s : Own} {k : Contract} {c : Cap} {m : Mutation} {next : Turn}
    (hn : refusesTruly s (.mutate c m) next) : refusesTruly s (.mutate c m) (gOwnEdge k s m next) := by
  cases m with
  | setDefaultHandler h => exact hn
  | updateEdgeHandler e h =>
    simp only [gOwnEdge]
    split
    · exact hn
    · next hf => exact true_refused ⟨rfl, untouched_foreign k s e hf, c, _, rfl, rfl⟩
  | updateTrace e ts =>
    simp only [gOwnEdge]
    split
    · exact hn
    · next hf => exact true_refused ⟨rfl, untouched_foreign k s e hf, c, _, rfl, rfl⟩

theorem true_consuming {s : Own} {c : Cap} {w : Readiness} :
    refusesTruly s (.consume c w) (gUnconsumed s w <| gIssued s c w fun i => gUnchanged s c i w <| gBound s c i w <|
      done { s with issued := drop w.id s.issued, consumed := insert natLt w.id s.consumed } .null
        [note (.readiness w) .consumed none]) := by
  unfold gUnconsumed gIssued gUnchanged gBound refuseWitness
  split
  · next h => exact true_refused ⟨c, w, rfl, rfl, rfl, h⟩
  · split
    · next i hi =>
      dsimp only
      split
      · next h =>
        split
        · exact true_done
        · next hb => exact true_refused ⟨c, w, rfl, rfl, rfl, h ▸ hb⟩
      · next h => exact true_refused ⟨c, w, rfl, rfl, rfl, i, hi, h⟩
    · next h => exact true_refused ⟨c, w, rfl, rfl, rfl, h⟩

/-- K23, of what is refused, in whatever state of a session: what a refusal says of the session and of what it was
given is so. -/
theorem K23_refusals_true (k : Contract) (s : Own) (op : OwnOp) (e : Failure)
    (h : (act k s op).outcome = .err e) : isSo s op e := by
  refine (?_ : refusesTruly s op (act k s op)) e h
  cases op with
  | claim owner scope =>
    exact true_open (true_active (true_unowned (true_idle (true_counter
      (fun hk ht => by subst hk; exact .inl ht) true_done))))
  | release c =>
    exact true_open (true_active (true_owned fun o ho => true_live ho rfl fun _ => true_honest ho
      (true_idle true_done)))
  | transfer c to scope =>
    exact true_open (true_active (true_owned fun o ho => true_live ho rfl fun hg => true_honest ho (true_idle
      (true_within ho (ungranted_differs k _ _) (true_counter
        (fun hk ht => by subst hk; exact .inr ⟨o, ho, hg ▸ ht⟩)
        (true_counter (fun _ ht => ht) true_done))))))
  | commit r =>
    exact true_open (true_active (true_owned fun o ho => true_staged fun p hp => true_match hp rfl (true_giver ho rfl
      (true_counter (fun hk ht => by subst hk; exact .inl ht) true_done))))
  | rollback r =>
    exact true_open (true_active (true_staged fun p hp => true_match hp rfl true_done))
  | attenuate c scope =>
    exact true_open (true_active (true_owned fun o ho => true_live ho rfl fun _ => true_honest ho (true_idle
      (true_within ho (unattenuated_differs k _ _) (true_counter
        (fun hk ht => by subst hk; exact .inl ht) true_done)))))
  | validate c =>
    exact true_open (true_active (true_owned fun o ho => true_live ho rfl fun _ => true_honest ho true_done))
  | mutate c m =>
    exact true_open (true_active (true_owned fun o ho => true_live ho rfl fun _ => true_honest ho (true_scope ho
      (true_ownEdge true_done))))
  | issue c predicate =>
    exact true_open (true_active (true_owned fun o ho => true_live ho rfl fun _ => true_honest ho (true_scope ho
      (true_counter (fun _ ht => ht) true_done))))
  | consume c w =>
    exact true_open (true_active (true_owned fun o ho => true_live ho rfl fun _ => true_honest ho (true_scope ho
      true_consuming)))
  | ownerDied owner =>
    exact true_open (true_active (true_owned fun o ho => true_named ho rfl (true_counter (fun _ ht => ht) true_done)))
  | abandon r =>
    exact true_open (true_active (true_staged fun p hp => true_match hp rfl (true_counter (fun _ ht => ht) true_done)))
  | failCommit r why =>
    exact true_open (true_active (true_staged fun p hp => true_match hp rfl true_done))
  | close => exact true_done

end Telltale
