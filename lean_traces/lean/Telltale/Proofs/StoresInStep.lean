module

public import Telltale.Proofs.HonestOpenings
public import Telltale.Proofs.HonestUse

/-!
Two stores in step: an honest client's ownership operations, openings and reapings leave them so.
-/

@[expose] public section

namespace Telltale

structure SessionInStep (d sid : Nat) (t h : Session) : Prop where
  named : t.own.sid = sid
  own : InStep d t.own h.own
  body : BodyInStep sid t.body h.body
  whole : t.own.status ≠ .closed → t.body.isWhole

structure StoreInStep (d : Nat → Nat) (t h : Store) : Prop where
  sessions : Rows (fun sid => SessionInStep (d sid) sid) t.sessions h.sessions
  ascending : Ascending t.sessions
  nextSid : h.nextSid = t.nextSid
  exhausted : h.exhausted = t.exhausted
  archive : h.archive = t.archive
  runtime : h.runtime = t.runtime

theorem same_session {d sid : Nat} {t h : Session} (hs : SessionInStep d sid t h) : SameSession d sid t h :=
  ⟨hs.own.same, hs.body.same⟩

theorem same_store {d : Nat → Nat} {t h : Store} (hs : StoreInStep d t h) : SameStore d t h :=
  ⟨rows_weaken (fun _ _ _ => same_session) hs.sessions, hs.nextSid, hs.exhausted, hs.archive, hs.runtime⟩

/-- The operation has the same answer under both contracts, and leaves the stores in step. -/
def StoreGoesOn (d : Nat → Nat) (t h : Store) (op : Op) : Prop :=
  ∃ e, (∀ sid, op.claims sid = false → e sid = d sid) ∧
    SameOutcome (e op.tells) op.tells (step .telltale17 t op).outcome (step .hardened h (op.moved d)).outcome ∧
    StoreInStep e (step .telltale17 t op).store (step .hardened h (op.moved d)).store

theorem session_rows {d : Nat → Nat} {t h : Store} (sid : Nat) (hs : StoreInStep d t h) :
    (t.session sid = none ∧ h.session sid = none) ∨
    ∃ s s', t.session sid = some s ∧ h.session sid = some s' ∧ SessionInStep (d sid) sid s s' :=
  rows_find (p := fun sid => SessionInStep (d sid) sid) sid hs.sessions

