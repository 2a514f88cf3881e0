module

public import Telltale.Proofs.InStores
public import Telltale.Proofs.Progress

/-!
K20, K22 and K23: what an owner of a part may not do, whose death ends a session, and that what an operation
gives is what was asked for.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-- The operations that need the scope of the whole session. -/
def OwnOp.needsSession : OwnOp → Bool
  | .mutate _ _ => true
  | .issue _ _ => true
  | .consume _ _ => true
  | _ => false

/-- Without the scope of the whole session no mutation, issue or consume succeeds. -/
def K20 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp),
    op.needsSession = true → (act k (reached k sid roles ops) op).outcome.isOk = true →
    ∃ o, (reached k sid roles ops).owner = some o ∧ o.scope = .session

/-- Only the live owner's own name ends a session by death. -/
def K22 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (name : String),
    (reached k sid roles ops).terminal = none →
    (after k (reached k sid roles ops) op).terminal = some (.ownerDied name) →
    op = .ownerDied name ∧ ∃ o, (reached k sid roles ops).owner = some o ∧ o.owner = name

/-- What was given is what was asked for, by fields. -/
def Asked.gives (s : Own) : OwnOp → OwnAnswer → Prop
  | .claim owner scope, .cap n => n.session = s.sid ∧ n.owner = owner ∧ n.scope = scope
  | .attenuate c scope, .cap n => n.session = s.sid ∧ n.owner = c.owner ∧ n.scope = scope
  | .transfer c owner scope, .receipt r => r.session = s.sid ∧ r.fromOwner = c.owner ∧ r.fromGen = c.gen ∧
      r.toOwner = owner ∧ r.scope = scope
  | .commit r, .cap n => n.session = s.sid ∧ n.owner = r.toOwner ∧ n.scope = r.scope
  | .issue c predicate, .readiness w => w.session = c.session ∧ w.owner = c.owner ∧ w.gen = c.gen ∧
      w.scope = c.scope ∧ w.predicate = predicate
  | .ownerDied owner, .cancellation x => x.session = s.sid ∧ x.owner = owner ∧ x.reason = .ownerDied owner
  | .abandon r, .cancellation x => x.session = s.sid ∧ x.owner = r.fromOwner ∧ x.gen = r.fromGen ∧
      x.reason = .abandoned r.fromOwner r.claim
  | .release _, .null => True
  | .rollback _, .null => True
  | .validate _, .null => True
  | .mutate _ _, .null => True
  | .consume _ _, .null => True
  | .failCommit _ _, .null => True
  | .close, .null => True
  | _, _ => False

/-- What was given is what the session has afterwards. -/
def Own.shows (s : Own) : OwnOp → OwnAnswer → Prop
  | _, .cap n => s.owner = some n ∧ s.pending = none
  | _, .receipt r => s.pending = some r ∧ ∃ o, s.owner = some o ∧ o.owner = r.fromOwner ∧ o.gen = r.fromGen
  | _, .readiness w => find w.id s.issued = some w
  | _, .cancellation x => s.terminal = some x.reason ∧ s.owner = none ∧ s.pending = none
  | .release _, .null => s.owner = none
  | .rollback _, .null => s.pending = none
  | .consume _ w, .null => find w.id s.issued = none ∧ has w.id s.consumed = true
  | .failCommit r why, .null => s.terminal = some (.commitFailed r.fromOwner r.claim why) ∧ s.owner = none ∧
      s.pending = none
  | _, .null => True

/-- What an operation gives is what was asked for and what the session has afterwards; and the handler that a
mutation bound is the handler that is found. -/
def K23 (k : Contract) : Prop :=
  (∀ (sid : Nat) (roles : List String) (ops : List OwnOp) (op : OwnOp) (a : OwnAnswer),
    (act k (reached k sid roles ops) op).outcome = .ok a →
    Asked.gives (reached k sid roles ops) op a ∧ (after k (reached k sid roles ops) op).shows op a) ∧
  (∀ (st : Store) (sid : Nat) (c : Cap) (e : Edge) (handler : String) (a : Answer), Reachable k st →
    (step k st (.own sid (.mutate c (.updateEdgeHandler e handler)))).outcome = .ok a →
    (step k (step k st (.own sid (.mutate c (.updateEdgeHandler e handler)))).store (.lookupHandler e)).outcome =
      .ok (.text (some handler)))

/-! ### Scope and death -/

theorem session_scoped (k : Contract) (s : Own) (op : OwnOp) (hop : op.needsSession = true)
    (h : (act k s op).outcome.isOk = true) : ∃ o, s.owner = some o ∧ o.scope = .session := by
  cases op <;> simp [OwnOp.needsSession] at hop <;> simp at h <;> grind [OwnOutcome.isOk]

