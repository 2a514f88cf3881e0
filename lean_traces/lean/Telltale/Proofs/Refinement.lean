module

public import Telltale.Proofs.HonestUse

/-!
`hardened` refines `telltale17` on honest clients: the ownership of one session, any sequence of operations on it.
-/

@[expose] public section

namespace Telltale

/-- Each operation of the run is honest where it is asked. -/
def HonestOwn (t : Own) : List OwnOp → Prop
  | [] => True
  | op :: ops => t.honest op ∧ HonestOwn (after .telltale17 t op) ops

/-- Step by step `hardened` answers as `telltale17` does, and leaves the same ownership: generations moved by an
offset, which only a claim changes. `d` is the offset of the present tenure. -/
def SameRun (d : Nat) (t h : Own) : List OwnOp → Prop
  | [] => True
  | op :: ops => ∃ e, (op.isClaim = false → e = d) ∧
    (act .hardened h (op.moved d)).outcome = (act .telltale17 t op).outcome.moved e ∧
    SameOwn e (after .telltale17 t op) (after .hardened h (op.moved d)) ∧
    SameRun e (after .telltale17 t op) (after .hardened h (op.moved d)) ops

theorem same_run (ops : List OwnOp) (d : Nat) (t h : Own) (hs : InStep d t h) (ha : HonestOwn t ops) :
    SameRun d t h ops := by
  induction ops generalizing d t h with
  | nil => trivial
  | cons op ops ih =>
    obtain ⟨e, he, ho, hn⟩ := goes_on d t h op hs ha.1
    exact ⟨e, he, ho, hn.same, ih e _ _ hn ha.2⟩

/-- `hardened` refines `telltale17` on honest clients of one session: each ownership operation has the same answer,
generations moved by an offset that only a claim changes; the ownership after it is the same, witnesses of ended
tenures forgotten, and so is the log, with more records of endings. -/
theorem hardened_refines_ownership (sid : Nat) (roles : List String) (ops : List OwnOp)
    (h : HonestOwn (Own.fresh sid roles) ops) :
    SameRun 0 (Own.fresh sid roles) (Own.fresh sid roles) ops :=
  same_run ops 0 _ _ (in_step_fresh 0 sid roles) h

/-! ### Honest runs there are, and honesty is needed -/

/-- Two tenures: a witness that is consumed, a transfer, and after a release another claim. -/
def twoTenures : List OwnOp :=
  [.claim "a" .session, .issue ⟨0, "a", 0, .session⟩ "p", .consume ⟨0, "a", 0, .session⟩ ⟨1, 0, "a", 0, .session, "p"⟩,
    .issue ⟨0, "a", 0, .session⟩ "q", .transfer ⟨0, "a", 0, .session⟩ "b" .session,
    .commit ⟨0, 1, "a", 0, "b", 1, .session⟩, .release ⟨0, "b", 1, .session⟩, .claim "a" .session,
    .issue ⟨0, "a", 0, .session⟩ "p"]

/-- What its clients ask of `hardened`: in the second tenure generations are two higher. -/
def twoTenuresMoved : List OwnOp :=
  [.claim "a" .session, .issue ⟨0, "a", 0, .session⟩ "p", .consume ⟨0, "a", 0, .session⟩ ⟨1, 0, "a", 0, .session, "p"⟩,
    .issue ⟨0, "a", 0, .session⟩ "q", .transfer ⟨0, "a", 0, .session⟩ "b" .session,
    .commit ⟨0, 1, "a", 0, "b", 1, .session⟩, .release ⟨0, "b", 1, .session⟩, .claim "a" .session,
    .issue ⟨0, "a", 2, .session⟩ "p"]

/-- An honest run with a witness, a transfer and two tenures: the second begins with generation 0 under `telltale17`
and with 2 under `hardened`, where the witness of the first is forgotten. -/
theorem honest_run_with_two_tenures :
    HonestOwn (Own.fresh 0 []) twoTenures ∧
    (reached .telltale17 0 [] twoTenures).owner = some ⟨0, "a", 0, .session⟩ ∧
    (reached .hardened 0 [] twoTenuresMoved).owner = some ⟨0, "a", 2, .session⟩ ∧
    (reached .telltale17 0 [] twoTenures).issued =
      [(2, ⟨2, 0, "a", 0, .session, "q"⟩), (3, ⟨3, 0, "a", 0, .session, "p"⟩)] ∧
    (reached .hardened 0 [] twoTenuresMoved).issued = [(3, ⟨3, 0, "a", 2, .session, "p"⟩)] := by
  refine ⟨?_, rfl, rfl, rfl, rfl⟩
  have open_ : Status.active ≠ .closed := by simp
  have numbers (g c w : Nat) (hg : g ≤ 3) (hc : c ≤ 2) (hw : w ≤ 4) : g < top ∧ c < top ∧ w < top := by
    simp only [top]; omega
  have within : Scope.session.within .session := trivial
  exact ⟨⟨trivial, fun _ => ⟨open_, numbers 0 1 1 (by decide) (by decide) (by decide)⟩⟩,
    ⟨rfl, fun _ => ⟨open_, numbers 1 1 1 (by decide) (by decide) (by decide)⟩⟩,
    ⟨⟨rfl, rfl, rfl⟩, fun _ => ⟨open_, numbers 1 1 2 (by decide) (by decide) (by decide)⟩⟩,
    ⟨rfl, fun _ => ⟨open_, numbers 1 1 2 (by decide) (by decide) (by decide)⟩⟩,
    ⟨⟨rfl, within⟩, fun _ => ⟨open_, numbers 1 1 3 (by decide) (by decide) (by decide)⟩⟩,
    ⟨rfl, fun _ => ⟨open_, numbers 1 2 3 (by decide) (by decide) (by decide)⟩⟩,
    ⟨rfl, fun _ => ⟨open_, numbers 2 2 3 (by decide) (by decide) (by decide)⟩⟩,
    ⟨trivial, fun _ => ⟨open_, numbers 2 2 3 (by decide) (by decide) (by decide)⟩⟩,
    ⟨rfl, fun _ => ⟨open_, numbers 3 2 3 (by decide) (by decide) (by decide)⟩⟩, trivial⟩

def lateConsume : OwnOp := .consume ⟨0, "a", 0, .session⟩ ⟨2, 0, "a", 0, .session, "q"⟩

/-- After that run the witness of the first tenure is presented: `telltale17` takes it, `hardened` refuses it. -/
theorem a_dishonest_client_sees_the_difference :
    ¬ (reached .telltale17 0 [] twoTenures).honest lateConsume ∧
    (act .telltale17 (reached .telltale17 0 [] twoTenures) lateConsume).outcome = .ok .null ∧
    (act .hardened (reached .hardened 0 [] twoTenuresMoved) (lateConsume.moved 2)).outcome =
      .err (.invalidWitness 0 2 .neverIssued) := by
  refine ⟨fun h => ?_, rfl, rfl⟩
  have : isCurrent ⟨2, 0, "a", 0, .session, "q"⟩ (reached .telltale17 0 [] twoTenures).log = true := h.1.2.2
  exact absurd this (by decide)

end Telltale
