module

public import Telltale.Proofs.StoresInStep

/-!
Each operation of a store that an honest client asks for has the same answer under both contracts.
-/

@[expose] public section

namespace Telltale

/-! ### Types, messages, host calls and reading back -/

theorem same_typeOf {d : Nat → Nat} {t h : Store} (sid : Nat) (role : String) (hs : StoreInStep d t h) :
    h.typeOf sid role = t.typeOf sid role := by
  unfold Store.typeOf
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · simp only [e1, e2]
  · simp only [e1, e2, hr.body.same.types]

theorem advance_goes (d : Nat → Nat) (t h : Store) (sid : Nat) (role label : String) (hs : StoreInStep d t h) :
    StoreGoesOn d t h (.advance sid role label) := by
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · exact same_fails (e := .noBranch sid role label) hs (by simp only [step, Store.advance, e1])
      (by simp only [Op.moved, step, Store.advance, e2]; rfl)
  · rcases advance_in_step sid _ _ role label hr.body with ⟨a1, a2⟩ | ⟨r, b, b', a1, a2, hb, hw⟩
    · exact same_fails (e := .noBranch sid role label) hs (by simp only [step, Store.advance, e1, a1])
        (by simp only [Op.moved, step, Store.advance, e2, a2]; rfl)
    · refine ⟨d, fun _ _ => rfl, ?_, ?_⟩ <;> simp only [Op.moved, step, Store.advance, e1, e2, a1, a2]
      · exact ⟨_, rfl, rfl⟩
      · exact set_in_step hs (body_in_step hr hb hw)

theorem send_goes (d : Nat → Nat) (t h : Store) (sid : Nat) (pair : String × String) (v : Value) (how : Signing)
    (number : Option Nat) (hs : StoreInStep d t h) (ha : t.honest (.send sid pair v how number)) :
    StoreGoesOn d t h (.send sid pair v how number) := by
  obtain ⟨rfl, ha⟩ := ha
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · exact same_fails (e := .noSession sid) hs (by simp only [step, Store.send, e1])
      (by simp only [Op.moved, step, Store.send, e2]; rfl)
  · rcases send_in_step sid _ _ pair v number hr.body (fun n hn => ha n s hn e1) with
      ⟨a1, a2⟩ | ⟨r, b, b', a1, a2, hb, hw⟩
    · exact same_fails (e := .noBuffer pair.1 pair.2) hs (by simp only [step, Store.send, e1, a1])
        (by simp only [Op.moved, step, Store.send, e2, a2]; rfl)
    · refine ⟨d, fun _ _ => rfl, ?_, ?_⟩ <;> simp only [Op.moved, step, Store.send, e1, e2, a1, a2]
      · exact ⟨_, rfl, rfl⟩
      · exact set_in_step hs (body_in_step hr hb hw)

theorem recv_goes (d : Nat → Nat) (t h : Store) (how : Reception) (sid : Nat) (pair : String × String)
    (hs : StoreInStep d t h) : StoreGoesOn d t h (.recv how sid pair) := by
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · exact same_fails (e := .noSession sid) hs (by simp only [step, Store.recv, e1])
      (by simp only [Op.moved, step, Store.recv, e2]; rfl)
  · obtain ⟨r, r', b, b', a1, a2, hrr, hb, hw⟩ := recv_in_step sid _ _ how pair hr.body
    refine ⟨d, fun _ _ => rfl, ?_, ?_⟩ <;> simp only [Op.moved, step, Store.recv, e1, e2, a1, a2]
    · exact ⟨_, rfl, r', rfl, hrr⟩
    · exact set_in_step hs (body_in_step hr hb hw)

