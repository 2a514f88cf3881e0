module

public import Telltale.Proofs.Ownership
public import Telltale.Proofs.Generations
public import Telltale.Proofs.Sids
public import Telltale.Proofs.Blueprint
public import Telltale.Proofs.Refusals
public import Telltale.Proofs.Sessions
public import Telltale.Proofs.Replay
public import Telltale.Proofs.Substitution
public import Telltale.Proofs.InStores
public import Telltale.Proofs.Transfers
public import Telltale.Proofs.Handlers
public import Telltale.Proofs.Names
public import Telltale.Proofs.Answers
public import Telltale.Proofs.Progress
public import Telltale.Proofs.Messages
public import Telltale.Proofs.Reload
public import Telltale.Proofs.Counterexamples
public import Telltale.Proofs.RefinedStores
public import Telltale.Proofs.Truth

/-!
Everything that is proved. The theorems with a sentence above them are the ones that
the documentation lists.
-/
