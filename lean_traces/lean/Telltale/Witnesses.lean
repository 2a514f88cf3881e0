module

public import Telltale.Guards

/-!
Readiness witnesses: issued under a live capability (contract §2), consumed once (§3).
-/

@[expose] public section

namespace Telltale

def issue (k : Contract) (s : Own) (c : Cap) (predicate : String) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gLive k s none o c <|
  gHonest k s none o c <| gScope k s none o <| gCounter k s none .witnessId s.nextWitness <|
  let w : Readiness := ⟨s.nextWitness, c.session, c.owner, c.gen, c.scope, predicate⟩
  done { s with issued := put natLt w.id w s.issued, nextWitness := k.spend s.nextWitness }
    (.readiness w) [note (.readiness w) .issued none]

/-- A refused witness (§3), logged as Rejected. -/
def refuseWitness (s : Own) (w : Readiness) (e : Failure) (reason : String) : Turn :=
  refuse s e [note (.readiness w) .rejected (some reason)]

/-- §3, after the guards, in its order. -/
def consumeIssued (s : Own) (c : Cap) (w : Readiness) : Turn :=
  if has w.id s.consumed then
    refuseWitness s w (.witnessConsumed w.session w.id) "witness already consumed"
  else match find w.id s.issued with
  | none =>
    refuseWitness s w (.invalidWitness c.session w.id .neverIssued) "witness was never issued"
  | some i =>
    if i = w then
      if i.session = c.session ∧ i.owner = c.owner ∧ i.gen = c.gen ∧ i.scope = c.scope then
        done { s with issued := drop w.id s.issued, consumed := insert natLt w.id s.consumed }
          .null [note (.readiness w) .consumed none]
      else refuseWitness s w (.invalidWitness c.session w.id .ownershipMoved)
        "live ownership no longer matches witness"
    else refuseWitness s w (.invalidWitness c.session w.id .payloadMismatch)
      "witness payload mismatch"

def consume (k : Contract) (s : Own) (c : Cap) (w : Readiness) : Turn :=
  let given := some (Artifact.readiness w)
  gOpen k s given <| gActive k s given <| gOwned k s given fun o => gLive k s given o c <|
  gHonest k s given o c <| gScope k s given o <|
  consumeIssued s c w

end Telltale
