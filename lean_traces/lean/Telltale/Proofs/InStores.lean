module

public import Telltale.Proofs.Stores
public import Telltale.Proofs.Blueprint

/-!
Claims of every session of a store, at two moments.
-/

@[expose] public section

namespace Telltale

/-- The operation on that session is refused. -/
def refused (k : Contract) (st : Store) (sid : Nat) (op : OwnOp) : Prop :=
  ∃ e, (step k st (.own sid op)).outcome = .err e

theorem own_found (k : Contract) (st : Store) (sid : Nat) (s : Session) (op : OwnOp)
    (h : st.session sid = some s) :
    (step k st (.own sid op)).store.session sid = some (s.after k (.own op)) ∧
    (step k st (.own sid op)).added = (act k s.own op).added ∧
    (step k st (.own sid op)).outcome = match (act k s.own op).outcome with
      | .ok a => .ok (.own a)
      | .err e => .err e := by
  simp only [step, Store.own, gFound, h, Session.after, Telltale.after]
  cases (act k s.own op).outcome <;> simp [session_set_same]

theorem refused_unless (k : Contract) (st : Store) (sid : Nat) (op : OwnOp)
    (h : ∀ s, st.session sid = some s → (act k s.own op).outcome.isOk = false) : refused k st sid op := by
  unfold refused
  cases hs : st.session sid with
  | none => exact ⟨Store.unfound sid op, by simp [step, Store.own, gFound, hs, Store.fails]⟩
  | some s =>
    have := h s hs
    rw [(own_found k st sid s op hs).2.2]
    cases ho : (act k s.own op).outcome with
    | ok a => simp [ho, OwnOutcome.isOk] at this
    | err e => exact ⟨e, rfl⟩

theorem found_of_added (k : Contract) (st : Store) (sid : Nat) (op : OwnOp) (r : Record)
    (h : r ∈ (step k st (.own sid op)).added) : ∃ s, st.session sid = some s := by
  cases hs : st.session sid with
  | none => simp [step, Store.own, gFound, hs, Store.fails] at h
  | some s => exact ⟨s, rfl⟩

theorem found_of_ok (k : Contract) (st : Store) (sid : Nat) (op : OwnOp) (a : Answer)
    (h : (step k st (.own sid op)).outcome = .ok a) :
    ∃ s b, st.session sid = some s ∧ (act k s.own op).outcome = .ok b ∧ a = .own b := by
  cases hs : st.session sid with
  | none => simp [step, Store.own, gFound, hs, Store.fails] at h
  | some s =>
    rw [(own_found k st sid s op hs).2.2] at h
    cases ho : (act k s.own op).outcome with
    | ok b => rw [ho] at h; cases h; exact ⟨s, b, rfl, ho, rfl⟩
    | err e => rw [ho] at h; cases h

theorem reached_in (k : Contract) (st : Store) (sid : Nat) (s : Session) (hr : Reachable k st)
    (h : st.session sid = some s) : ∃ roles ops, s.own = reached k sid roles ops := by
  obtain ⟨ops, rfl⟩ := hr
  obtain ⟨roles, types, config, ops', rfl⟩ := sessions_by_themselves k ops sid s h
  exact ⟨roles, ownOps ops', ownership_by_itself k sid roles types config ops'⟩

