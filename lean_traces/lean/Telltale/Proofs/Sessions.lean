module

public import Telltale.Proofs.Sids
public import Telltale.Proofs.Refusals

/-!
Sessions as sequences of operations: every live session of a store is a fresh one after the
operations on it. What `hardened` promises of buffers and of edges.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-- The operations on one session that change it and are no ownership operations. -/
inductive BodyOp
  | updateType (role : String) (t : LocalType)
  | updateOriginal (role : String) (t : LocalType)
  | removeType (role : String)
  | advance (role label : String)
  | send (pair : String × String) (v : Value) (how : Signing) (number : Option Nat)
  | recv (how : Reception) (pair : String × String)
  | reload

/-- The session of that sid after it, its ownership aside. -/
def Body.after (k : Contract) (sid : Nat) (b : Body) : BodyOp → Body
  | .updateType role t => b.updateType role t
  | .updateOriginal role t => b.updateOriginal role t
  | .removeType role => b.removeType role
  | .advance role label => match b.advance k role label with
    | some (_, b') => b'
    | none => b
  | .send pair v how number => match b.send k sid pair v how number with
    | .ok (_, b') => b'
    | .error _ => b
  | .recv how pair => (b.recv k sid how pair).2
  | .reload => b.reload k

/-- The operations on one session that change it. -/
inductive SessionOp
  | own (op : OwnOp)
  | body (op : BodyOp)
  | host (call : HostCall)

/-- A session after an operation on it. -/
def Session.after (k : Contract) (s : Session) : SessionOp → Session
  | .own op => ⟨Telltale.after k s.own op, match (act k s.own op).outcome with
    | .ok _ => Store.bodyAfter s.body op
    | .err _ => s.body⟩
  | .body op => ⟨s.own, s.body.after k s.own.sid op⟩
  | .host call => ⟨s.own, match (hostCall k s.own).outcome with
    | .ok _ => s.body.mutate (call.mutation s.own.sid)
    | .err _ => s.body⟩

/-- A session after a sequence of operations on it. -/
def runSession (k : Contract) (s : Session) : List SessionOp → Session
  | [] => s
  | op :: ops => runSession k (s.after k op) ops

/-- A session that was opened and then had a sequence of operations. -/
def opening (k : Contract) (sid : Nat) (roles : List String) (types : List (String × LocalType))
    (config : BufferConfig) (ops : List SessionOp) : Session :=
  runSession k (Session.start sid (makePlan k.openedType roles types) config) ops

/-- The ownership operations of a sequence. -/
def ownOps : List SessionOp → List OwnOp
  | [] => []
  | .own op :: ops => op :: ownOps ops
  | _ :: ops => ownOps ops

theorem runSession_own (k : Contract) (ops : List SessionOp) (s : Session) :
    (runSession k s ops).own = runOwn k s.own (ownOps ops) := by
  induction ops generalizing s with
  | nil => rfl
  | cons op ops ih => cases op <;> exact ih _

/-- The ownership of a session is what its ownership operations make of a fresh one: the theorems
about such sequences speak of every session. -/
theorem ownership_by_itself (k : Contract) (sid : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) (ops : List SessionOp) :
    (opening k sid roles types config ops).own = reached k sid roles (ownOps ops) :=
  runSession_own k ops _

theorem runSession_snoc (k : Contract) (ops : List SessionOp) (s : Session) (op : SessionOp) :
    runSession k s (cat ops [op]) = (runSession k s ops).after k op := by
  induction ops generalizing s with
  | nil => rfl
  | cons x ops ih => exact ih _

-- What holds of a session at its opening, and is kept by every operation, holds for ever.
theorem kept_opening (p : Session → Prop) (k : Contract) (step : ∀ s op, p s → p (s.after k op))
    (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (start : p (Session.start sid (makePlan k.openedType roles types) config)) (ops : List SessionOp) :
    p (opening k sid roles types config ops) := by
  unfold opening
  generalize Session.start sid (makePlan k.openedType roles types) config = s at start
  induction ops generalizing s with
  | nil => exact start
  | cons op ops ih => exact ih _ (step s op start)

theorem closedOwn_sid (k : Contract) (s : Own) :
    (k.closedOwn s).sid = s.sid ∧ (k.closedOwn s).roles = s.roles := by
  cases k <;> exact ⟨rfl, rfl⟩

theorem sid_after (k : Contract) (s : Own) (op : OwnOp) :
    (after k s op).sid = s.sid ∧ (after k s op).roles = s.roles := by
  cases op <;> simp only [after, act] <;> try exact closedOwn_sid k s
  all_goals
    simp <;> (repeat' split) <;> exact ⟨rfl, rfl⟩

theorem opening_sid (k : Contract) (sid : Nat) (roles : List String) (types : List (String × LocalType))
    (config : BufferConfig) (ops : List SessionOp) : (opening k sid roles types config ops).own.sid = sid := by
  refine kept_opening (fun s => s.own.sid = sid) k ?_ sid roles types config rfl ops
  intro s op h
  cases op with
  | own op => exact (sid_after k s.own op).1.trans h
  | _ => exact h

/-- The session is what its operations make of one that was opened under that sid. -/
def Regular (k : Contract) (sid : Nat) (s : Session) : Prop :=
  ∃ roles types config ops, s = opening k sid roles types config ops

theorem regular_after (k : Contract) (sid : Nat) (s : Session) (op : SessionOp) (h : Regular k sid s) :
    Regular k sid (s.after k op) := by
  obtain ⟨roles, types, config, ops, rfl⟩ := h
  exact ⟨roles, types, config, cat ops [op], (runSession_snoc k ops _ op).symm⟩

theorem regular_sid (k : Contract) (sid : Nat) (s : Session) (h : Regular k sid s) : s.own.sid = sid := by
  obtain ⟨roles, types, config, ops, rfl⟩ := h
  exact opening_sid k sid roles types config ops

/-- All live sessions are regular. -/
def AllRegular (k : Contract) (st : Store) : Prop := ∀ x, x ∈ st.sessions → Regular k x.1 x.2

theorem regular_live (k : Contract) (st : Store) (sid : Nat) (s : Session) (h : AllRegular k st)
    (hs : st.session sid = some s) : Regular k sid s :=
  h (sid, s) (mem_of_find hs)

theorem regular_set (k : Contract) (st : Store) (sid : Nat) (s : Session) (h : AllRegular k st)
    (hs : Regular k sid s) : AllRegular k (st.set sid s) := by
  intro x hx
  rcases of_mem_put hx with rfl | hx
  · exact hs
  · exact h x hx

theorem regular_start (k : Contract) (st : Store) (sid next : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) (h : AllRegular k st) :
    AllRegular k (Store.openAs k st sid next roles types config).store := by
  unfold Store.openAs
  split
  · exact h
  · simp only [Store.start]
    split
    · exact h
    · exact regular_set k st sid _ h ⟨roles, types, config, [], rfl⟩

theorem regular_reap (k : Contract) (sids : List Nat) (st : Store) (acc : List Summary)
    (h : AllRegular k st) : AllRegular k (st.reap sids acc).1 := by
  induction sids generalizing st acc with
  | nil => exact h
  | cons x xs ih =>
    simp only [Store.reap]
    (repeat' split)
    · exact ih _ _ h
    · exact ih _ _ h
    · exact ih _ _ fun x hx => h x (of_mem_drop hx)

theorem regular_body (k : Contract) (st : Store) (sid : Nat) (s : Session) (op : BodyOp) (b : Body)
    (h : AllRegular k st) (hs : st.session sid = some s) (hb : b = s.body.after k sid op) :
    AllRegular k (st.setBody sid s b) := by
  subst hb
  have := regular_after k sid s (.body op) (regular_live k st sid s h hs)
  simp only [Session.after, regular_sid k sid s (regular_live k st sid s h hs)] at this
  exact regular_set k st sid _ h this

theorem regular_onBody (k : Contract) (st : Store) (sid : Nat) (op : BodyOp) (h : AllRegular k st) :
    AllRegular k (st.onBody sid fun b => b.after k sid op).store := by
  unfold Store.onBody
  split
  · exact h
  · next s hs => exact regular_body k st sid s op _ h hs rfl

theorem regular_own (k : Contract) (st : Store) (sid : Nat) (op : OwnOp) (h : AllRegular k st) :
    AllRegular k (st.own k sid op).store := by
  unfold Store.own gFound
  split
  · exact h
  · next s hs =>
    have := regular_after k sid s (.own op) (regular_live k st sid s h hs)
    simp only [Session.after, Telltale.after] at this
    cases ho : (act k s.own op).outcome <;> simp only [ho] at this ⊢ <;>
      exact regular_set k st sid _ h this

theorem regular_host (k : Contract) (st : Store) (sid : Nat) (call : HostCall) (h : AllRegular k st) :
    AllRegular k (st.host k sid call).store := by
  unfold Store.host
  split
  · exact h
  · next s hs =>
    have := regular_after k sid s (.host call) (regular_live k st sid s h hs)
    simp only [Session.after, regular_sid k sid s (regular_live k st sid s h hs)] at this
    split
    · exact h
    · next ho =>
      simp only [ho] at this
      exact regular_set k st sid _ h this

theorem regular_reload (k : Contract) (st : Store) (h : AllRegular k st) : AllRegular k (st.reload k) := by
  intro x hx
  obtain ⟨y, hy, rfl⟩ := of_mem_each hx
  exact regular_after k y.1 y.2 (.body .reload) (h y hy)

theorem regular_step (k : Contract) (st : Store) (op : Op) (h : AllRegular k st) :
    AllRegular k (step k st op).store := by
  cases op with
  | openNext roles types config =>
    simp only [step, Store.openNext]; split
    · exact regular_start k st _ _ roles types config h
    · exact h
  | openWith sid roles types config =>
    simp only [step, Store.openWith]; split
    · exact regular_start k st _ _ roles types config h
    · exact h
  | own sid op => exact regular_own k st sid op h
  | reapClosed => exact regular_reap k _ st [] h
  | reapSessions sids => exact regular_reap k sids st [] h
  | updateType sid role t => exact regular_onBody k st sid (.updateType role t) h
  | updateOriginal sid role t => exact regular_onBody k st sid (.updateOriginal role t) h
  | removeType sid role => exact regular_onBody k st sid (.removeType role) h
  | advance sid role label =>
    simp only [step, Store.advance]; (repeat' split) <;> try exact h
    next hs _ r b hb => exact regular_body k st sid _ (.advance role label) b h hs (by simp [Body.after, hb])
  | send sid pair v how number =>
    simp only [step, Store.send]; (repeat' split) <;> try exact h
    next hs _ r b hb =>
      exact regular_body k st sid _ (.send pair v how number) b h hs (by simp [Body.after, hb])
  | recv how sid pair =>
    simp only [step, Store.recv]; (repeat' split) <;> try exact h
    all_goals
      next hs _ r b hb =>
        exact regular_body k st sid _ (.recv how pair) b h hs (by simp [Body.after, hb])
  | host sid call => exact regular_host k st sid call h
  | reload => exact regular_reload k st h
  | issueTimeout site untilTick => exact h
  | advanceClock tick => simp only [step, Store.advanceClock]; split <;> exact h
  | plan roles types => simp only [step, Store.planned]; split <;> exact h
  | decodeEdge raw hint => simp only [step, Store.decoded]; split <;> exact h
  | _ => simp only [step, Store.looks, Store.reads] <;> (repeat' split) <;> exact h

theorem all_regular (k : Contract) (ops : List Op) : AllRegular k (run k Store.empty ops) := by
  have all : ∀ (ops : List Op) (st : Store), AllRegular k st → AllRegular k (run k st ops) := by
    intro ops
    induction ops with
    | nil => exact fun _ h => h
    | cons op ops ih => exact fun st h => ih _ (regular_step k st op h)
  exact all ops Store.empty fun x hx => by cases hx

/-- Every live session of a store is what the operations on it, in their order, make of one that
was opened under its sid: after any sequence of operations of the store, under both contracts. -/
theorem sessions_by_themselves (k : Contract) (ops : List Op) (sid : Nat) (s : Session)
    (h : (run k Store.empty ops).session sid = some s) :
    ∃ roles types config ops', s = opening k sid roles types config ops' :=
  regular_live k _ sid s (all_regular k ops) h

/-! ### K14 -/

/-- The capacity of a buffer that resizes never exceeds max_capacity, or the capacity it was opened
with where that is larger. -/
def K14 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (max : Nat) (ops : List SessionOp) (pair : String × String) (b : Buffer),
    config.policy = .resize max →
    find pair (opening k sid roles types config ops).body.buffers = some b →
    b.capacity ≤ Nat.max max (Nat.max 1 config.capacity)

theorem kept_buffers (p : Buffer → Prop) (k : Contract) (config : BufferConfig)
    (start : p (Buffer.empty config))
    (put : ∀ b m, p b → p (Body.enqueue k b m).2)
    (take : ∀ b m ms, p b → b.queue = m :: ms → p { b with queue := ms })
    (sid : Nat) (roles : List String) (types : List (String × LocalType)) (ops : List SessionOp)
    (pair : String × String) (b : Buffer)
    (h : find pair (opening k sid roles types config ops).body.buffers = some b) : p b := by
  revert h
  refine kept_opening (fun s => ∀ b, find pair s.body.buffers = some b → p b) k ?_ sid roles types config
    ?_ ops b
  · intro s op hs b
    cases op with
    | own op =>
      simp only [Session.after]
      split
      · next ho =>
        clear ho
        cases op with
        | mutate c m => cases m <;> exact hs b
        | close => simp [Store.bodyAfter, Body.close, find]
        | _ => exact hs b
      · exact hs b
    | body op =>
      cases op <;> simp only [Session.after, Body.after, Body.updateType, Body.updateOriginal,
        Body.removeType, Body.advance, Body.send, Body.offer, Body.recv, Body.reload] <;> (repeat' split) <;>
        (try simp only [Contract.keepsUnverified] at *) <;> grind [find_put]
    | host call =>
      simp only [Session.after]
      split
      · cases call <;> exact hs b
      · exact hs b
  · have : ∀ es acc, (∀ b, find pair acc = some b → p b) →
        ∀ b, find pair (openBuffers config es acc) = some b → p b := by
      intro es
      induction es with
      | nil => exact fun acc h => h
      | cons e es ih =>
        intro acc h
        refine ih _ ?_
        intro b hb
        rw [find_put] at hb
        grind
    exact this _ _ (by simp [find])

theorem grown_at_most (capacity max : Nat) : Contract.hardened.grown capacity max ≤ max :=
  Nat.min_le_right _ _

theorem grown_by_one (k : Contract) (capacity max : Nat) (h : capacity < max) (hc : 1 ≤ capacity)
    (hmax : max ≤ top) : capacity + 1 ≤ k.grown capacity max := by
  cases k with
  | telltale17 => simp only [Contract.grown]; split <;> omega
  | hardened => exact Nat.le_min.mpr ⟨by omega, h⟩

/-- K14 holds under `hardened`: the capacity of a buffer that resizes never exceeds max_capacity, or
the capacity it was opened with where that is larger. -/
theorem K14_hardened : K14 .hardened := by
  intro sid roles types config max ops pair b hc h
  generalize hn : Nat.max max (Nat.max 1 config.capacity) = n
  have hm : max ≤ n := by rw [← hn]; exact Nat.le_max_left _ _
  have := kept_buffers (fun b => b.policy = .resize max ∧ b.capacity ≤ n) .hardened config
    ⟨hc, by rw [← hn]; exact Nat.le_max_right _ _⟩
    (by
      intro b v hb
      simp only [Body.enqueue]
      (repeat' split) <;> grind [grown_at_most])
    (fun b v vs hb _ => hb) sid roles types ops pair b h
  exact this.2

theorem size_cat {α} (xs : List α) (v : α) : size (cat xs [v]) = size xs + 1 := by
  have : ∀ n, sizeFrom (cat xs [v]) n = sizeFrom xs n + 1 := by
    induction xs with
    | nil => exact fun n => rfl
    | cons x xs ih => exact fun n => ih _
  exact this 0

theorem size_cons {α} (v : α) (vs : List α) : size (v :: vs) = size vs + 1 := by
  have : ∀ n, sizeFrom vs (n + 1) = sizeFrom vs n + 1 := by
    induction vs with
    | nil => exact fun n => rfl
    | cons x xs ih => exact fun n => ih _
  exact this 0

/-- K14: no buffer ever holds more values than its capacity, whatever its mode and policy (with a
max_capacity of at most 2^64-1), under both contracts. -/
theorem K14_queue_within_capacity (k : Contract) (sid : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) (ops : List SessionOp)
    (pair : String × String) (b : Buffer) (hmax : ∀ max, config.policy = .resize max → max ≤ top)
    (h : find pair (opening k sid roles types config ops).body.buffers = some b) :
    size b.queue ≤ b.capacity := by
  have := kept_buffers
    (fun b => b.policy = config.policy ∧ 1 ≤ b.capacity ∧ size b.queue ≤ b.capacity) k config
    ⟨rfl, Nat.le_max_left _ _, Nat.zero_le _⟩
    (by
      intro b v hb
      have one : size [v] = 1 := rfl
      simp only [Body.enqueue]
      (repeat' split) <;> grind [size_cat, grown_by_one])
    (by
      intro b v vs hb hq
      simp only [hq, size_cons] at hb ⊢
      exact ⟨hb.1, hb.2.1, by omega⟩)
    sid roles types ops pair b h
  exact this.2.2

/-! ### K17 -/

/-- The edge is of that session: it has its sid, and joins listed roles. -/
def ownEdge (sid : Nat) (roles : List String) (e : Edge) : Prop :=
  e.sid = sid ∧ e.sender ∈ roles ∧ e.receiver ∈ roles

/-- The bindings and traces of a session are of its own edges only. -/
def K17 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (ops : List SessionOp) (e : Edge),
    (find e (opening k sid roles types config ops).body.edgeHandlers ≠ none ∨
      find e (opening k sid roles types config ops).body.traces ≠ none) →
    e.sid = sid

/-- The edge that a mutation names. -/
def Mutation.edge : Mutation → Option Edge
  | .setDefaultHandler _ => none
  | .updateEdgeHandler e _ => some e
  | .updateTrace e _ => some e

theorem touches_own (s : Own) (c : Cap) (m : Mutation) (e : Edge) (hm : m.edge = some e)
    (h : (act .hardened s (.mutate c m)).outcome.isOk = true) : ownEdge s.sid s.roles e := by
  unfold ownEdge
  cases m <;> simp [Mutation.edge] at hm <;> subst hm <;> simp [Contract.mayTouch] at h <;>
    grind [OwnOutcome.isOk, has_mem]

/-- K17, `hardened`: a mutation that names an edge of another session, or one with a role that is not
listed, is refused, after any sequence of operations. -/
theorem K17_hardened_foreign_refused (sid : Nat) (roles : List String) (ops : List OwnOp) (c : Cap)
    (m : Mutation) (e : Edge) (hm : m.edge = some e) (he : ¬ ownEdge sid roles e) :
    (act .hardened (reached .hardened sid roles ops) (.mutate c m)).outcome.isOk = false := by
  have hk := kept_reached (fun s => s.sid = sid ∧ s.roles = roles) .hardened
    (fun s op h => by simpa only [sid_after] using h) sid roles ⟨rfl, rfl⟩ ops
  cases hr : (act .hardened (reached .hardened sid roles ops) (.mutate c m)).outcome.isOk with
  | false => rfl
  | true =>
    have := touches_own _ c m e hm hr
    rw [hk.1, hk.2] at this
    exact absurd this he

/-- K17 holds under `hardened`: the bindings and traces of a session, after any sequence of operations
since its opening, are of edges with its own sid. -/
theorem K17_hardened : K17 .hardened := by
  intro sid roles types config ops e
  refine (kept_opening (fun s => s.own.sid = sid ∧ ∀ e,
    (find e s.body.edgeHandlers ≠ none ∨ find e s.body.traces ≠ none) → e.sid = sid) .hardened
    ?_ sid roles types config ⟨rfl, ?_⟩ ops).2 e
  · intro s op ⟨hs, he⟩
    cases op with
    | own op =>
      refine ⟨(sid_after .hardened s.own op).1.trans hs, ?_⟩
      simp only [Session.after]
      split
      · next a ho =>
        cases op with
        | mutate c m =>
          intro e' h'
          by_cases hm : m.edge = some e'
          · rw [← hs]
            exact (touches_own s.own c m e' hm (by rw [ho]; rfl)).1
          · refine he e' ?_
            cases m <;> simp only [Store.bodyAfter, Body.mutate, Mutation.edge, find_put] at h' hm <;> grind
        | close =>
          simp only [Store.bodyAfter, Body.close, find]
          exact fun e' h' => he e' (by simpa using h'.imp_right (by simp))
        | _ => exact he
      · exact he
    | body op =>
      refine ⟨hs, ?_⟩
      cases op <;> simp only [Session.after, Body.after, Body.updateType, Body.updateOriginal,
        Body.removeType, Body.advance, Body.send, Body.offer, Body.recv, Body.reload] <;> (repeat' split) <;>
        (try simp only [Contract.keepsUnverified] at *) <;> grind
    | host call =>
      refine ⟨hs, ?_⟩
      simp only [Session.after]
      split
      · intro e' h'
        cases call <;> simp only [HostCall.mutation, Body.mutate, find_put] at h' <;> grind
      · exact he
  · simp [Session.start, find]

end Telltale
