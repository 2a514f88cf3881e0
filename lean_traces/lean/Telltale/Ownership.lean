module

public import Telltale.Mutations
public import Telltale.Witnesses

/-!
The ownership operations (contract §2) and the consuming of witnesses (§3), one definition each,
in the order of the table: its guards, then its effect, result and records. G-found is the
store's: an operation here has found its session.
-/

@[expose] public section

namespace Telltale

/-- The ownership operations. `close` is of §5; its ownership part is here. -/
inductive OwnOp
  | claim (owner : String) (scope : Scope)
  | release (c : Cap)
  | transfer (c : Cap) (newOwner : String) (newScope : Scope)
  | commit (r : Receipt)
  | rollback (r : Receipt)
  | attenuate (c : Cap) (newScope : Scope)
  | validate (c : Cap)
  | mutate (c : Cap) (m : Mutation)
  | issue (c : Cap) (predicate : String)
  | consume (c : Cap) (w : Readiness)
  | ownerDied (owner : String)
  | abandon (r : Receipt)
  | failCommit (r : Receipt) (why : String)
  | close

/-- `claim_ownership` -/
def claim (k : Contract) (s : Own) (owner : String) (scope : Scope) : Turn :=
  gOpen k s none <| gActive k s none <| gUnowned s <| gIdle s <|
  gCounter k s none .generation (k.claimGeneration s) <|
  let c : Cap := ⟨s.sid, owner, k.claimGeneration s, scope⟩
  done { s with owner := some c, nextGen := k.spendGeneration s } (.cap c)
    [note (.cap c) .issued none]

/-- `release_ownership` -/
def release (k : Contract) (s : Own) (c : Cap) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gLive k s none o c <|
  gHonest k s none o c <| gIdle s <|
  done { s with owner := none, issued := k.surviving s } .null
    (note (.cap c) .invalidated (some "ownership released") :: k.endings s)

/-- `begin_ownership_transfer` -/
def transfer (k : Contract) (s : Own) (c : Cap) (newOwner : String) (newScope : Scope) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gLive k s none o c <|
  gHonest k s none o c <| gIdle s <| gWithin k.mayTransfer s o newScope <|
  gCounter k s none .generation (k.nextOf c.gen) <| gCounter k s none .claimId s.nextClaim <|
  let r : Receipt := ⟨s.sid, s.nextClaim, c.owner, c.gen, newOwner, k.nextOf c.gen, newScope⟩
  done { s with pending := some r, nextClaim := k.spend s.nextClaim } (.receipt r)
    [note (.receipt r) .issued none]

def notStaged (r : Receipt) : List Record :=
  [note (.receipt r) .rejected (some "receipt is no longer pending")]

def notMatching (r : Receipt) : List Record :=
  [note (.receipt r) .rejected (some "receipt payload mismatch")]

/-- `commit_ownership_transfer` -/
def commit (k : Contract) (s : Own) (r : Receipt) : Turn :=
  let given := some (Artifact.receipt r)
  gOpen k s given <| gActive k s given <| gOwned k s given fun o =>
  gStaged s (notStaged r) fun p => gMatch s p r (notMatching r) <|
  gGiver k s given o r <| gCounter k s given .generation (k.committedGeneration s r) <|
  let c : Cap := ⟨s.sid, r.toOwner, k.committedGeneration s r, r.scope⟩
  done { s with owner := some c, pending := none, issued := k.surviving s, nextGen := k.spendGeneration s }
    (.cap c)
    (note (.cap o) .invalidated (some "ownership transferred") :: cat (k.endings s)
      [note (.receipt r) .committed none, note (.cap c) .issued none])

/-- `rollback_ownership_transfer` -/
def rollback (k : Contract) (s : Own) (r : Receipt) : Turn :=
  let given := some (Artifact.receipt r)
  gOpen k s given <| gActive k s given <|
  gStaged s (notStaged r) fun p => gMatch s p r (notMatching r) <|
  done { s with pending := none } .null [note (.receipt r) .rolledBack none]

/-- `attenuate_ownership_scope` -/
def attenuate (k : Contract) (s : Own) (c : Cap) (newScope : Scope) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gLive k s none o c <|
  gHonest k s none o c <| gIdle s <| gWithin k.mayAttenuate s o newScope <|
  gCounter k s none .generation (k.attenuatedGeneration s c) <|
  let n : Cap := ⟨s.sid, c.owner, k.attenuatedGeneration s c, newScope⟩
  done { s with owner := some n, issued := k.surviving s, nextGen := k.spendGeneration s } (.cap n)
    (note (.cap c) .invalidated (some "ownership scope attenuated") ::
      cat (k.endings s) [note (.cap n) .issued none])