-- The ownership of a session after an operation on it and whatever follows in the store.
theorem later_own (st : Store) (sid : Nat) (s : Session) (op : OwnOp) (later : List Op) (s' : Session)
    (hr : Reachable .hardened st) (hle : sid ≤ top) (h : st.session sid = some s)
    (h' : (run .hardened (step .hardened st (.own sid op)).store later).session sid = some s') :
    ∃ ops, s'.own = runOwn .hardened (after .hardened s.own op) ops := by
  obtain ⟨ops, rfl⟩ := session_later_hardened _ later sid _ s' (reachable_step _ _ (.own sid op) hr) hle
    (own_found .hardened st sid s op h).1 h'
  exact ⟨ownOps ops, runSession_own .hardened ops _⟩

/-- K1 holds of every session of a store under `hardened`: once an operation has invalidated a capability, none
is accepted on that session with it, whatever happens in the store. -/
theorem K1_in_a_store (st : Store) (sid : Nat) (op use : OwnOp) (c : Cap) (why : String) (later : List Op)
    (hr : Reachable .hardened st) (hle : sid ≤ top)
    (hi : note (.cap c) .invalidated (some why) ∈ (step .hardened st (.own sid op)).added)
    (hu : use.capability = some c) :
    refused .hardened (run .hardened (step .hardened st (.own sid op)).store later) sid use := by
  obtain ⟨s, hs⟩ := found_of_added _ _ _ _ _ hi
  rw [(own_found _ st sid s op hs).2.1] at hi
  obtain ⟨roles, ops, ho⟩ := reached_in _ st sid s hr hs
  refine refused_unless _ _ _ _ fun s' h' => ?_
  obtain ⟨more, hm⟩ := later_own st sid s op later s' hr hle hs h'
  rw [hm, ho]
  exact K1_hardened sid roles ops op c more use ⟨why, by rw [← ho]; exact hi⟩ hu

/-- K2 holds of every session of a store under `hardened`: once an operation has invalidated a capability, no
witness that was issued before is consumed, whatever happens in the store. -/
theorem K2_in_a_store (st : Store) (sid : Nat) (s : Session) (op : OwnOp) (c c' : Cap) (why : String)
    (w : Readiness) (later : List Op) (hr : Reachable .hardened st) (hle : sid ≤ top)
    (hs : st.session sid = some s) (hw : find w.id s.own.issued = some w)
    (hi : note (.cap c) .invalidated (some why) ∈ (step .hardened st (.own sid op)).added) :
    refused .hardened (run .hardened (step .hardened st (.own sid op)).store later) sid (.consume c' w) := by
  rw [(own_found _ st sid s op hs).2.1] at hi
  obtain ⟨roles, ops, ho⟩ := reached_in _ st sid s hr hs
  refine refused_unless _ _ _ _ fun s' h' => ?_
  obtain ⟨more, hm⟩ := later_own st sid s op later s' hr hle hs h'
  rw [hm, ho]
  exact K2_hardened sid roles ops op c w more c' (by rw [← ho]; exact hw) ⟨why, by rw [← ho]; exact hi⟩

/-- K3 holds of every session of a store under `hardened`: once a witness was consumed, none with its id is
consumed on that session, whatever happens in the store. -/
theorem K3_in_a_store (st : Store) (sid : Nat) (c c' : Cap) (w w' : Readiness) (a : Answer) (later : List Op)
    (hr : Reachable .hardened st) (hle : sid ≤ top)
    (h : (step .hardened st (.own sid (.consume c w))).outcome = .ok a) (hid : w'.id = w.id) :
    refused .hardened (run .hardened (step .hardened st (.own sid (.consume c w))).store later) sid
      (.consume c' w') := by
  obtain ⟨s, b, hs, hb, _⟩ := found_of_ok _ _ _ _ _ h
  refine refused_unless _ _ _ _ fun s' h' => ?_
  obtain ⟨more, hm⟩ := later_own st sid s _ later s' hr hle hs h'
  rw [hm]
  exact K3_consumed_once .hardened s.own c w more c' w' (by rw [hb]; rfl) hid

/-- The id of the witness that an operation gave out. -/
def Outcome.witness : Outcome → Option Nat
  | .ok (.own a) => OwnOutcome.witness (.ok a)
  | _ => none

theorem witness_found (k : Contract) (st : Store) (sid : Nat) (op : OwnOp) (id : Nat)
    (h : (step k st (.own sid op)).outcome.witness = some id) :
    ∃ s, st.session sid = some s ∧ (act k s.own op).outcome.witness = some id := by
  cases hs : st.session sid with
  | none => simp [step, Store.own, gFound, hs, Store.fails, Outcome.witness] at h
  | some s =>
    rw [(own_found k st sid s op hs).2.2] at h
    refine ⟨s, rfl, ?_⟩
    cases ho : (act k s.own op).outcome <;> rw [ho] at h
    · exact h
    · simp [Outcome.witness] at h

/-- K3 holds of every session of a store under `hardened`, of ids too: of two witnesses that a session gives
out, the later has the larger id, whatever happens in the store. -/
theorem K3_ids_in_a_store (st : Store) (sid : Nat) (op op' : OwnOp) (id id' : Nat) (later : List Op)
    (hr : Reachable .hardened st) (hle : sid ≤ top)
    (h : (step .hardened st (.own sid op)).outcome.witness = some id)
    (h' : (step .hardened (run .hardened (step .hardened st (.own sid op)).store later)
      (.own sid op')).outcome.witness = some id') : id < id' := by
  obtain ⟨s, hs, hw⟩ := witness_found _ _ _ _ _ h
  obtain ⟨s', hs', hw'⟩ := witness_found _ _ _ _ _ h'
  obtain ⟨roles, ops, ho⟩ := reached_in _ st sid s hr hs
  obtain ⟨more, hm⟩ := later_own st sid s op later s' hr hle hs hs'
  rw [ho] at hw hm
  rw [hm] at hw'
  exact K3_hardened sid roles ops op more op' id id' hw hw'

/-- K9 holds of every session of a store under `hardened`: once a terminal reason is recorded, every ownership
operation on that session is refused, and while the session is live the reason stays and the status tells
it, whatever happens in the store. -/
theorem K9_in_a_store (st : Store) (sid : Nat) (s : Session) (r : Reason) (later : List Op)
    (hr : Reachable .hardened st) (hle : sid ≤ top) (hs : st.session sid = some s)
    (ht : s.own.terminal = some r) :
    (∀ op, op ≠ .close → refused .hardened (run .hardened st later) sid op) ∧
    ∀ s', (run .hardened st later).session sid = some s' →
      s'.own.terminal = some r ∧ s'.own.status = r.status := by
  obtain ⟨roles, ops, ho⟩ := reached_in _ st sid s hr hs
  have run : ∀ s', (run .hardened st later).session sid = some s' →
      ∃ more, s'.own = runOwn .hardened s.own more := by
    intro s' h'
    obtain ⟨more, rfl⟩ := session_later_hardened st later sid s s' hr hle hs h'
    exact ⟨ownOps more, runSession_own .hardened more s⟩
  constructor
  · intro op hop
    refine refused_unless _ _ _ _ fun s' h' => ?_
    obtain ⟨more, hm⟩ := run s' h'
    rw [hm, K9_terminal_refuses .hardened s.own more r op ht hop]
    rfl
  · intro s' h'
    obtain ⟨more, hm⟩ := run s' h'
    have kept := K9_terminal_for_ever .hardened s.own more r ht
    refine ⟨by rw [hm]; exact kept, ?_⟩
    have fit : ∀ (more : List OwnOp) (s : Own), fits s → fits (runOwn .hardened s more) := by
      intro more
      induction more with
      | nil => exact fun _ h => h
      | cons op more ih => exact fun s h => ih _ (fits_after s op h)
    have start := kept_reached fits .hardened fits_after sid roles (by simp [fits, Own.fresh]) ops
    rw [← ho] at start
    rw [hm]
    exact (fit more s.own start).1 r kept

/-- K11 holds of every session of a store under `hardened`: once a session was closed, every ownership operation
on it is refused, and nothing is left of its ownership, whatever happens in the store. -/
theorem K11_in_a_store (st : Store) (sid : Nat) (a : Answer) (later : List Op) (hr : Reachable .hardened st)
    (hle : sid ≤ top) (h : (step .hardened st (.own sid .close)).outcome = .ok a) :
    (∀ op, op ≠ .close →
      refused .hardened (run .hardened (step .hardened st (.own sid .close)).store later) sid op) ∧
    ∀ s', (run .hardened (step .hardened st (.own sid .close)).store later).session sid = some s' →
      s'.own.vacant := by
  obtain ⟨s, _, hs, _, _⟩ := found_of_ok _ _ _ _ _ h
  obtain ⟨roles, ops, ho⟩ := reached_in _ st sid s hr hs
  have all : ∀ s', (run .hardened (step .hardened st (.own sid .close)).store later).session sid = some s' →
      s'.own.vacant ∧ ∀ op, op ≠ .close → (act .hardened s'.own op).outcome.isOk = false := by
    intro s' h'
    obtain ⟨more, hm⟩ := later_own st sid s .close later s' hr hle hs h'
    rw [hm, ho]
    exact K11_hardened sid roles ops more
  exact ⟨fun op hop => refused_unless _ _ _ _ fun s' h' => (all s' h').2 op hop, fun s' h' => (all s' h').1⟩

/-- K15 holds of every session of a store under `hardened`: its edges are exactly those between two different
roles of it that some reachable send or receive of the types that it was opened with needs. -/
theorem K15_in_a_store (st : Store) (sid : Nat) (s : Session) (hr : Reachable .hardened st)
    (h : st.session sid = some s) : ∃ types, ExactEdges s.own.roles types s.body.edges := by
  obtain ⟨ops, rfl⟩ := hr
  refine (kept_run .hardened (fun sid s => s.own.sid = sid ∧ ∃ types, ExactEdges s.own.roles types s.body.edges)
    ops Store.empty (empty_keeps _) ?_ sid s h).2
  intro before op rest _
  have edges : ∀ (s : Session) (o : SessionOp), (s.after .hardened o).body.edges = s.body.edges := by
    intro s o
    cases o with
    | own op =>
      simp only [Session.after]
      split
      · next ho =>
        clear ho
        cases op <;> try rfl
        next m => cases m <;> rfl
      · rfl
    | body op =>
      cases (body_frame .hardened s.own.sid s.body op).2.2 with
      | inl h => exact h.2
      | inr h => subst h; rfl
    | host call =>
      simp only [Session.after]
      split
      · cases call <;> rfl
      · rfl
  have roles : ∀ (s : Session) (o : SessionOp), (s.after .hardened o).own.roles = s.own.roles := by
    intro s o
    cases o with
    | own op => exact (sid_after .hardened s.own op).2
    | _ => rfl
  have keep : ∀ (s : Session) (o : SessionOp), (∃ types, ExactEdges s.own.roles types s.body.edges) →
      ∃ types, ExactEdges (s.after .hardened o).own.roles types (s.after .hardened o).body.edges := by
    intro s o h
    rw [edges, roles]
    exact h
  refine ⟨fun _ _ h => h.1, ?_, ?_, ?_⟩
  · intro sid roles types config _ hr
    exact ⟨rfl, types, blueprint_edges roles types (distinct_roles roles hr)⟩
  · exact fun _ _ s _ h => ⟨(after_sid _ s _).trans h.1, keep s _ h.2⟩
  · exact fun _ s _ _ h => ⟨(after_sid _ s _).trans h.1, keep s _ h.2⟩

end Telltale
