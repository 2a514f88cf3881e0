module

public import Telltale.Operations

/-!
What the proofs about single steps unfold: the ownership operations and their guards.
-/

@[expose] public section

namespace Telltale

/-- From here on to the end of the namespace, `simp` unfolds the ownership operations and guards. -/
macro "unfolding_operations" : command => `(
  attribute [local simp] act claim release transfer commit rollback attenuate validate mutate issue
    consume refuseWitness ownerDied abandon failCommit remaining close gOpen gActive gOwned gUnowned gLive
    gNamed gHonest gScope gIdle gStaged gMatch gGiver gWithin gCounter gOwnEdge gUnconsumed gIssued gUnchanged
    gBound refuse done)

end Telltale