theorem set_in_step {d : Nat → Nat} {t h : Store} {sid : Nat} {s s' : Session} (hs : StoreInStep d t h)
    (hr : SessionInStep (d sid) sid s s') : StoreInStep d (t.set sid s) (h.set sid s') :=
  { hs with sessions := rows_put natLt hs.sessions hr, ascending := ascending_put sid s _ hs.ascending }

theorem same_says {d : Nat → Nat} {t h : Store} {op : Op} {a b : Answer} (hs : StoreInStep d t h)
    (ht : step .telltale17 t op = t.says a) (hh : step .hardened h (op.moved d) = h.says b)
    (hab : SameAnswer (d op.tells) op.tells a b) : StoreGoesOn d t h op := by
  refine ⟨d, fun _ _ => rfl, ?_, ?_⟩
  · rw [ht, hh]; exact ⟨b, rfl, hab⟩
  · rw [ht, hh]; exact hs

theorem same_fails {d : Nat → Nat} {t h : Store} {op : Op} {e : Failure} (hs : StoreInStep d t h)
    (ht : step .telltale17 t op = t.fails e) (hh : step .hardened h (op.moved d) = h.fails (e.moved (d op.tells))) :
    StoreGoesOn d t h op := by
  refine ⟨d, fun _ _ => rfl, ?_, ?_⟩
  · rw [ht, hh]; rfl
  · rw [ht, hh]; exact hs

-- A reading of one session that is the same.
theorem same_looks {d : Nat → Nat} {t h : Store} {op : Op} (sid : Nat) (unknown : Answer) (f : Session → Answer)
    (hs : StoreInStep d t h) (hm : op.moved d = op)
    (ho : ∀ k st, step k st op = st.looks sid unknown f)
    (hu : SameAnswer (d op.tells) op.tells unknown unknown)
    (hf : ∀ s s', SessionInStep (d sid) sid s s' → SameAnswer (d op.tells) op.tells (f s) (f s')) :
    StoreGoesOn d t h op := by
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · exact same_says hs (by rw [ho, Store.looks, e1]) (by rw [hm, ho, Store.looks, e2]) hu
  · exact same_says hs (by rw [ho, Store.looks, e1]) (by rw [hm, ho, Store.looks, e2]) (hf s s' hr)

theorem same_reads {d : Nat → Nat} {t h : Store} {op : Op} (sid : Nat) (f : Session → Answer)
    (hs : StoreInStep d t h) (hm : op.moved d = op) (ho : ∀ k st, step k st op = st.reads sid f)
    (hf : ∀ s s', SessionInStep (d sid) sid s s' → SameAnswer (d op.tells) op.tells (f s) (f s')) :
    StoreGoesOn d t h op := by
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · exact same_fails (e := .noSession sid) hs (by rw [ho, Store.reads, e1]) (by rw [hm, ho, Store.reads, e2]; rfl)
  · exact same_says hs (by rw [ho, Store.reads, e1]) (by rw [hm, ho, Store.reads, e2]) (hf s s' hr)

theorem body_in_step {d sid : Nat} {s s' : Session} {b b' : Body} (hr : SessionInStep d sid s s')
    (hb : BodyInStep sid b b') (hw : s.body.isWhole → b.isWhole) :
    SessionInStep d sid { s with body := b } { s' with body := b' } :=
  ⟨hr.named, hr.own, hb, fun hc => hw (hr.whole hc)⟩

theorem same_onBody {d : Nat → Nat} {t h : Store} {op : Op} (sid : Nat) (f : Body → Body)
    (hs : StoreInStep d t h) (hm : op.moved d = op) (ho : ∀ k st, step k st op = st.onBody sid f)
    (hf : ∀ b b', BodyInStep sid b b' → BodyInStep sid (f b) (f b') ∧ (b.isWhole → (f b).isWhole))
    (htold : SameAnswer (d op.tells) op.tells .null .null) : StoreGoesOn d t h op := by
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · exact same_says hs (by rw [ho, Store.onBody, e1]) (by rw [hm, ho, Store.onBody, e2]) htold
  · obtain ⟨h1, h2⟩ := hf _ _ hr.body
    refine ⟨d, fun _ _ => rfl, ?_, ?_⟩
    · rw [hm, ho, ho, Store.onBody, Store.onBody, e1, e2]; exact ⟨_, rfl, htold⟩
    · rw [hm, ho, ho, Store.onBody, Store.onBody, e1, e2]
      exact set_in_step hs (body_in_step hr h1 h2)

/-! ### Ownership -/

theorem bodyAfter_moved (b : Body) (d : Nat) (op : OwnOp) : Store.bodyAfter b (op.moved d) = Store.bodyAfter b op := by
  cases op <;> rfl

theorem bodyAfter_in_step (sid : Nat) (t h : Body) (op : OwnOp) (hs : BodyInStep sid t h) :
    BodyInStep sid (Store.bodyAfter t op) (Store.bodyAfter h op) := by
  cases op with
  | mutate c m => exact mutate_in_step sid t h m hs
  | close => exact close_in_step sid t h hs
  | _ => exact hs

theorem bodyAfter_whole (t : Body) (op : OwnOp) (ho : op ≠ .close) (h : t.isWhole) :
    (Store.bodyAfter t op).isWhole := by
  cases op with
  | mutate c m => exact mutate_whole t m h
  | close => exact absurd rfl ho
  | _ => exact h

theorem own_in_step (d : Nat → Nat) (t h : Store) (sid : Nat) (op : OwnOp) (hs : StoreInStep d t h)
    (ha : t.honest (.own sid op)) : StoreGoesOn d t h (.own sid op) := by
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · have hu : Store.unfound sid (op.moved (d sid)) = (Store.unfound sid op).moved (d sid) := by cases op <;> rfl
    exact same_fails (e := Store.unfound sid op) hs (by simp only [step, Store.own, gFound, e1])
      (by simp only [Op.moved, step, Store.own, gFound, e2, hu]; rfl)
  · have hh := ha s e1
    obtain ⟨e, he, ho, hn⟩ := goes_on (d sid) s.own s'.own op hr.own hh
    have hclosed : (after .telltale17 s.own op).status ≠ .closed → op ≠ .close := by
      rintro hc rfl
      exact hc rfl
    refine ⟨fun x => if x = sid then e else d x, ?_, ?_⟩
    · intro x hx
      by_cases hxs : x = sid
      · subst hxs
        simp only [if_true]
        refine he ?_
        cases op <;> first | rfl | simp [Op.claims] at hx
      · simp only [hxs, if_false]
    · have put (b b' : Body) (hb : BodyInStep sid b b') (hw : op ≠ .close → s.body.isWhole → b.isWhole) :
          StoreInStep (fun x => if x = sid then e else d x) (t.set sid ⟨after .telltale17 s.own op, b⟩)
            (h.set sid ⟨after .hardened s'.own (op.moved (d sid)), b'⟩) := by
        refine { hs with sessions := ?_, ascending := ascending_put sid _ _ hs.ascending }
        refine rows_put_one sid _ _ ?_ ?_ hs.ascending hs.sessions
        · intro n a b hne hp
          simp only [hne, if_false]
          exact hp
        · simp only [if_true]
          refine ⟨(sid_after _ _ _).1.trans hr.named, hn, hb, ?_⟩
          intro hc
          have hne := hclosed hc
          exact hw hne (hr.whole (hh.2 hne).1)
      simp only [Op.moved, step, Store.own, gFound, e1, e2, Op.tells, if_true]
      cases hto : (act .telltale17 s.own op).outcome with
      | err x =>
        have ho : (act .hardened s'.own (op.moved (d sid))).outcome = .err (x.moved e) := by rw [ho, hto]; rfl
        simp only [ho]
        exact ⟨rfl, put _ _ hr.body fun _ h => h⟩
      | ok x =>
        have ho : (act .hardened s'.own (op.moved (d sid))).outcome = .ok (x.moved e) := by rw [ho, hto]; rfl
        simp only [ho, bodyAfter_moved]
        exact ⟨⟨_, rfl, rfl⟩, put _ _ (bodyAfter_in_step sid _ _ op hr.body) fun hne h => bodyAfter_whole _ op hne h⟩

/-! ### Opening and reaping -/

theorem openAs_in_step (d : Nat → Nat) (t h : Store) (sid next : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) (op : Op) (hs : StoreInStep d t h)
    (hn : roles.Nodup) (ht : ∀ x ∈ types, finiteType x.2) (hc : config.policy.fits (Nat.max 1 config.capacity))
    (h1 : step .telltale17 t op = Store.openAs .telltale17 t sid next roles types config)
    (h2 : step .hardened h (op.moved d) = Store.openAs .hardened h sid next roles types config) :
    StoreGoesOn d t h op := by
  have hb := start_in_step sid roles types config ht hc
  have hr := refused_same roles hn
  unfold Store.openAs at h1 h2
  rw [hr] at h2
  cases hf : Store.refusedRoles .telltale17 roles with
  | some e =>
    rw [hf] at h1 h2
    have hm : e.moved (d op.tells) = e := by
      simp only [Store.refusedRoles, Contract.repeatedRole] at hf
      split at hf
      · cases hf; rfl
      · cases hf
    exact same_fails hs h1 (by rw [h2, hm])
  | none =>
    rw [hf] at h1 h2
    simp only [Store.start, plan_same roles types ht] at h1 h2 hb
    generalize Store.isTooLarge config _ = large at h1 h2
    cases large with
    | true => exact same_fails hs h1 h2
    | false =>
      refine ⟨d, fun _ _ => rfl, ?_, ?_⟩
      · rw [h1, h2]; exact ⟨_, rfl, rfl⟩
      · rw [h1, h2]
        have := set_in_step (sid := sid) hs ⟨rfl, in_step_fresh (d sid) sid _, hb.1, fun _ => hb.2⟩
        exact { this with nextSid := rfl, exhausted := congrArg (· || decide (sid = top)) hs.exhausted }

theorem same_summary {d sid : Nat} {s s' : Session} (hr : SessionInStep d sid s s') : s'.summary = s.summary := by
  simp only [Session.summary, Body.leafCount, Body.treeCount, hr.own.same.sid, hr.own.same.status, hr.body.same.roles,
    hr.body.same.types, alike_size hr.body.same.buffers, hr.body.same.edgeHandlers, hr.body.same.leaves,
    hr.body.same.epoch]

theorem reap_in_step (d : Nat → Nat) (sids : List Nat) (t h : Store) (acc : List Summary) (hs : StoreInStep d t h) :
    (h.reap sids acc).2 = (t.reap sids acc).2 ∧ StoreInStep d (t.reap sids acc).1 (h.reap sids acc).1 := by
  induction sids generalizing t h acc with
  | nil => exact ⟨rfl, hs⟩
  | cons sid rest ih =>
    simp only [Store.reap]
    rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
    · simp only [e1, e2]
      exact ih t h acc hs
    · simp only [e1, e2, hr.own.same.status]
      cases Store.ended s.own.status with
      | false => exact ih t h acc hs
      | true =>
        simp only [same_summary hr]
        exact ih _ _ _ { hs with
          sessions := rows_drop sid hs.sessions, ascending := ascending_drop sid _ hs.ascending
          archive := by rw [hs.archive] }

theorem same_ids {d : Nat → Nat} {t h : Store} (p : Status → Bool) (hs : StoreInStep d t h) :
    Store.idsWhere p h.sessions = Store.idsWhere p t.sessions :=
  rows_keys (fun s : Session => p s.own.status) (fun s : Session => p s.own.status)
    (fun _ _ _ hr => congrArg p hr.own.same.status) hs.sessions

theorem reaped_in_step (d : Nat → Nat) (t h : Store) (sids : List Nat) (op : Op) (hs : StoreInStep d t h)
    (h1 : step .telltale17 t op = t.reaped sids) (h2 : step .hardened h (op.moved d) = h.reaped sids) :
    StoreGoesOn d t h op := by
  obtain ⟨ha, hn⟩ := reap_in_step d sids t h [] hs
  refine ⟨d, fun _ _ => rfl, ?_, ?_⟩
  · rw [h1, h2]
    simp only [Store.reaped, ha]
    exact ⟨_, rfl, rfl⟩
  · rw [h1, h2]
    exact hn

theorem same_memory {d : Nat → Nat} {t h : Store} (hs : StoreInStep d t h) : h.memory = t.memory := by
  have count (f : Session → Nat) (hf : ∀ d sid s s', SessionInStep d sid s s' → f s' = f s) :
      total (fun x : Nat × Session => f x.2) h.sessions 0 = total (fun x : Nat × Session => f x.2) t.sessions 0 :=
    alike_total _ _ (fun _ _ hr => hf _ _ _ _ hr.2) hs.sessions 0
  simp only [Store.memory, alike_size hs.sessions, same_ids Store.ended hs, hs.archive]
  rw [count (fun s => size s.body.types) (fun _ _ _ _ hr => congrArg size hr.body.same.types),
    count (fun s => size s.body.buffers) (fun _ _ _ _ hr => alike_size hr.body.same.buffers),
    count (fun s => total (fun b => size b.2.queue) s.body.buffers 0) (fun _ _ _ _ hr =>
      alike_total _ _ (fun _ _ hb => alike_size hb.2.queue) hr.body.same.buffers 0),
    count (fun s => size s.body.edgeHandlers) (fun _ _ _ _ hr => congrArg size hr.body.same.edgeHandlers),
    count (fun s => s.body.leafCount) (fun _ _ _ _ hr => by simp only [Body.leafCount, hr.body.same.leaves]),
    count (fun s => s.body.treeCount) (fun _ _ _ _ hr => by simp only [Body.treeCount, hr.body.same.leaves])]

end Telltale
