module

public import Telltale.Proofs.Honest

/-!
Honest clients of a whole store: what they ask of every operation, and when two stores are the same.
-/

@[expose] public section

namespace Telltale

/-! ### What an honest client asks of a store -/

mutual
/-- A type without recursion. -/
def finiteType : LocalType → Prop
  | .done => True
  | .send _ bs => finiteBranches bs
  | .recv _ bs => finiteBranches bs
  | .mu _ _ => False
  | .var _ => False
def finiteBranches : Branches → Prop
  | .nil => True
  | .cons _ _ t rest => finiteType t ∧ finiteBranches rest
end

namespace Policy
/-- A buffer of that capacity comes to its maximum by doubling, or never grows. -/
def fits (capacity : Nat) : Policy → Prop
  | .resize max => max ≤ top ∧ (max ≤ capacity ∨ ∃ n, max = capacity * 2 ^ n)
  | _ => True
end Policy

namespace Store
/-- The number is not above the last one of a session, and no session has it or had it. -/
def isFreshSid (st : Store) (sid : Nat) : Prop := st.nextSid ≤ sid ∧ st.exhausted = false

/-- An honest client's operation on a store that is as it is under `telltale17`: types are without recursion, roles
distinct, ids fresh, messages signed and in sequence; the host leaves owned, closed and ended sessions alone;
and no store is read back that has a closed session. -/
def honest (st : Store) : Op → Prop
  | .openNext roles types config =>
    st.exhausted = false ∧ roles.Nodup ∧ (∀ x ∈ types, finiteType x.2) ∧ config.policy.fits (Nat.max 1 config.capacity)
  | .openWith sid roles types config =>
    st.isFreshSid sid ∧ roles.Nodup ∧ (∀ x ∈ types, finiteType x.2) ∧ config.policy.fits (Nat.max 1 config.capacity)
  | .plan roles types => roles.Nodup ∧ ∀ x ∈ types, finiteType x.2
  | .own sid op => ∀ s, st.session sid = some s → s.own.honest op
  | .updateType _ _ t => finiteType t
  | .send sid pair _ how number => how = .valid ∧
    ∀ n s, number = some n → st.session sid = some s → n = s.body.following pair
  | .host sid _ => ∀ s, st.session sid = some s →
    s.own.owner = none ∧ s.own.terminal = none ∧ s.own.status ≠ .closed
  | .reload => ∀ sid s, st.session sid = some s → s.own.status ≠ .closed
  | _ => True
end Store

namespace Op
/-- What a client asks of `hardened` in place of it; `d` has the offset of the present tenure of every session. -/
def moved (d : Nat → Nat) : Op → Op
  | .own sid op => .own sid (op.moved (d sid))
  | op => op
end Op

/-! ### When two stores are the same, offsets apart -/

/-- Two lists have the same length, and their elements are alike. -/
inductive Alike {α β} (p : α → β → Prop) : List α → List β → Prop
  | nil : Alike p [] []
  | cons {x : α} {y : β} {xs : List α} {ys : List β} : p x y → Alike p xs ys → Alike p (x :: xs) (y :: ys)

/-- Two tables have the same keys in the same order, and what they hold is alike. -/
def Rows {κ α β} (p : κ → α → β → Prop) : List (κ × α) → List (κ × β) → Prop :=
  Alike fun x y => y.1 = x.1 ∧ p x.1 x.2 y.2

/-- The same payload, each signed by the sender for its edge and its number, which is not compared. -/
def SameMessage (sid : Nat) (pair : String × String) (t h : Message) : Prop :=
  h.payload = t.payload ∧ t.signature = Signing.valid.make sid pair t.number t.payload ∧
    h.signature = Signing.valid.make sid pair h.number h.payload

structure SameBuffer (sid : Nat) (pair : String × String) (t h : Buffer) : Prop where
  mode : h.mode = t.mode
  policy : h.policy = t.policy
  capacity : h.capacity = t.capacity
  queue : Alike (SameMessage sid pair) t.queue h.queue

/-- Everything of a session but its ownership is the same; of messages the sequence numbers are not compared. -/
structure SameBody (sid : Nat) (t h : Body) : Prop where
  epoch : h.epoch = t.epoch
  roles : h.roles = t.roles
  roleIds : h.roleIds = t.roleIds
  edges : h.edges = t.edges
  types : h.types = t.types
  buffers : Rows (SameBuffer sid) t.buffers h.buffers
  edgeHandlers : h.edgeHandlers = t.edgeHandlers
  pairHandlers : h.pairHandlers = t.pairHandlers
  defaultHandler : h.defaultHandler = t.defaultHandler
  traces : h.traces = t.traces
  leaves : h.leaves = t.leaves

structure SameSession (d sid : Nat) (t h : Session) : Prop where
  own : SameOwn d t.own h.own
  body : SameBody sid t.body h.body

/-- The stores are the same; `d` has the offset of the present tenure of every session. -/
structure SameStore (d : Nat → Nat) (t h : Store) : Prop where
  sessions : Rows (fun sid => SameSession (d sid) sid) t.sessions h.sessions
  nextSid : h.nextSid = t.nextSid
  exhausted : h.exhausted = t.exhausted
  archive : h.archive = t.archive
  runtime : h.runtime = t.runtime

/-! ### When two answers are the same -/

/-- What is handed out is the same; of a message the sequence number is not compared. -/
def SameReceived : Received → Received → Prop
  | .nothing, r => r = .nothing
  | .payload m, r => ∃ m', r = .payload m' ∧ m'.payload = m.payload
  | .message m valid, r => ∃ m', r = .message m' valid ∧ m'.payload = m.payload

/-- The answer of `hardened` (the second) is that of `telltale17`; `d` is the offset of the session that is asked of. -/
def SameAnswer (d sid : Nat) : Answer → Answer → Prop
  | .own a, b => b = .own (a.moved d)
  | .capability c, b => b = .capability (c.map (Cap.moved d))
  | .records log, b => b = .records log ∨
    ∃ old new, log = some (rev old) ∧ b = .records (some (rev new)) ∧ SameLog d old new
  | .received r, b => ∃ r', b = .received r' ∧ SameReceived r r'
  | .state s, b => ∃ s', b = .state s' ∧ SameSession d sid s s'
  | a, b => b = a

def SameOutcome (d sid : Nat) : Outcome → Outcome → Prop
  | .ok a, o => ∃ b, o = .ok b ∧ SameAnswer d sid a b
  | .err e, o => o = .err (e.moved d)

namespace Op
/-- The session whose capability, log or state an operation tells. -/
def tells : Op → Nat
  | .own sid _ => sid
  | .currentOwnership sid => sid
  | .auditLog sid => sid
  | .observe sid => sid
  | _ => 0

/-- The operation is a claim of that session: a tenure begins, and with it another offset. -/
def claims (sid : Nat) : Op → Bool
  | .own sid' (.claim _ _) => decide (sid' = sid)
  | _ => false
end Op

end Telltale
