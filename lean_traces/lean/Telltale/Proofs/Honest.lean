module

public import Telltale.Proofs.Generations

/-!
Honest clients, and what it means that `hardened` answers them as `telltale17` does: what is proved of
them is in the modules on refinement. Honesty is read from what is asked and from the session under
`telltale17`, its log included; no rule of `hardened` is used to say it.
-/

@[expose] public section

namespace Telltale

/-! ### Generations, moved by the offset of a tenure

A tenure begins with a claim. `telltale17` counts its generations from 0, `hardened` goes on counting. -/

namespace Cap
@[simp] def moved (d : Nat) (c : Cap) : Cap := { c with gen := c.gen + d }
end Cap

namespace Receipt
@[simp] def moved (d : Nat) (r : Receipt) : Receipt := { r with fromGen := r.fromGen + d, toGen := r.toGen + d }
end Receipt

namespace Readiness
@[simp] def moved (d : Nat) (w : Readiness) : Readiness := { w with gen := w.gen + d }
end Readiness

namespace Cancellation
@[simp] def moved (d : Nat) (x : Cancellation) : Cancellation := { x with gen := x.gen + d }
end Cancellation

namespace Artifact
@[simp] def moved (d : Nat) : Artifact → Artifact
  | .cap c => .cap (c.moved d)
  | .receipt r => .receipt (r.moved d)
  | .readiness w => .readiness (w.moved d)
  | .cancellation x => .cancellation (x.moved d)
  | .timeout w => .timeout w
end Artifact

namespace Record
@[simp] def moved (d : Nat) (r : Record) : Record := { r with artifact := r.artifact.moved d }
end Record

namespace OwnOp
/-- What a client asks of `hardened` in place of it: it presents what it was given there. -/
@[simp] def moved (d : Nat) : OwnOp → OwnOp
  | .claim owner scope => .claim owner scope
  | .release c => .release (c.moved d)
  | .transfer c newOwner newScope => .transfer (c.moved d) newOwner newScope
  | .commit r => .commit (r.moved d)
  | .rollback r => .rollback (r.moved d)
  | .attenuate c newScope => .attenuate (c.moved d) newScope
  | .validate c => .validate (c.moved d)
  | .mutate c m => .mutate (c.moved d) m
  | .issue c predicate => .issue (c.moved d) predicate
  | .consume c w => .consume (c.moved d) (w.moved d)
  | .ownerDied owner => .ownerDied owner
  | .abandon r => .abandon (r.moved d)
  | .failCommit r why => .failCommit (r.moved d) why
  | .close => .close
end OwnOp

namespace OwnAnswer
@[simp] def moved (d : Nat) : OwnAnswer → OwnAnswer
  | .null => .null
  | .cap c => .cap (c.moved d)
  | .receipt r => .receipt (r.moved d)
  | .readiness w => .readiness (w.moved d)
  | .cancellation x => .cancellation (x.moved d)
end OwnAnswer

namespace Failure
@[simp] def moved (d : Nat) : Failure → Failure
  | .stale session owner expected actual => .stale session owner (expected + d) (actual + d)
  | e => e
end Failure

namespace OwnOutcome
@[simp] def moved (d : Nat) : OwnOutcome → OwnOutcome
  | .ok a => .ok (a.moved d)
  | .err e => .err (e.moved d)
end OwnOutcome

/-! ### What an honest client asks of the ownership of a session -/

/-- How many generations a session has given out, as its log tells. -/
@[simp] def generations : List Record → Nat
  | [] => 0
  | r :: rest => match r.artifact, r.event with
    | .cap _, .issued => generations rest + 1
    | _, _ => generations rest

/-- The witness was given out, and no capability has ended since, as the log tells (newest record first). -/
@[simp] def isCurrent (w : Readiness) : List Record → Bool
  | [] => false
  | r :: rest =>
    if r = note (.readiness w) .issued none then true
    else match r.artifact, r.event with
      | .cap _, .invalidated => false
      | _, _ => isCurrent w rest

namespace Own
/-- No counter of the session is at its end. -/
def hasNumbers (s : Own) : Prop := generations s.log < top ∧ s.nextClaim < top ∧ s.nextWitness < top

