module

public import Telltale.Proofs.Messages
public import Telltale.Proofs.Replay

/-!
Two moments of a store: the session that a sid names at the later one is its run from the earlier one. So
what is proved of one session, of its operations alone, holds in every store, whatever else happens there.
-/

@[expose] public section

namespace Telltale

/-! ### What every operation of a store keeps -/

/-- All live sessions of a store have the property. -/
def AllKeep (p : Nat → Session → Prop) (st : Store) : Prop := ∀ sid s, st.session sid = some s → p sid s

/-- The operation is one of `OwnOp`. -/
def SessionOp.isOwn : SessionOp → Bool
  | .own _ => true
  | _ => false

/-- What has to be shown for one operation of a store, for all its sessions to keep a property: the session
that it opens has it, and a session after the operation on it. -/
structure Kept (k : Contract) (p : Nat → Session → Prop) (st : Store) (op : Op) : Prop where
  names : ∀ sid s, p sid s → s.own.sid = sid
  start : ∀ sid roles types config, opened k st op = some sid → Store.refusedRoles k roles = none →
    p sid (Session.start sid (makePlan k.openedType roles types) config)
  own : ∀ sid o s, op = .own sid o → p sid s → p sid (s.after k (.own o))
  other : ∀ sid s o, SessionOp.isOwn o = false → p sid s → p sid (s.after k o)

theorem kept_set (p : Nat → Session → Prop) (st : Store) (sid : Nat) (s : Session) (h : AllKeep p st)
    (hs : p sid s) : AllKeep p (st.set sid s) := by
  intro sid' s' h'
  by_cases hsid : sid' = sid
  · subst hsid
    rw [session_set_same] at h'
    cases h'
    exact hs
  · rw [session_set _ _ _ _ hsid] at h'
    exact h _ _ h'