/-- K20 holds under `hardened`: without the scope of the whole session no mutation, issue or consume succeeds. -/
theorem K20_hardened : K20 .hardened := fun _ _ _ op => session_scoped .hardened _ op

/-- K20 holds under `telltale17` as well. -/
theorem K20_telltale17 : K20 .telltale17 := fun _ _ _ op => session_scoped .telltale17 _ op

theorem closed_terminal (k : Contract) (s : Own) : (k.closedOwn s).terminal = s.terminal := by
  cases k <;> rfl

theorem died_by_name (k : Contract) (s : Own) (op : OwnOp) (name : String) (ht : s.terminal = none)
    (h : (after k s op).terminal = some (.ownerDied name)) :
    op = .ownerDied name ∧ ∃ o, s.owner = some o ∧ o.owner = name := by
  cases op <;> simp [after, ht, closed_terminal] at h ⊢ <;> grind

/-- K22 holds under `hardened`: only the live owner's own name ends a session by death. -/
theorem K22_hardened : K22 .hardened := fun _ _ _ op => died_by_name .hardened _ op

/-- K22 holds under `telltale17` as well. -/
theorem K22_telltale17 : K22 .telltale17 := fun _ _ _ op => died_by_name .telltale17 _ op

/-! ### Answers -/

theorem gives_asked (k : Contract) (s : Own) (op : OwnOp) (a : OwnAnswer)
    (h : (act k s op).outcome = .ok a) : Asked.gives s op a := by
  cases op <;> simp at h <;> grind [Asked.gives]

theorem shows_given (k : Contract) (s : Own) (op : OwnOp) (a : OwnAnswer)
    (h : (act k s op).outcome = .ok a) : (after k s op).shows op a := by
  cases op <;> simp [after] at h ⊢ <;> grind [Own.shows, find_put, find_drop, has_inserted]

theorem roles_same (k : Contract) (st : Store) (sid : Nat) (s : Session) (hr : Reachable k st)
    (h : st.session sid = some s) : s.body.roles = s.own.roles := by
  obtain ⟨ops, rfl⟩ := hr
  refine (kept_run k (fun sid s => s.own.sid = sid ∧ s.body.roles = s.own.roles) ops Store.empty
    (empty_keeps _) ?_ sid s h).2
  intro before op rest _
  have keep : ∀ (s : Session) (o : SessionOp), s.body.roles = s.own.roles →
      (s.after k o).body.roles = (s.after k o).own.roles := by
    intro s o h
    cases o with
    | own op =>
      refine Eq.trans ?_ (h.trans (sid_after k s.own op).2.symm)
      simp only [Session.after]
      split
      · next ho =>
        clear ho
        cases op <;> try rfl
        next m => cases m <;> rfl
      · rfl
    | body op => exact (body_frame k s.own.sid s.body op).1.trans h
    | host call =>
      refine Eq.trans ?_ h
      simp only [Session.after]
      split
      · cases call <;> rfl
      · rfl
  exact ⟨fun _ _ h => h.1, fun _ _ _ _ _ _ => ⟨rfl, rfl⟩,
    fun _ _ s _ h => ⟨(after_sid k s _).trans h.1, keep s _ h.2⟩,
    fun _ s _ _ h => ⟨(after_sid k s _).trans h.1, keep s _ h.2⟩⟩

/-- K23 holds under `hardened`: what an operation gives is what was asked for and what the session has
afterwards, after any sequence of operations; and in every store the handler that a mutation bound is the
handler that is found. -/
theorem K23_hardened : K23 .hardened := by
  refine ⟨fun sid roles ops op a h => ⟨gives_asked _ _ op a h, shows_given _ _ op a h⟩, ?_⟩
  intro st sid c e handler a hr h
  obtain ⟨s, b, hs, hb, _⟩ := found_of_ok _ _ _ _ _ h
  have he := touches_own s.own c (.updateEdgeHandler e handler) e rfl (by rw [hb]; rfl)
  rw [session_named _ st sid s hr hs, ← roles_same _ st sid s hr hs] at he
  obtain ⟨rfl, h1, h2⟩ := he
  have found := (own_found .hardened st e.sid s (.mutate c (.updateEdgeHandler e handler)) hs).1
  generalize (step .hardened st (.own e.sid (.mutate c (.updateEdgeHandler e handler)))).store = st' at found ⊢
  simp only [step, Store.looks, found, Store.says, Session.after, hb, Store.bodyAfter, Body.mutate, Body.bound,
    mem_has _ _ h1, mem_has _ _ h2, Bool.and_self, if_true, find_put]

end Telltale
