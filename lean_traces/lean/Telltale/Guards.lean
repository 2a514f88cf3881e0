module

public import Telltale.Contract
public import Telltale.Step

/-!
The guards (contract §1), in their order. Each passes on to the next, or ends the operation with
its error; a failing operation changes nothing but the log. `given` is the receipt or witness that
a refusal logs as Rejected under `hardened` (H11).
-/

@[expose] public section

namespace Telltale

/-- G-open: no terminal reason is recorded. -/
@[macro_inline] def gOpen (k : Contract) (s : Own) (given : Option Artifact) (next : Turn) : Turn :=
  match s.terminal with
  | some r => refuse s (.terminal s.sid r) (k.refusal given "ownership terminated")
  | none => next

/-- G-active (H8): the session is not closed. -/
@[macro_inline] def gActive (k : Contract) (s : Own) (given : Option Artifact) (next : Turn) : Turn :=
  if k.serves s.status then next
  else refuse s (.sessionClosed s.sid) (k.refusal given "session closed")

/-- G-owned: there is a live owner. -/
@[inline] def gOwned (k : Contract) (s : Own) (given : Option Artifact) (next : Cap → Turn) : Turn :=
  match s.owner with
  | some o => next o
  | none => refuse s (.unclaimed s.sid) (k.refusal given "session unclaimed")

/-- G-live: owner and generation equal the live owner's. -/
@[macro_inline] def gLive (k : Contract) (s : Own) (given : Option Artifact) (o c : Cap) (next : Turn) :
    Turn :=
  if c.owner = o.owner ∧ c.gen = o.gen then next
  else refuse s (.stale s.sid c.owner c.gen o.gen) (k.refusal given "stale capability")

/-- G-honest (H5): the scope equals the live owner's. -/
@[macro_inline] def gHonest (k : Contract) (s : Own) (given : Option Artifact) (o c : Cap)
    (next : Turn) : Turn :=
  if k.honest c.scope o.scope then next
  else refuse s (.scopeViolation s.sid o.owner c.scope o.scope) (k.refusal given "scope mismatch")

/-- G-scope: the live scope is the whole session. -/
@[macro_inline] def gScope (k : Contract) (s : Own) (given : Option Artifact) (o : Cap) (next : Turn) :
    Turn :=
  if o.scope = .session then next
  else refuse s (.scopeViolation s.sid o.owner .session o.scope) (k.refusal given "scope violation")

/-- G-idle: no transfer is pending. -/
@[macro_inline] def gIdle (s : Own) (next : Turn) : Turn :=
  match s.pending with
  | some p => refuse s (.transferPending s.sid p.claim) []
  | none => next

/-- G-staged: a transfer is pending; `rejected` is what a refusal logs. -/
@[inline] def gStaged (s : Own) (rejected : List Record) (next : Receipt → Turn) : Turn :=
  match s.pending with
  | some p => next p
  | none => refuse s (.notPending s.sid) rejected

/-- G-match: the pending receipt equals the given one in every field. -/
@[macro_inline] def gMatch (s : Own) (p r : Receipt) (rejected : List Record) (next : Turn) : Turn :=
  if p = r then next else refuse s (.receiptMismatch s.sid r.claim) rejected

/-- G-within (H3, H4): the granted scope is within the live one. -/
@[macro_inline] def gWithin (k : Contract) (s : Own) (o : Cap) (new : Scope) (next : Turn) : Turn :=
  if k.mayGrant new o.scope then next
  else refuse s (.scopeViolation s.sid o.owner new o.scope) []

/-- G-counter (H2): the counter has a number left. -/
@[macro_inline] def gCounter (k : Contract) (s : Own) (given : Option Artifact) (which : Counter)
    (n : Nat) (next : Turn) : Turn :=
  if k.mayGive n then next
  else refuse s (.counterExhausted s.sid which) (k.refusal given "counter exhausted")

/-- H15: the mutation's edge belongs to this session. -/
@[macro_inline] def gEdge (k : Contract) (s : Own) (m : Mutation) (next : Turn) : Turn :=
  match m with
  | .setDefaultHandler _ => next
  | .updateEdgeHandler e _ =>
    if k.mayTouch s e then next else refuse s (.foreignEdge s.sid e) []
  | .updateTrace e _ =>
    if k.mayTouch s e then next else refuse s (.foreignEdge s.sid e) []

end Telltale