theorem kept_reap (p : Nat → Session → Prop) (sids : List Nat) (st : Store) (acc : List Summary)
    (h : AllKeep p st) : AllKeep p (st.reap sids acc).1 := by
  induction sids generalizing st acc with
  | nil => exact h
  | cons x xs ih =>
    simp only [Store.reap]
    (repeat' split)
    · exact ih _ _ h
    · exact ih _ _ h
    · refine ih _ _ ?_
      intro sid s hs
      simp only [Store.session, find_drop] at hs
      split at hs
      · simp at hs
      · exact h sid s hs

theorem kept_own (k : Contract) (p : Nat → Session → Prop) (st : Store) (sid : Nat) (op : OwnOp)
    (hk : ∀ s, p sid s → p sid (s.after k (.own op))) (h : AllKeep p st) : AllKeep p (st.own k sid op).store := by
  unfold Store.own gFound
  split
  · exact h
  · next s hs =>
    have := hk s (h sid s hs)
    simp only [Session.after, Telltale.after] at this
    cases ho : (act k s.own op).outcome <;> simp only [ho] at this ⊢ <;>
      exact kept_set p st sid _ h this

theorem kept_body (k : Contract) (p : Nat → Session → Prop) (st : Store) (sid : Nat) (s : Session)
    (op : BodyOp) (b : Body) (hn : ∀ s, p sid s → s.own.sid = sid)
    (hk : ∀ s, p sid s → p sid (s.after k (.body op))) (h : AllKeep p st)
    (hs : st.session sid = some s) (hb : b = s.body.after k sid op) : AllKeep p (st.setBody sid s b) := by
  subst hb
  have := hk s (h sid s hs)
  simp only [Session.after, hn s (h sid s hs)] at this
  exact kept_set p st sid _ h this

theorem kept_onBody (k : Contract) (p : Nat → Session → Prop) (st : Store) (sid : Nat) (op : BodyOp)
    (hn : ∀ s, p sid s → s.own.sid = sid) (hk : ∀ s, p sid s → p sid (s.after k (.body op)))
    (h : AllKeep p st) : AllKeep p (st.onBody sid fun b => b.after k sid op).store := by
  unfold Store.onBody
  split
  · exact h
  · next s hs => exact kept_body k p st sid s op _ hn hk h hs rfl

theorem kept_host (k : Contract) (p : Nat → Session → Prop) (st : Store) (sid : Nat) (call : HostCall)
    (hn : ∀ s, p sid s → s.own.sid = sid) (hk : ∀ s, p sid s → p sid (s.after k (.host call)))
    (h : AllKeep p st) : AllKeep p (st.host k sid call).store := by
  unfold Store.host
  split
  · exact h
  · next s hs =>
    have := hk s (h sid s hs)
    simp only [Session.after, hn s (h sid s hs)] at this
    split
    · exact h
    · next ho =>
      simp only [ho] at this
      exact kept_set p st sid _ h this

theorem kept_reload (k : Contract) (p : Nat → Session → Prop) (st : Store)
    (hk : ∀ sid s, p sid s → p sid (s.after k (.body .reload))) (h : AllKeep p st) :
    AllKeep p (st.reload k) := by
  intro sid s hs
  have := (find_each (fun s : Session => (⟨s.own, s.body.reload k⟩ : Session)) (Store.reload.readBack k)
    (fun _ => rfl) sid st.sessions).symm.trans hs
  split at this
  · next s' hs' =>
    cases this
    exact hk sid s' (h sid s' hs')
  · cases this

theorem kept_step (k : Contract) (p : Nat → Session → Prop) (st : Store) (op : Op) (hk : Kept k p st op)
    (h : AllKeep p st) : AllKeep p (step k st op).store := by
  have hb : ∀ sid o s, p sid s → p sid (s.after k (.body o)) := fun sid o s => hk.other sid s (.body o) rfl
  have hn := hk.names
  cases op with
  | openNext roles types config =>
    have hs := fun sid => hk.start sid roles types config
    simp only [opened, step, Store.openNext, Store.openAs, Store.start] at hs ⊢
    (repeat' split) <;> first | exact h | exact kept_set p st _ _ h (hs _ (by simp_all) (by assumption))
  | openWith sid roles types config =>
    have hs := fun sid => hk.start sid roles types config
    simp only [opened, step, Store.openWith, Store.openAs, Store.start] at hs ⊢
    (repeat' split) <;> first | exact h | exact kept_set p st _ _ h (hs _ (by simp_all) (by assumption))
  | own sid op => exact kept_own k p st sid op (fun s => hk.own sid op s rfl) h
  | reapClosed => exact kept_reap p _ st [] h
  | reapSessions sids => exact kept_reap p sids st [] h
  | updateType sid role t => exact kept_onBody k p st sid (.updateType role t) (hn sid) (hb sid _) h
  | updateOriginal sid role t => exact kept_onBody k p st sid (.updateOriginal role t) (hn sid) (hb sid _) h
  | removeType sid role => exact kept_onBody k p st sid (.removeType role) (hn sid) (hb sid _) h
  | advance sid role label =>
    simp only [step, Store.advance]; (repeat' split) <;> try exact h
    next hs _ r b he =>
      exact kept_body k p st sid _ (.advance role label) b (hn sid) (hb sid _) h hs (by simp [Body.after, he])
  | send sid pair v how number =>
    simp only [step, Store.send]; (repeat' split) <;> try exact h
    next hs _ r b he =>
      exact kept_body k p st sid _ (.send pair v how number) b (hn sid) (hb sid _) h hs (by simp [Body.after, he])
  | recv how sid pair =>
    simp only [step, Store.recv]; (repeat' split) <;> try exact h
    all_goals
      next hs _ r b he =>
        exact kept_body k p st sid _ (.recv how pair) b (hn sid) (hb sid _) h hs (by simp [Body.after, he])
  | host sid call => exact kept_host k p st sid call (hn sid) (fun s => hk.other sid s (.host call) rfl) h
  | reload => exact kept_reload k p st (fun sid => hb sid .reload) h
  | issueTimeout site untilTick => exact h
  | advanceClock tick => simp only [step, Store.advanceClock]; split <;> exact h
  | plan roles types => simp only [step, Store.planned]; split <;> exact h
  | decodeEdge raw hint => simp only [step, Store.decoded]; split <;> exact h
  | _ => simp only [step, Store.looks, Store.reads] <;> (repeat' split) <;> exact h

theorem kept_run (k : Contract) (p : Nat → Session → Prop) (ops : List Op) (st : Store) (h : AllKeep p st)
    (hk : ∀ before op rest, ops = cat before (op :: rest) → Kept k p (run k st before) op) :
    AllKeep p (run k st ops) := by
  induction ops generalizing st with
  | nil => exact h
  | cons op ops ih =>
    refine ih _ (kept_step k p st op (hk [] op ops rfl) h) ?_
    intro before op' rest e
    exact hk (op :: before) op' rest (by simp [cat, e])

theorem body_frame (k : Contract) (sid : Nat) (b : Body) (op : BodyOp) :
    (b.after k sid op).roles = b.roles ∧ (b.after k sid op).edgeHandlers = b.edgeHandlers ∧
    ((b.after k sid op).pairHandlers = b.pairHandlers ∧ (b.after k sid op).edges = b.edges ∨ op = .reload) := by
  cases op with
  | updateType role t =>
    simp only [Body.after, Body.updateType]
    split <;> exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
  | updateOriginal role t =>
    simp only [Body.after, Body.updateOriginal]
    split <;> exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
  | removeType role => exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
  | advance role label =>
    simp only [Body.after]
    split
    · next h =>
      unfold Body.advance at h
      (repeat' split at h) <;> cases h <;> exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
    · exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
  | send pair v how asked =>
    simp only [Body.after]
    split
    · next h =>
      obtain ⟨_, _, _, _, _, _, rfl⟩ := send_shape _ _ _ _ _ _ _ _ _ h
      exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
    · exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
  | recv how pair =>
    rw [show b.after k sid (.recv how pair) = (b.recv k sid how pair).2 from rfl]
    rcases recv_shape k sid b how pair with h | ⟨_, _, _, _, _, h⟩ <;> rw [h] <;>
      exact ⟨rfl, rfl, .inl ⟨rfl, rfl⟩⟩
  | reload => exact ⟨rfl, rfl, .inr rfl⟩

/-! ### Two moments -/

/-- The store is one that operations lead to. -/
def Reachable (k : Contract) (st : Store) : Prop := ∃ ops, run k Store.empty ops = st

/-- One of the operations opens the sid. -/
def opensIn (k : Contract) (st : Store) (sid : Nat) (ops : List Op) : Prop :=
  ∃ before op rest, ops = cat before (op :: rest) ∧ opened k (run k st before) op = some sid

theorem run_cat (k : Contract) (ops more : List Op) (st : Store) :
    run k st (cat ops more) = run k (run k st ops) more := by
  induction ops generalizing st with
  | nil => rfl
  | cons op ops ih => exact ih _

theorem reachable_step (k : Contract) (st : Store) (op : Op) (h : Reachable k st) :
    Reachable k (step k st op).store := by
  obtain ⟨ops, rfl⟩ := h
  exact ⟨cat ops [op], by rw [run_cat]; rfl⟩

theorem after_sid (k : Contract) (s : Session) (op : SessionOp) : (s.after k op).own.sid = s.own.sid := by
  cases op with
  | own op => exact (sid_after k s.own op).1
  | _ => rfl

theorem empty_keeps (p : Nat → Session → Prop) : AllKeep p Store.empty := by
  simp [AllKeep, Store.session, Store.empty, find]

theorem session_named (k : Contract) (st : Store) (sid : Nat) (s : Session) (hr : Reachable k st)
    (h : st.session sid = some s) : s.own.sid = sid := by
  obtain ⟨ops, rfl⟩ := hr
  refine kept_run k (fun sid s => s.own.sid = sid) ops Store.empty (empty_keeps _) ?_ sid s h
  intro before op rest _
  exact ⟨fun _ _ h => h, fun _ _ _ _ _ _ => rfl, fun _ _ s _ h => (after_sid k s _).trans h,
    fun _ s _ _ h => (after_sid k s _).trans h⟩

/-- The session that a sid names at a later moment is its run from the earlier moment, under both contracts:
what operations on it make of it; unless the sid was opened again in between. -/
theorem session_later (k : Contract) (st : Store) (later : List Op) (sid : Nat) (s s' : Session)
    (hr : Reachable k st) (h : st.session sid = some s) (h' : (run k st later).session sid = some s')
    (hn : ¬ opensIn k st sid later) : ∃ ops, s' = runSession k s ops := by
  refine (kept_run k (fun sid' x => x.own.sid = sid' ∧ (sid' = sid → ∃ ops, x = runSession k s ops))
    later st ?_ ?_ sid s' h').2 rfl
  · intro sid' x hx
    refine ⟨session_named k st sid' x hr hx, ?_⟩
    rintro rfl
    rw [h] at hx
    cases hx
    exact ⟨[], rfl⟩
  · intro before op rest e
    have grow : ∀ (x : Session) (o : SessionOp), (∃ ops, x = runSession k s ops) →
        ∃ ops, x.after k o = runSession k s ops := by
      rintro x o ⟨ops, rfl⟩
      exact ⟨cat ops [o], (runSession_snoc k ops s o).symm⟩
    refine ⟨fun _ _ h => h.1, ?_, ?_, ?_⟩
    · intro sid' roles types config ho _
      refine ⟨rfl, ?_⟩
      rintro rfl
      exact absurd ⟨before, op, rest, e, ho⟩ hn
    · intro sid' o x _ hx
      exact ⟨(after_sid k x _).trans hx.1, fun e => grow x _ (hx.2 e)⟩
    · intro sid' x o _ hx
      exact ⟨(after_sid k x _).trans hx.1, fun e => grow x _ (hx.2 e)⟩

theorem live_was_opened (k : Contract) (ops : List Op) (sid : Nat) (s : Session)
    (h : (run k Store.empty ops).session sid = some s) : opensIn k Store.empty sid ops := by
  apply Classical.byContradiction
  intro hn
  have := (kept_run k (fun sid' x => x.own.sid = sid' ∧ sid' ≠ sid) ops Store.empty (empty_keeps _) ?_ sid s h).2
  · exact this rfl
  · intro before op rest e
    refine ⟨fun _ _ h => h.1, ?_, fun _ _ x _ h => ⟨(after_sid k x _).trans h.1, h.2⟩,
      fun _ x _ _ h => ⟨(after_sid k x _).trans h.1, h.2⟩⟩
    intro sid' roles types config ho _
    refine ⟨rfl, ?_⟩
    rintro rfl
    exact hn ⟨before, op, rest, e, ho⟩

theorem live_spent (st : Store) (sid : Nat) (s : Session) (hr : Reachable .hardened st) (hle : sid ≤ top)
    (h : st.session sid = some s) : spent sid st := by
  obtain ⟨ops, rfl⟩ := hr
  obtain ⟨before, op, rest, e, ho⟩ := live_was_opened .hardened ops sid s h
  rw [e, run_cat]
  exact spent_run .hardened rest _ sid
    (opened_spent _ op sid hle (bounded_run .hardened before Store.empty (by simp [Store.empty])) ho)

/-- Under `hardened` the session that a sid names at a later moment is always its run from the earlier one;
the sid was not opened again. (A reaped session is not live later.) -/
theorem session_later_hardened (st : Store) (later : List Op) (sid : Nat) (s s' : Session)
    (hr : Reachable .hardened st) (hle : sid ≤ top) (h : st.session sid = some s)
    (h' : (run .hardened st later).session sid = some s') : ∃ ops, s' = runSession .hardened s ops := by
  refine session_later .hardened st later sid s s' hr h h' ?_
  rintro ⟨before, op, rest, _, ho⟩
  exact spent_refused _ op sid (spent_run .hardened before st sid (live_spent st sid s hr hle h)) ho

end Telltale