/-- `validate_ownership_capability` -/
def validate (k : Contract) (s : Own) (c : Cap) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gLive k s none o c <|
  gHonest k s none o c <|
  done s .null []

/-- `mark_owner_died` -/
def ownerDied (k : Contract) (s : Own) (owner : String) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gNamed s o owner <|
  gCounter k s none .witnessId s.nextWitness <|
  let why := Reason.ownerDied owner
  let x : Cancellation := ⟨s.nextWitness, s.sid, owner, o.gen, why⟩
  done { s with status := .faulted why, terminal := some why, owner := none, pending := none
                issued := k.surviving s, nextWitness := k.spend s.nextWitness }
    (.cancellation x)
    (note (.cap o) .invalidated (some "owner died") ::
      cat (k.endings s) (cat (k.orphaned s) [note (.cancellation x) .issued none]))

/-- What ending the live ownership with that reason logs: nothing without a live owner. -/
def endOwner (k : Contract) (s : Own) (reason : String) : List Record :=
  match s.owner with
  | some o => note (.cap o) .invalidated (some reason) :: k.endings s
  | none => []

/-- The witnesses that are still issued after the live ownership ended: all, without a live owner. -/
def remaining (k : Contract) (s : Own) : List (Nat × Readiness) :=
  match s.owner with
  | some _ => k.surviving s
  | none => s.issued

/-- `cancel_abandoned_transfer` -/
def abandon (k : Contract) (s : Own) (r : Receipt) : Turn :=
  let given := some (Artifact.receipt r)
  gOpen k s given <| gActive k s given <|
  gStaged s (k.unmatched r "receipt is no longer pending") fun p =>
  gMatch s p r (k.unmatched r "receipt payload mismatch") <|
  gCounter k s given .witnessId s.nextWitness <|
  let why := Reason.abandoned r.fromOwner r.claim
  let x : Cancellation := ⟨s.nextWitness, s.sid, r.fromOwner, r.fromGen, why⟩
  done { s with status := .cancelled, terminal := some why, owner := none, pending := none
                issued := remaining k s, nextWitness := k.spend s.nextWitness }
    (.cancellation x)
    (cat (endOwner k s "transfer abandoned")
      [note (.receipt r) .rolledBack (some "transfer abandoned"), note (.cancellation x) .issued none])

/-- `fault_failed_transfer_commit` -/
def failCommit (k : Contract) (s : Own) (r : Receipt) (why : String) : Turn :=
  let given := some (Artifact.receipt r)
  gOpen k s given <| gActive k s given <|
  gStaged s (k.unmatched r "receipt is no longer pending") fun p =>
  gMatch s p r (k.unmatched r "receipt payload mismatch") <|
  let reason := Reason.commitFailed r.fromOwner r.claim why
  done { s with status := .faulted reason, terminal := some reason, owner := none, pending := none
                issued := remaining k s }
    .null
    (cat (endOwner k s "transfer commit failed")
      [note (.receipt r) .rolledBack (some why)])

/-- Closing (§5): the status, and under `hardened` the end of the ownership (H6). -/
def close (k : Contract) (s : Own) : Turn := done (k.closedOwn s) .null (k.closing s)

/-- Every ownership operation. -/
def act (k : Contract) (s : Own) : OwnOp → Turn
  | .claim owner scope => claim k s owner scope
  | .release c => release k s c
  | .transfer c newOwner newScope => transfer k s c newOwner newScope
  | .commit r => commit k s r
  | .rollback r => rollback k s r
  | .attenuate c newScope => attenuate k s c newScope
  | .validate c => validate k s c
  | .mutate c m => mutate k s c m
  | .issue c predicate => issue k s c predicate
  | .consume c w => consume k s c w
  | .ownerDied owner => ownerDied k s owner
  | .abandon r => abandon k s r
  | .failCommit r why => failCommit k s r why
  | .close => close k s

/-- The ownership after an operation, its log extended. -/
def after (k : Contract) (s : Own) (op : OwnOp) : Own :=
  let t := act k s op
  { t.own with log := onto t.added t.own.log }

end Telltale
