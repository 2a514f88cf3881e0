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
  | .send sid _ _ _ => some sid
  | .recv sid _ _ => some sid
  | .hasMessage sid _ _ => some sid
  | .observe sid => some sid
  | _ => none

theorem session_set (st : Store) (sid other : Nat) (s : Session) (h : other ≠ sid) :
    (st.set sid s).session other = st.session other := by
  simp [Store.set, Store.session, find_put, h]

theorem start_other (k : Contract) (st : Store) (sid next : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) (other : Nat) (h : other ≠ sid) :
    (Store.start k st sid next roles types config).store.session other = st.session other := by
  simp only [Store.start]
  exact session_set st sid other _ h

/-- An operation on one session leaves every other session as it is. -/
theorem others_unchanged (k : Contract) (st : Store) (op : Op) (sid other : Nat)
    (hop : op.target = some sid) (h : other ≠ sid) :
    (step k st op).store.session other = st.session other := by
  cases op <;> simp [Op.target] at hop <;> subst hop <;>
    simp [step, Store.openWith, Store.own, Store.looks, Store.reads, Store.says, Store.fails,
      Store.onBody, Store.setBody, Store.advance, Store.send, Store.recv] <;>
    (repeat' split) <;> simp_all [session_set, start_other]

/-- A failing operation changes nothing in the store but the log of the session that it names. -/
theorem failing_step_changes_nothing (k : Contract) (st : Store) (op : Op) (e : Failure)
    (h : (step k st op).outcome = .err e) :
    (step k st op).store = st ∨
    ∃ sid s, op.target = some sid ∧ st.session sid = some s ∧
      (step k st op).store =
        st.set sid ⟨{ s.own with log := onto (step k st op).added s.own.log }, s.body⟩ := by
  cases op with
  | own sid op =>
    simp only [step, Store.own] at h ⊢
    split at h
    · left; simp_all [Store.fails]
    · next s hs =>
      right
      refine ⟨sid, s, rfl, hs, ?_⟩
      simp only [hs]
      split at h
      · next e' he =>
        have := failing_changes_nothing k s.own op e' he
        simp [he, this]
      · simp at h
  | _ =>
    left
    revert h
    simp [step, Store.openNext, Store.openWith, Store.start, Store.looks, Store.reads, Store.says,
      Store.fails, Store.onBody, Store.setBody, Store.advance, Store.send, Store.recv,
      Store.planned, Store.decoded, Store.reaped, Store.issueTimeout, Store.advanceClock] <;>
    (repeat' split) <;> simp_all

end Telltale
