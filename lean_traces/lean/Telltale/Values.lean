module

public import Telltale.Lists

/-!
The values that operations take, return and log.
-/

@[expose] public section

namespace Telltale

/-- The largest value of a counter: 2^64 - 1. -/
def top : Nat := 18446744073709551615

/-- One more, staying at the top. -/
def saturate (n : Nat) : Nat := if n < top then n + 1 else top

/-- What a capability covers: the whole session, or a set of named parts (ascending, no repeats). -/
inductive Scope
  | session
  | fragments (names : List String)
  deriving DecidableEq

/-- The scope of a set of names given in any order. -/
def Scope.ofNames (names : List String) : Scope := .fragments (insertAll textLt names [])

/-- Whether a scope is part of another: the session contains every scope, fragments contain fragments. -/
def Scope.isWithin : Scope → Scope → Bool
  | _, .session => true
  | .session, .fragments _ => false
  | .fragments new, .fragments live => allIn new live
where
  /-- Every element of the first list is in the second. -/
  allIn : List String → List String → Bool
    | [], _ => true
    | x :: xs, ys => has x ys && allIn xs ys

structure Cap where
  session : Nat
  owner : String
  gen : Nat
  scope : Scope
  deriving DecidableEq

structure Receipt where
  session : Nat
  claim : Nat
  fromOwner : String
  fromGen : Nat
  toOwner : String
  toGen : Nat
  scope : Scope
  deriving DecidableEq

/-- A readiness witness. -/
structure Readiness where
  id : Nat
  session : Nat
  owner : String
  gen : Nat
  scope : Scope
  predicate : String
  deriving DecidableEq

/-- Why ownership of a session has ended for ever. -/
inductive Reason
  | ownerDied (owner : String)
  | abandoned (owner : String) (claim : Nat)
  | commitFailed (owner : String) (claim : Nat) (why : String)
  deriving DecidableEq

/-- A cancellation witness. -/
structure Cancellation where
  id : Nat
  session : Nat
  owner : String
  gen : Nat
  reason : Reason
  deriving DecidableEq

/-- A timeout witness. -/
structure Timeout where
  id : Nat
  site : String
  issuedAt : Nat
  untilTick : Nat
  deriving DecidableEq

/-- `faulted r` prints the text that the terminal reason `r` gives. -/
inductive Status
  | active
  | draining
  | closed
  | cancelled
  | faulted (reason : Reason)

inductive Artifact
  | cap (c : Cap)
  | receipt (r : Receipt)
  | readiness (w : Readiness)
  | cancellation (w : Cancellation)
  | timeout (w : Timeout)
  deriving DecidableEq

inductive Event
  | issued
  | consumed
  | invalidated
  | committed
  | rolledBack
  | rejected
  | expired
  deriving DecidableEq

/-- One record of an authority audit log. -/
structure Record where
  tick : Option Nat
  artifact : Artifact
  event : Event
  reason : Option String
  deriving DecidableEq

/-- A record of a session's log: without a tick. -/
def note (a : Artifact) (e : Event) (reason : Option String) : Record := ⟨none, a, e, reason⟩

structure Edge where
  sid : Nat
  sender : String
  receiver : String
  deriving DecidableEq

def edgeLt (a b : Edge) : Bool :=
  if a.sid = b.sid then textPairLt (a.sender, a.receiver) (b.sender, b.receiver)
  else natLt a.sid b.sid

inductive PayloadSort
  | unit
  | nat
  | bool
  | string
  | real
  | vector (n : Nat)
  | prod (a b : PayloadSort)

inductive ValType
  | unit
  | bool
  | nat
  | string
  | prod (a b : ValType)
  | chan (sid : Nat) (role : String)

inductive Value
  | unit
  | nat (n : Nat)
  | bool (b : Bool)
  | str (s : String)
  | prod (a b : Value)
  | endpoint (sid : Nat) (role : String)
  deriving DecidableEq

inductive Mutation
  | setDefaultHandler (handler : String)
  | updateEdgeHandler (edge : Edge) (handler : String)
  | updateTrace (edge : Edge) (trace : List ValType)

/-- What the host changes without a capability (§16). The edge is the session's own. -/
inductive HostCall
  | updateHandler (sender receiver : String) (handler : String)
  | setDefaultHandler (handler : String)
  | updateTrace (sender receiver : String) (trace : List ValType)

/-- The mutation that has the effect of a host call on that session. -/
def HostCall.mutation (sid : Nat) : HostCall → Mutation
  | .updateHandler sender receiver handler => .updateEdgeHandler ⟨sid, sender, receiver⟩ handler
  | .setDefaultHandler handler => .setDefaultHandler handler
  | .updateTrace sender receiver trace => .updateTrace ⟨sid, sender, receiver⟩ trace

end Telltale