/-- The edge is one between roles of the session. -/
def joins (s : Own) (e : Edge) : Prop := e.sid = s.sid ∧ e.sender ∈ s.roles ∧ e.receiver ∈ s.roles
end Own

namespace Mutation
def isInside (s : Own) : Mutation → Prop
  | .setDefaultHandler _ => True
  | .updateEdgeHandler e _ => s.joins e
  | .updateTrace e _ => s.joins e
end Mutation

namespace Own
/-- The operation presents what is live, as it is, and grants no more than its owner has. Anybody may
claim, or report a death. -/
def allows (s : Own) : OwnOp → Prop
  | .claim _ _ => True
  | .ownerDied _ => True
  | .release c => s.owner = some c
  | .validate c => s.owner = some c
  | .issue c _ => s.owner = some c
  | .transfer c _ newScope => s.owner = some c ∧ newScope.within c.scope
  | .attenuate c newScope => s.owner = some c ∧ newScope.within c.scope
  | .mutate c m => s.owner = some c ∧ m.isInside s
  | .consume c w => s.owner = some c ∧ find w.id s.issued = some w ∧ isCurrent w s.log = true
  | .commit r => s.pending = some r
  | .rollback r => s.pending = some r
  | .abandon r => s.pending = some r
  | .failCommit r _ => s.pending = some r
  | .close => s.owner = none ∧ s.terminal = none

/-- An honest client's operation on a session that is as it is under `telltale17`. A closed session is left
alone (it may be closed again), and only one without an owner, whose ownership has not ended, is closed. -/
def honest (s : Own) (op : OwnOp) : Prop :=
  s.allows op ∧ (op ≠ .close → s.status ≠ .closed ∧ s.hasNumbers)
end Own

/-! ### When two ownerships are the same, offsets apart -/

namespace Record
/-- A record that `hardened` alone writes for honest clients: a witness or a receipt has ended with the live
capability (H9, H10). -/
inductive ofHardened : Record → Prop
  | witness (w : Readiness) : ofHardened (note (.readiness w) .invalidated (some "ownership generation ended"))
  | receipt (r : Receipt) : ofHardened (note (.receipt r) .rolledBack (some "owner died"))
end Record

/-- The log of `hardened` (the second) is that of `telltale17`: generations moved by the offset of their tenure,
which is `d` in the present one and changes only with the record of a claim; and with more records of endings. -/
inductive SameLog : Nat → List Record → List Record → Prop
  | empty (d : Nat) : SameLog d [] []
  | same {d : Nat} {old new : List Record} (r : Record) : SameLog d old new → SameLog d (r :: old) (r.moved d :: new)
  | more {d : Nat} {old new : List Record} {r : Record} : r.ofHardened → SameLog d old new → SameLog d old (r :: new)
  | claim {d e : Nat} {old new : List Record} (c : Cap) : c.gen = 0 → SameLog d old new →
    SameLog e (note (.cap c) .issued none :: old) (note (.cap (c.moved e)) .issued none :: new)

/-- What `hardened` holds of a witness that `telltale17` holds as issued: nothing when its tenure has ended. -/
def heldOf (d : Nat) (log : List Record) (w : Option Readiness) : Option Readiness :=
  match w with
  | none => none
  | some w => if isCurrent w log then some (w.moved d) else none

/-- The ownership under `hardened` (`h`) is that under `telltale17` (`t`): generations moved by the offset of the
present tenure, witnesses of ended ones forgotten, everything else equal. -/
structure SameOwn (d : Nat) (t h : Own) : Prop where
  sid : h.sid = t.sid
  roles : h.roles = t.roles
  status : h.status = t.status
  owner : h.owner = t.owner.map (Cap.moved d)
  pending : h.pending = t.pending.map (Receipt.moved d)
  terminal : h.terminal = t.terminal
  nextClaim : h.nextClaim = t.nextClaim
  nextWitness : h.nextWitness = t.nextWitness
  issued : ∀ id, find id h.issued = heldOf d t.log (find id t.issued)
  consumed : h.consumed = t.consumed
  log : SameLog d t.log h.log

end Telltale
