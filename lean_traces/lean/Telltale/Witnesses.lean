module

public import Telltale.Guards

/-!
Readiness witnesses: issued under a live capability (contract §2), consumed once (§3).
-/

@[expose] public section

namespace Telltale

/-- `issue_readiness_witness` -/
def issue (k : Contract) (s : Own) (c : Cap) (predicate : String) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gLive k s none o c <|
  gHonest k s none o c <| gScope k s none o <| gCounter k s none .witnessId s.nextWitness <|
  let w : Readiness := ⟨s.nextWitness, c.session, c.owner, c.gen, c.scope, predicate⟩
  done { s with issued := put natLt w.id w s.issued, nextWitness := k.spend s.nextWitness }
    (.readiness w) [note (.readiness w) .issued none]

/-- `consume_readiness_witness` -/
def consume (k : Contract) (s : Own) (c : Cap) (w : Readiness) : Turn :=
  let given := some (Artifact.readiness w)
  gOpen k s given <| gActive k s given <| gOwned k s given fun o => gLive k s given o c <|
  gHonest k s given o c <| gScope k s given o <|
  gUnconsumed s w <| gIssued s c w fun i => gUnchanged s c i w <| gBound s c i w <|
  done { s with issued := drop w.id s.issued, consumed := insert natLt w.id s.consumed }
    .null [note (.readiness w) .consumed none]

end Telltale
