module

public import Telltale.Proofs.Ownership
public import Telltale.Proofs.Tables

/-!
Sessions of a store: each operation stays within its own, and under `hardened` a sid names one
session for ever.
-/

@[expose] public section

namespace Telltale

/-- The session that an operation names. -/
def Op.target : Op → Option Nat
  | .openWith sid _ _ _ => some sid
  | .own sid _ => some sid
  | .currentOwnership sid => some sid
  | .auditLog sid => some sid
  | .lookupHandler e => some e.sid
  | .lookupTrace e => some e.sid
  | .defaultHandler sid => some sid
  | .lookupType sid _ => some sid
  | .originalType sid _ => some sid
  | .updateType sid _ _ => some sid
  | .updateOriginal sid _ _ => some sid
  | .removeType sid _ => some sid
  | .branch sid _ _ => some sid
  | .advance sid _ _ => some sid
  | .send sid _ _ _ _ => some sid
  | .recv _ sid _ => some sid
  | .hasMessage sid _ _ => some sid
  | .observe sid => some sid
  | .host sid _ => some sid
  | .hasBoundHandler sid => some sid
  | _ => none

theorem session_set (st : Store) (sid other : Nat) (s : Session) (h : other ≠ sid) :
    (st.set sid s).session other = st.session other := by
  simp [Store.set, Store.session, find_put, h]

theorem start_other (k : Contract) (st : Store) (sid next : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) (other : Nat) (h : other ≠ sid) :
    (Store.start k st sid next roles types config).store.session other = st.session other := by
  simp only [Store.start]
  split
  · rfl
  · exact session_set st sid other _ h

