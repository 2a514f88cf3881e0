module

public import Telltale.Proofs.Stores
public import Telltale.Decode

/-!
K12 of a store: operations as they are read from their arguments name the session that their capability or
receipt names, so nothing has to be assumed of them.
-/

@[expose] public section

namespace Telltale

/-- An ownership operation goes to the session that its capability or receipt names. -/
def Op.consistent : Op → Prop
  | .own sid op => op.names sid
  | _ => True

/-- The operation is one that the reader of some operation made of some arguments. -/
def Read (op : Op) : Prop :=
  ∃ name count reader args, (name, count, reader) ∈ Decode.readers ∧ reader args = .ok op

/-! ### What the readers make -/

def Gives (read : Except String Op) : Prop := ∀ op, read = .ok op → op.consistent

theorem gives_ok (op : Op) (h : op.consistent) : Gives (.ok op) := by
  intro op' h'
  cases h'
  exact h

theorem gives_error (why : String) : Gives (.error why) := fun _ h => nomatch h

theorem gives_bind {α} (x : Except String α) (f : α → Except String Op) (h : ∀ a, Gives (f a)) :
    Gives (x >>= f) := by
  cases x with
  | ok a => exact h a
  | error e =>
    intro op ho
    have : Except.error e = .ok op := ho
    cases this

/-- All readers of a table make operations that go where their capability or receipt says. -/
def AllNamed : List (String × Nat × Decode.Reader) → Prop
  | [] => True
  | (_, _, reader) :: rest => (∀ args, Gives (reader args)) ∧ AllNamed rest

theorem readers_named : AllNamed Decode.readers := by
  unfold Decode.readers
  simp only [AllNamed]
  repeat' apply And.intro
  all_goals first
    | exact trivial
    | (intro args
       simp only [Decode.constant, Decode.sid, Decode.byCap, Decode.byCapAnd, Decode.byReceipt, Decode.byEp,
         Decode.byEpAnd, Decode.byEdge, Decode.pair, Decode.cont, Decode.openNext, Decode.openWith,
         Decode.openFromPlan, Decode.plan, Decode.claim, Decode.transfer, Decode.failCommit, Decode.ownerDied,
         Decode.reap, Decode.unfold, Decode.send, Decode.sendWithSequence, Decode.sendSigned, Decode.reload,
         Decode.updateHandler, Decode.setDefaultHandler, Decode.updateTrace, Decode.lifecycleState,
         Decode.decodeEdge, Decode.advanceClock, Decode.issueTimeout, Decode.miscounted]
       (repeat' split) <;> (repeat' (first | exact gives_error _ | refine gives_bind _ _ fun _ => ?_)) <;>
         exact gives_ok _ (by first | exact trivial | exact rfl))

theorem read_named (op : Op) (h : Read op) : op.consistent := by
  obtain ⟨name, count, reader, args, hm, hr⟩ := h
  have all : ∀ xs, AllNamed xs → (name, count, reader) ∈ xs → ∀ args, Gives (reader args) := by
    intro xs
    induction xs with
    | nil => intro _ h; cases h
    | cons x xs ih =>
      intro hx h
      cases h with
      | head => exact hx.1
      | tail _ h => exact ih hx.2 h
  exact all _ readers_named hm args op hr

/-- K12 holds of every session of a store under `hardened`: after any sequence of operations that were read from
their arguments, replaying the log of a live session gives its live capability, its pending receipt and its
issued witnesses. -/
theorem K12_in_a_store (ops : List Op) (sid : Nat) (s : Session) (hread : ∀ op, op ∈ ops → Read op)
    (h : (run .hardened Store.empty ops).session sid = some s) : replayLog s.own.log = s.own.valid := by
  refine (kept_run .hardened (fun sid s => sound sid s.own ∧ replayLog s.own.log = s.own.valid)
    ops Store.empty (empty_keeps _) ?_ sid s h).2
  intro before op rest e
  refine ⟨fun _ _ h => h.1.1, ?_, ?_, ?_⟩
  · intro sid roles types config _ _
    exact ⟨⟨rfl, by simp [Session.start, Own.fresh], by simp [Session.start, tidy, Own.fresh],
      by simp [Session.start, Keyed, Own.fresh]⟩, rfl⟩
  · intro sid o s ho hs
    have named := read_named op (hread op (by rw [e, mem_cat]; simp))
    rw [ho] at named
    refine ⟨sound_after sid s.own o hs.1, ?_⟩
    have := replay_step sid s.own o hs.1 named
    simp only [Session.after]
    rw [log_only_grows, replay_onto, hs.2]
    exact this
  · intro sid s o ho hs
    cases o with
    | own o => simp [SessionOp.isOwn] at ho
    | _ => exact hs

end Telltale
