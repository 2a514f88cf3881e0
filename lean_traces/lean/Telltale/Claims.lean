module

public import Telltale.Proofs.Ownership
public import Telltale.Proofs.Generations
public import Telltale.Proofs.Sids
public import Telltale.Proofs.Blueprint
public import Telltale.Proofs.Refusals
public import Telltale.Proofs.Sessions
public import Telltale.Proofs.Replay
public import Telltale.Proofs.Unfolding
public import Telltale.Proofs.Counterexamples

/-!
Everything that is proved. The theorems with a sentence above them are the ones that
the documentation lists.
-/