theorem host_goes (d : Nat → Nat) (t h : Store) (sid : Nat) (call : HostCall) (hs : StoreInStep d t h)
    (ha : t.honest (.host sid call)) : StoreGoesOn d t h (.host sid call) := by
  rcases session_rows sid hs with ⟨e1, e2⟩ | ⟨s, s', e1, e2, hr⟩
  · exact same_says (a := .null) (b := .null) hs (by simp only [step, Store.host, e1]) (by simp only [Op.moved, step, Store.host, e2]) rfl
  · obtain ⟨ho, ht, hc⟩ := ha s e1
    have ho' : s'.own.owner = none := by rw [hr.own.same.owner, ho]; rfl
    have ht' : s'.own.terminal = none := by rw [hr.own.same.terminal, ht]
    have hc' : Contract.hardened.serves s'.own.status = true := by
      rw [hr.own.same.status]; exact serves_open _ _ hc
    have c1 : (hostCall .telltale17 s.own).outcome = .ok .null := rfl
    have c2 : (hostCall .hardened s'.own).outcome = .ok .null := by
      simp [hostCall, Contract.guardsHostCalls, gOpen, gActive, gUnowned, ho', ht', hc', done]
    refine ⟨d, fun _ _ => rfl, ?_, ?_⟩ <;> simp only [Op.moved, step, Store.host, e1, e2, c1, c2]
    · exact ⟨_, rfl, rfl⟩
    · exact set_in_step hs (body_in_step hr (mutate_in_step sid _ _ _ hr.body) (mutate_whole _ _))

theorem reload_goes (d : Nat → Nat) (t h : Store) (hs : StoreInStep d t h) (ha : t.honest .reload) :
    StoreGoesOn d t h .reload := by
  refine ⟨d, fun _ _ => rfl, ⟨_, rfl, rfl⟩, ?_⟩
  refine { hs with sessions := ?_, ascending := ?_ }
  case refine_2 => exact ascending_each (Store.reload.readBack .telltale17) (fun _ => rfl) _ hs.ascending
  have live : ∀ (xs : List (Nat × Session)), Ascending xs → (∀ sid s, find sid xs = some s → s.own.status ≠ .closed) →
      ∀ x, x ∈ xs → x.2.own.status ≠ .closed := by
    intro xs
    induction xs with
    | nil => intro _ _ x hx; cases hx
    | cons y ys ih =>
      intro hasc hf x hx
      cases hx with
      | head => exact hf y.1 y.2 (by simp [find])
      | tail _ hx =>
        refine ih hasc.2 ?_ x hx
        intro sid s hsid
        have hne : sid ≠ y.1 := by
          have := hasc.1 _ (mem_of_find hsid)
          simp only at this
          omega
        exact hf sid s (by obtain ⟨y1, y2⟩ := y; simp only at hne; simp [find, hne, hsid])
  have live := live _ hs.ascending ha
  have all : ∀ (xs ys : List (Nat × Session)), Rows (fun sid => SessionInStep (d sid) sid) xs ys →
      (∀ x, x ∈ xs → x.2.own.status ≠ .closed) →
      Rows (fun sid => SessionInStep (d sid) sid) (each (Store.reload.readBack .telltale17) xs)
        (each (Store.reload.readBack .hardened) ys) := by
    intro xs ys hr
    unfold Rows at hr ⊢
    induction hr with
    | nil => intro _; exact .nil
    | @cons x y xs ys hxy _ ih =>
      intro hl
      obtain ⟨e, hxy⟩ := hxy
      have hb := reload_in_step _ _ _ hxy.body (hxy.whole (hl x (.head _)))
      exact .cons ⟨e, hxy.named, hxy.own, hb.1, fun _ => hb.2⟩ (ih fun z hz => hl z (.tail _ hz))
  exact all _ _ hs.sessions live

/-! ### All operations -/

theorem timeout_goes (d : Nat → Nat) (t h : Store) (site : String) (untilTick : Nat) (hs : StoreInStep d t h) :
    StoreGoesOn d t h (.issueTimeout site untilTick) := by
  refine ⟨d, fun _ _ => rfl, ?_, ?_⟩ <;> simp only [Op.moved, step, Store.issueTimeout, hs.runtime]
  · exact ⟨_, rfl, rfl⟩
  · exact { hs with runtime := rfl }

theorem clock_goes (d : Nat → Nat) (t h : Store) (tick : Nat) (hs : StoreInStep d t h) :
    StoreGoesOn d t h (.advanceClock tick) := by
  by_cases hc : tick < t.runtime.clock
  · exact same_fails (e := .clockBack t.runtime.clock tick) hs (by simp only [step, Store.advanceClock, hc, if_true])
      (by simp only [Op.moved, step, Store.advanceClock, hs.runtime, hc, if_true]; rfl)
  · refine ⟨d, fun _ _ => rfl, ?_, ?_⟩ <;>
      simp only [Op.moved, step, Store.advanceClock, hs.runtime, hc, if_false]
    · exact ⟨_, rfl, rfl⟩
    · exact { hs with runtime := rfl }

theorem planned_goes (d : Nat → Nat) (t h : Store) (roles : List String) (types : List (String × LocalType))
    (hs : StoreInStep d t h) (ha : t.honest (.plan roles types)) : StoreGoesOn d t h (.plan roles types) := by
  obtain ⟨hn, ht⟩ := ha
  have hr := refused_same roles hn
  cases hf : Store.refusedRoles .telltale17 roles with
  | some e =>
    have hm : e.moved (d 0) = e := by
      simp only [Store.refusedRoles, Contract.repeatedRole] at hf
      split at hf
      · cases hf; rfl
      · cases hf
    exact same_fails (e := e) hs (by simp only [step, Store.planned, hf])
      (by simp only [Op.moved, step, Store.planned, hr, hf]; exact congrArg _ hm.symm)
  | none =>
    exact same_says (a := .plan (makePlan Contract.telltale17.openedType roles types))
      (b := .plan (makePlan Contract.hardened.openedType roles types)) hs (by simp only [step, Store.planned, hf])
      (by simp only [Op.moved, step, Store.planned, hr, hf])
      (congrArg Answer.plan (plan_same roles types ht))

theorem store_goes_on (d : Nat → Nat) (t h : Store) (op : Op) (hs : StoreInStep d t h) (ha : t.honest op) :
    StoreGoesOn d t h op := by
  cases op with
  | openNext roles types config =>
    obtain ⟨hx, hn, ht, hc⟩ := ha
    refine openAs_in_step d t h t.nextSid (saturate t.nextSid) roles types config _ hs hn ht hc rfl ?_
    simp only [Op.moved, step, Store.openNext, Contract.mayOpen, hs.exhausted, hx, hs.nextSid]
    rfl
  | openWith sid roles types config =>
    obtain ⟨⟨hle, hx⟩, hn, ht, hc⟩ := ha
    refine openAs_in_step d t h sid (Nat.max t.nextSid (saturate sid)) roles types config _ hs hn ht hc rfl ?_
    have : natLt sid t.nextSid = false := by simp [natLt]; omega
    simp only [Op.moved, step, Store.openWith, Contract.mayOpenWith, hs.exhausted, hx, hs.nextSid, this]
    rfl
  | own sid op => exact own_in_step d t h sid op hs ha
  | closedIds => exact same_says hs rfl rfl (congrArg Answer.nats (same_ids _ hs))
  | reapClosed =>
    refine reaped_in_step d t h _ _ hs rfl ?_
    simp only [Op.moved, step, same_ids _ hs]
  | reapSessions sids => exact reaped_in_step d t h sids _ hs rfl rfl
  | archived => exact same_says hs rfl rfl (by rw [hs.archive]; rfl)
  | activeCount => exact same_says hs rfl rfl (by rw [same_ids _ hs]; rfl)
  | liveCount => exact same_says hs rfl rfl (congrArg Answer.nat (alike_size hs.sessions))
  | sessionIds => exact same_says hs rfl rfl (congrArg Answer.nats (rows_all_keys hs.sessions))
  | nextSessionId => exact same_says hs rfl rfl (congrArg Answer.nat hs.nextSid)
  | memoryUsage => exact same_says hs rfl rfl (congrArg Answer.memory (same_memory hs))
  | plan roles types => exact planned_goes d t h roles types hs ha
  | currentOwnership sid =>
    exact same_looks sid _ _ hs rfl (fun _ _ => rfl) rfl
      fun s s' hr => congrArg Answer.capability hr.own.same.owner
  | auditLog sid =>
    exact same_looks sid _ _ hs rfl (fun _ _ => rfl) (.inl rfl)
      fun s s' hr => .inr ⟨_, _, rfl, rfl, hr.own.same.log⟩
  | lookupHandler e =>
    exact same_looks e.sid _ _ hs rfl (fun _ _ => rfl) rfl fun s s' hr => by rw [hr.body.same.pairHandlers]; rfl
  | lookupTrace e =>
    exact same_looks e.sid _ _ hs rfl (fun _ _ => rfl) rfl fun s s' hr => by rw [hr.body.same.traces]; rfl
  | defaultHandler sid =>
    exact same_looks sid _ _ hs rfl (fun _ _ => rfl) rfl fun s s' hr => by rw [hr.body.same.defaultHandler]; rfl
  | lookupType sid role => exact same_says hs rfl rfl (by rw [same_typeOf sid role hs]; rfl)
  | originalType sid role => exact same_says hs rfl rfl (by rw [same_typeOf sid role hs]; rfl)
  | updateType sid role new =>
    exact same_onBody sid _ hs rfl (fun _ _ => rfl) (fun b b' hb => ⟨updateType_in_step sid b b' role new hb ha, by
      intro hw; unfold Body.updateType; split <;> exact hw⟩) rfl
  | updateOriginal sid role new =>
    exact same_onBody sid _ hs rfl (fun _ _ => rfl) (fun b b' hb => ⟨updateOriginal_in_step sid b b' role new hb, by
      intro hw; unfold Body.updateOriginal; split <;> exact hw⟩) rfl
  | removeType sid role =>
    exact same_onBody sid _ hs rfl (fun _ _ => rfl) (fun b b' hb => ⟨removeType_in_step sid b b' role hb, fun hw => hw⟩)
      rfl
  | branch sid role label => exact same_says hs rfl rfl (by rw [same_typeOf sid role hs]; rfl)
  | advance sid role label => exact advance_goes d t h sid role label hs
  | unfoldMu x => exact same_says hs rfl rfl rfl
  | unfoldIfVar cont original => exact same_says hs rfl rfl rfl
  | unfoldIfVarWithScope cont original => exact same_says hs rfl rfl rfl
  | send sid pair v how number => exact send_goes d t h sid pair v how number hs ha
  | recv how sid pair => exact recv_goes d t h how sid pair hs
  | hasMessage sid sender receiver =>
    exact same_reads sid _ hs rfl (fun _ _ => rfl)
      fun s s' hr => congrArg Answer.bool (hasMessage_same sid _ _ (sender, receiver) hr.body.same)
  | observe sid =>
    exact same_reads sid _ hs rfl (fun _ _ => rfl) fun s s' hr => ⟨s', rfl, same_session hr⟩
  | decodeEdge raw hint =>
    cases hd : decodeEdge raw hint with
    | ok e =>
      exact same_says (a := .edge e) (b := .edge e) hs (by simp only [step, Store.decoded, hd])
        (by simp only [Op.moved, step, Store.decoded, hd]) rfl
    | error e =>
      have hm : e.moved (d 0) = e := by
        unfold decodeEdge at hd
        (repeat' split at hd) <;> cases hd <;> rfl
      exact same_fails (e := e) hs (by simp only [step, Store.decoded, hd])
        (by simp only [Op.moved, step, Store.decoded, hd]; exact congrArg _ hm.symm)
  | issueTimeout site untilTick => exact timeout_goes d t h site untilTick hs
  | advanceClock tick => exact clock_goes d t h tick hs
  | runtimeLog => exact same_says hs rfl rfl (.inl (by rw [hs.runtime]))
  | host sid call => exact host_goes d t h sid call hs ha
  | hasBoundHandler sid =>
    exact same_reads sid _ hs rfl (fun _ _ => rfl) fun s s' hr => by
      simp only [Body.hasBoundHandler, hr.body.same.defaultHandler, hr.body.same.edgeHandlers]; rfl
  | reload => exact reload_goes d t h hs ha
  | lifecycleState event => exact same_says hs rfl rfl rfl

end Telltale
