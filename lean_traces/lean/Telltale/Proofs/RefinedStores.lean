module

public import Telltale.Proofs.HonestOperations
public import Telltale.Proofs.Refinement

/-!
`hardened` refines `telltale17` on honest clients: every operation of a store, any sequence of them.
-/

@[expose] public section

namespace Telltale

/-- Each operation of the run is honest where it is asked. -/
def HonestRun (t : Store) : List Op → Prop
  | [] => True
  | op :: ops => t.honest op ∧ HonestRun (step .telltale17 t op).store ops

/-- Step by step `hardened` answers as `telltale17` does, and leaves the same store. `d` has the offset of the present
tenure of every session; a claim alone changes it, and that of its session alone. -/
def SameAnswers (d : Nat → Nat) (t h : Store) : List Op → Prop
  | [] => True
  | op :: ops => ∃ e, (∀ sid, op.claims sid = false → e sid = d sid) ∧
    SameOutcome (e op.tells) op.tells (step .telltale17 t op).outcome (step .hardened h (op.moved d)).outcome ∧
    SameStore e (step .telltale17 t op).store (step .hardened h (op.moved d)).store ∧
    SameAnswers e (step .telltale17 t op).store (step .hardened h (op.moved d)).store ops

theorem same_answers (ops : List Op) (d : Nat → Nat) (t h : Store) (hs : StoreInStep d t h) (ha : HonestRun t ops) :
    SameAnswers d t h ops := by
  induction ops generalizing d t h with
  | nil => trivial
  | cons op ops ih =>
    obtain ⟨e, he, ho, hn⟩ := store_goes_on d t h op hs ha.1
    exact ⟨e, he, ho, same_store hn, ih e _ _ hn ha.2⟩

/-- `hardened` refines `telltale17` on honest clients of a store: every operation of the model has the same answer and
leaves the same store, but for generations, moved by an offset that only a claim changes, for the witnesses of ended
tenures, which are forgotten, for sequence numbers of messages, and for more records of endings in the log. -/
theorem hardened_refines_telltale17 (ops : List Op) (h : HonestRun Store.empty ops) :
    SameAnswers (fun _ => 0) Store.empty Store.empty ops :=
  same_answers ops _ _ _ ⟨.nil, trivial, rfl, rfl, rfl, rfl⟩ h

theorem honest_there (ops : List OwnOp) (st : Store) (sid : Nat) (s : Session) (hs : st.session sid = some s)
    (h : HonestOwn s.own ops) : HonestRun st (each (Op.own sid) ops) := by
  induction ops generalizing st s with
  | nil => trivial
  | cons op ops ih =>
    refine ⟨?_, ?_⟩
    · intro s' hs'
      rw [hs] at hs'
      cases hs'
      exact h.1
    · simp only [step, Store.own, gFound, hs]
      split <;> exact ih _ _ (session_set_same _ _ _) h.2

/-- There is such a run with a witness, a transfer and a second tenure. -/
theorem honest_run_in_a_store :
    HonestRun Store.empty (.openNext [] [] .standard :: each (Op.own 0) twoTenures) :=
  ⟨⟨rfl, .nil, by simp, trivial⟩,
    honest_there twoTenures _ 0 (Session.start 0 (makePlan Contract.telltale17.openedType [] []) .standard) rfl
      honest_run_with_two_tenures.1⟩

end Telltale
