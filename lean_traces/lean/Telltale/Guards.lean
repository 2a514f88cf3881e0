module

public import Telltale.Contract
public import Telltale.Step

/-!
The guards, in the order of the contract and under its names. Each passes on to the next, or ends the
operation with its error; a failing operation changes nothing but the log. `given` is the receipt or
witness that a refusal logs as Rejected under `hardened` (H11).
-/

@[expose] public section

namespace Telltale

/-- G-found: the session is live. -/
@[inline] def gFound (st : Store) (sid : Nat) (unfound : Failure) (next : Session → Step) : Step :=
  match st.session sid with
  | none => st.fails unfound
  | some s => next s

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

/-- G-unowned: there is no live owner. -/
@[macro_inline] def gUnowned (s : Own) (next : Turn) : Turn :=
  match s.owner with
  | some o => refuse s (.alreadyClaimed s.sid o.owner) []
  | none => next

/-- G-live: owner and generation equal the live owner's. -/
@[macro_inline] def gLive (k : Contract) (s : Own) (given : Option Artifact) (o c : Cap) (next : Turn) :
    Turn :=
  if c.owner = o.owner ∧ c.gen = o.gen then next
  else refuse s (.stale s.sid c.owner c.gen o.gen) (k.refusal given "stale capability")

/-- G-named: the named owner is the live one. -/
@[macro_inline] def gNamed (s : Own) (o : Cap) (owner : String) (next : Turn) : Turn :=
  if owner = o.owner then next else refuse s (.stale s.sid owner o.gen o.gen) []

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

/-- G-giver: the live owner is the one that the receipt is from. -/
@[macro_inline] def gGiver (k : Contract) (s : Own) (given : Option Artifact) (o : Cap) (r : Receipt)
    (next : Turn) : Turn :=
  if o.owner = r.fromOwner ∧ o.gen = r.fromGen then next
  else refuse s (.stale s.sid r.fromOwner r.fromGen o.gen) (k.refusal given "stale capability")

/-- G-within (H3, H4): the granted scope is one that an owner of the live one may grant. -/
@[macro_inline] def gWithin (may : Scope → Scope → Bool) (s : Own) (o : Cap) (new : Scope)
    (next : Turn) : Turn :=
  if may new o.scope then next
  else refuse s (.scopeViolation s.sid o.owner new o.scope) []

/-- G-counter (H2): the counter has a number left. -/
@[macro_inline] def gCounter (k : Contract) (s : Own) (given : Option Artifact) (which : Counter)
    (n : Nat) (next : Turn) : Turn :=
  if k.mayGive n then next
  else refuse s (.counterExhausted s.sid which) (k.refusal given "counter exhausted")

/-- H15: the mutation's edge belongs to this session. -/
@[macro_inline] def gOwnEdge (k : Contract) (s : Own) (m : Mutation) (next : Turn) : Turn :=
  match m with
  | .setDefaultHandler _ => next
  | .updateEdgeHandler e _ =>
    if k.mayTouch s e then next else refuse s (.foreignEdge s.sid e) []
  | .updateTrace e _ =>
    if k.mayTouch s e then next else refuse s (.foreignEdge s.sid e) []

/-- A refused witness (§3), logged as Rejected. -/
def refuseWitness (s : Own) (w : Readiness) (e : Failure) (reason : String) : Turn :=
  refuse s e [note (.readiness w) .rejected (some reason)]

/-- §3.1: the witness id was not consumed before. -/
@[macro_inline] def gUnconsumed (s : Own) (w : Readiness) (next : Turn) : Turn :=
  if has w.id s.consumed then
    refuseWitness s w (.witnessConsumed w.session w.id) "witness already consumed"
  else next

/-- §3.2: the witness id is among the issued ones. -/
@[inline] def gIssued (s : Own) (c : Cap) (w : Readiness) (next : Readiness → Turn) : Turn :=
  match find w.id s.issued with
  | some i => next i
  | none => refuseWitness s w (.invalidWitness c.session w.id .neverIssued) "witness was never issued"

/-- §3.3: the issued witness equals the given one in every field. -/
@[macro_inline] def gUnchanged (s : Own) (c : Cap) (i w : Readiness) (next : Turn) : Turn :=
  if i = w then next
  else refuseWitness s w (.invalidWitness c.session w.id .payloadMismatch) "witness payload mismatch"

/-- §3.4: session, owner, generation and scope of the witness are the capability's. -/
@[macro_inline] def gBound (s : Own) (c : Cap) (i w : Readiness) (next : Turn) : Turn :=
  if i.session = c.session ∧ i.owner = c.owner ∧ i.gen = c.gen ∧ i.scope = c.scope then next
  else refuseWitness s w (.invalidWitness c.session w.id .ownershipMoved)
    "live ownership no longer matches witness"

end Telltale
