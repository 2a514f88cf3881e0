module

public import Telltale.Proofs.Generations
public import Telltale.Proofs.Sids

/-!
Claims that `telltale17` breaks: for each a concrete sequence that shows it, run by the kernel.
-/

@[expose] public section

namespace Telltale

def capA : Cap := ⟨0, "a", 0, .session⟩
def narrow : Scope := .fragments ["x"]
def narrowA : Cap := ⟨0, "a", 0, narrow⟩

/-- K1 fails under `telltale17`: claim, release, claim by the same owner, and the released
capability is accepted again. -/
theorem not_K1_telltale17 : ¬ K1 .telltale17 := by
  intro h
  have := h 0 [] [.claim "a" .session] (.release capA) capA [.claim "a" .session] (.validate capA)
    ⟨"ownership released", by simp [capA, reached, runOwn, after]; decide⟩ rfl
  exact absurd this (by decide)

def witnessA : Readiness := ⟨1, 0, "a", 0, .session, "p"⟩

/-- K2 fails under `telltale17`: a witness issued before the release is consumed after the next
claim. -/
theorem not_K2_telltale17 : ¬ K2 .telltale17 := by
  intro h
  have := h 0 [] [.claim "a" .session, .issue capA "p"] (.release capA) capA witnessA
    [.claim "a" .session] capA (by rfl) ⟨"ownership released", by simp [capA, reached, runOwn, after]; decide⟩
  exact absurd this (by decide)

/-- K4 fails under `telltale17`: an owner of one fragment attenuates to the whole session. -/
theorem not_K4_telltale17 : ¬ K4 .telltale17 := by
  intro h
  exact h 0 [] [.claim "a" narrow] narrowA narrowA ⟨0, "a", 1, .session⟩ .session rfl rfl

/-- K5 fails under `telltale17`: an owner of one fragment grants the whole session. -/
theorem not_K5_telltale17 : ¬ K5 .telltale17 := by
  intro h
  exact h 0 [] [.claim "a" narrow] narrowA narrowA ⟨0, 1, "a", 0, "b", 1, .session⟩ "b" .session rfl rfl

/-- K10 fails under `telltale17`: open_with_sid opens the sid of a live session again. -/
theorem not_K10_telltale17 : ¬ K10 .telltale17 := by
  intro h
  exact h [] (.openWith 0 [] [] .standard) [] (.openWith 0 [] [] .standard) 0 (by decide) rfl rfl

end Telltale