/-- An operation on one session leaves every other session as it is. -/
theorem others_unchanged (k : Contract) (st : Store) (op : Op) (sid other : Nat)
    (hop : op.target = some sid) (h : other ≠ sid) :
    (step k st op).store.session other = st.session other := by
  cases op <;> simp [Op.target] at hop <;> subst hop <;>
    simp [step, Store.openWith, Store.openAs, Store.own, gFound, Store.looks, Store.reads, Store.says, Store.fails,
      Store.onBody, Store.setBody, Store.advance, Store.send, Store.recv, Store.host] <;>
    (repeat' split) <;> simp_all [session_set, start_other]

/-- A receive that may fail and take the message all the same: under `telltale17`, one that verifies. -/
def Op.mayLose : Contract → Op → Bool
  | .telltale17, .recv .verified _ _ => true
  | .telltale17, .recv .verifiedSigned _ _ => true
  | _, _ => false

theorem failed_recv_changes_nothing (k : Contract) (sid : Nat) (b : Body) (how : Reception)
    (pair : String × String) (e : Failure) (b' : Body) (hl : Op.mayLose k (.recv how sid pair) = false)
    (h : b.recv k sid how pair = (.error e, b')) : b' = b := by
  unfold Body.recv at h
  cases k <;> cases how <;> simp only [Op.mayLose, Contract.tellsUnverified, Contract.keepsUnverified] at h hl <;>
    grind

/-- A failing operation changes nothing in the store but the log of the session that it names. (Under
`telltale17` a verified receive apart: it fails for a bad signature, and the message is gone.) -/
theorem failing_step_changes_nothing (k : Contract) (st : Store) (op : Op) (e : Failure)
    (hl : op.mayLose k = false) (h : (step k st op).outcome = .err e) :
    (step k st op).store = st ∨
    ∃ sid s, op.target = some sid ∧ st.session sid = some s ∧
      (step k st op).store =
        st.set sid ⟨{ s.own with log := onto (step k st op).added s.own.log }, s.body⟩ := by
  cases op with
  | own sid op =>
    simp only [step, Store.own, gFound] at h ⊢
    split at h
    · left; simp_all [Store.fails]
    · next s hs =>
      right
      refine ⟨sid, s, rfl, hs, ?_⟩
      try simp only [hs]
      split at h
      · next e' he =>
        have := failing_changes_nothing k s.own op e' he
        simp [this]
      · simp at h
  | recv how sid pair =>
    simp only [step, Store.recv] at h ⊢
    split at h
    · left; simp_all [Store.fails]
    · next s hs =>
      split at h
      · next e' b hb =>
        right
        refine ⟨sid, s, rfl, hs, ?_⟩
        have := failed_recv_changes_nothing k sid s.body how pair e' b hl hb
        subst this
        simp [Store.fails, Store.setBody, onto]
      · simp [Store.says] at h
  | _ =>
    left
    revert h
    simp only [step, Store.openNext, Store.openWith, Store.openAs, Store.start, Store.looks, Store.reads, Store.says,
      Store.fails, Store.onBody, Store.setBody, Store.advance, Store.send, Store.host, Store.reload,
      Store.planned, Store.decoded, Store.reaped, Store.issueTimeout, Store.advanceClock]
    (repeat' split) <;> simp

/-- Operations that open or reap sessions; all others leave every live session live. -/
def Op.endsSessions : Op → Bool
  | .openNext _ _ _ => true
  | .openWith _ _ _ _ => true
  | .reapClosed => true
  | .reapSessions _ => true
  | _ => false

theorem session_set_same (st : Store) (sid : Nat) (s : Session) :
    (st.set sid s).session sid = some s := by
  simp [Store.set, Store.session, find_put]

/-- The operation is one of `OwnOp`. -/
def Op.isOwn : Op → Bool
  | .own _ _ => true
  | _ => false

theorem own_reloaded (k : Contract) (st : Store) (sid : Nat) (s : Session) (h : find sid st.sessions = some s) :
    ∃ s', (step k st .reload).store.session sid = some s' ∧ s'.own = s.own := by
  refine ⟨⟨s.own, s.body.reload k⟩, ?_, rfl⟩
  exact (find_each (fun s : Session => (⟨s.own, s.body.reload k⟩ : Session)) (Store.reload.readBack k)
    (fun _ => rfl) sid st.sessions).trans (by rw [h])

/-- Operations that are neither ownership operations nor open or reap leave the ownership of every
session as it is, its log included. -/
theorem own_unchanged (k : Contract) (st : Store) (op : Op) (sid : Nat) (s : Session)
    (h : st.session sid = some s) (hop : op.endsSessions = false) (hown : op.isOwn = false) :
    ∃ s', (step k st op).store.session sid = some s' ∧ s'.own = s.own := by
  unfold Store.session at h ⊢
  cases op <;> simp only [Op.endsSessions, Op.isOwn, Bool.true_eq_false] at hop hown <;>
    (try (exact own_reloaded k st sid s h)) <;>
    simp only [step, Store.looks, Store.reads, Store.says, Store.fails, Store.onBody, Store.setBody,
      Store.advance, Store.send, Store.recv, Store.host, Store.planned, Store.decoded, Store.issueTimeout,
      Store.advanceClock, Store.set, Store.session] <;>
    (repeat' split) <;> (try simp only [find_put]) <;> grind

/-- The log of a live session only grows: an operation that does not open or reap keeps the session
live, with its old log as the tail of the new one. -/
theorem store_log_only_grows (k : Contract) (st : Store) (op : Op) (sid : Nat) (s : Session)
    (h : st.session sid = some s) (hop : op.endsSessions = false) :
    ∃ s' added, (step k st op).store.session sid = some s' ∧ s'.own.log = onto added s.own.log := by
  cases hown : op.isOwn with
  | false =>
    obtain ⟨s', hs, ho⟩ := own_unchanged k st op sid s h hop hown
    exact ⟨s', [], hs, by rw [ho]; rfl⟩
  | true =>
    cases op with
    | own sid' op =>
      by_cases hsid : sid = sid'
      · subst hsid
        simp only [step, Store.own, gFound, h]
        have hl := log_untouched k s.own op
        cases hk : (act k s.own op).outcome <;>
          exact ⟨_, (act k s.own op).added, session_set_same _ _ _, by simp [hl]⟩
      · exact ⟨s, [], by rw [others_unchanged k st _ sid' sid rfl hsid]; exact h, rfl⟩
    | _ => simp [Op.isOwn] at hown

/-! ### K10 -/

/-- The sid that an operation opened. -/
def opened (k : Contract) (st : Store) (op : Op) : Option Nat :=
  match op, (step k st op).outcome with
  | .openNext _ _ _, .ok (.nat sid) => some sid
  | .openWith _ _ _ _, .ok (.nat sid) => some sid
  | _, _ => none

/-- A sid names one session for ever: what was opened under a sid is never opened under it again. -/
def K10 (k : Contract) : Prop :=
  ∀ (before : List Op) (op : Op) (later : List Op) (again : Op) (sid : Nat),
    sid ≤ top → opened k (run k Store.empty before) op = some sid →
    opened k (run k (step k (run k Store.empty before) op).store later) again ≠ some sid

/-- The sid is spent: below the next one, or the largest and exhausted. (The next one is no larger
than the largest.) -/
def spent (sid : Nat) (st : Store) : Prop :=
  st.nextSid ≤ top ∧ (sid < st.nextSid ∨ (sid = top ∧ st.exhausted = true))

theorem reap_sids (sids : List Nat) (st : Store) (acc : List Summary) :
    (st.reap sids acc).1.nextSid = st.nextSid ∧ (st.reap sids acc).1.exhausted = st.exhausted := by
  induction sids generalizing st acc with
  | nil => simp [Store.reap]
  | cons x xs ih =>
    simp only [Store.reap]
    (repeat' split) <;> simp [ih]

theorem spent_after (k : Contract) (st : Store) (op : Op) (sid : Nat) (h : spent sid st) :
    spent sid (step k st op).store := by
  unfold spent at h ⊢
  cases op <;>
    simp only [step, Store.own, gFound, Store.openNext, Store.openWith, Store.openAs, Store.start, Store.looks, Store.reads,
      Store.says, Store.fails, Store.onBody, Store.setBody, Store.advance, Store.send, Store.recv, Store.host, Store.reload,
      Store.planned, Store.decoded, Store.reaped, Store.issueTimeout, Store.advanceClock, Store.set,
      reap_sids] <;>
    (repeat' split) <;> (try simp only [Bool.or_eq_true]) <;> grind [saturate]

theorem bounded_after (k : Contract) (st : Store) (op : Op) (h : st.nextSid ≤ top) :
    (step k st op).store.nextSid ≤ top := by
  cases op <;>
    simp only [step, Store.own, gFound, Store.openNext, Store.openWith, Store.openAs, Store.start, Store.looks, Store.reads,
      Store.says, Store.fails, Store.onBody, Store.setBody, Store.advance, Store.send, Store.recv, Store.host, Store.reload,
      Store.planned, Store.decoded, Store.reaped, Store.issueTimeout, Store.advanceClock, Store.set,
      reap_sids] <;>
    (repeat' split) <;> grind [saturate]

theorem bounded_run (k : Contract) (ops : List Op) (st : Store) (h : st.nextSid ≤ top) :
    (run k st ops).nextSid ≤ top := by
  induction ops generalizing st with
  | nil => exact h
  | cons op ops ih => exact ih _ (bounded_after k st op h)

theorem spent_run (k : Contract) (ops : List Op) (st : Store) (sid : Nat) (h : spent sid st) :
    spent sid (run k st ops) := by
  induction ops generalizing st with
  | nil => exact h
  | cons op ops ih => exact ih _ (spent_after k st op sid h)

theorem opened_spent (st : Store) (op : Op) (sid : Nat) (hle : sid ≤ top) (hb : st.nextSid ≤ top)
    (h : opened .hardened st op = some sid) : spent sid (step .hardened st op).store := by
  unfold opened at h
  unfold spent
  cases op with
  | openNext roles types config =>
    simp only [step, Store.openNext, Store.openAs, Store.start, Store.fails] at h ⊢
    grind [saturate]
  | openWith sid' roles types config =>
    simp only [step, Store.openWith, Store.openAs, Store.start, Store.fails] at h ⊢
    grind [saturate]
  | _ => simp at h

theorem spent_refused (st : Store) (op : Op) (sid : Nat) (hs : spent sid st) :
    opened .hardened st op ≠ some sid := by
  unfold spent at hs
  cases op with
  | openNext roles types config =>
    simp only [opened, step, Store.openNext, Store.openAs, Store.start, Store.fails, Contract.mayOpen]
    cases he : st.exhausted with
    | true => simp
    | false =>
      cases Store.refusedRoles .hardened roles with
      | some e => simp
      | none =>
        simp only [he] at hs ⊢
        generalize Store.isTooLarge _ _ = large
        cases large <;> simp at hs ⊢
        omega
  | openWith sid' roles types config =>
    simp only [opened, step, Store.openWith, Store.openAs, Store.start, Store.fails]
    cases hm : Contract.mayOpenWith .hardened st sid' with
    | false => simp
    | true =>
      cases Store.refusedRoles .hardened roles with
      | some e => simp
      | none =>
        generalize Store.isTooLarge _ _ = large
        cases large <;> simp
        rintro rfl
        simp [Contract.mayOpenWith, natLt] at hm
        obtain ⟨_, h | ⟨h, h'⟩⟩ := hs
        · omega
        · simp_all
  | _ => simp [opened]

/-- K10 holds under `hardened`: a sid names one session for ever. -/
theorem K10_hardened : K10 .hardened := by
  intro before op later again sid hle h
  have hb := bounded_run .hardened before Store.empty (by simp [Store.empty])
  exact spent_refused _ again sid (spent_run .hardened later _ sid (opened_spent _ op sid hle hb h))

end Telltale
