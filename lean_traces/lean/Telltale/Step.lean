module

public import Telltale.Errors
public import Telltale.State

/-!
What one operation does: its outcome, the ownership or the store after it, and the records it logs.
-/

@[expose] public section

namespace Telltale

/-- What an ownership operation gives back when it succeeds. -/
inductive OwnAnswer
  | null
  | cap (c : Cap)
  | receipt (r : Receipt)
  | readiness (w : Readiness)
  | cancellation (w : Cancellation)

inductive OwnOutcome
  | ok (a : OwnAnswer)
  | err (e : Failure)

/-- What an ownership operation does: its outcome, the ownership after it (its log not yet
extended), and the records it appends, oldest first. -/
structure Turn where
  outcome : OwnOutcome
  own : Own
  added : List Record

/-- A refusal: nothing changes but the log. -/
def refuse (s : Own) (e : Failure) (added : List Record) : Turn := ⟨.err e, s, added⟩

/-- Success. -/
def done (s : Own) (a : OwnAnswer) (added : List Record) : Turn := ⟨.ok a, s, added⟩

/-- What a send comes to. -/
inductive Body.Enqueue
  | ok
  | wouldBlock
  | dropped
  | full

structure MemoryUsage where
  liveSessions : Nat
  liveClosed : Nat
  archivedClosed : Nat
  localTypeEntries : Nat
  bufferCount : Nat
  bufferedMessages : Nat
  edgeHandlerCount : Nat
  leafCount : Nat
  treeCount : Nat
  rootCount : Nat

/-- What an operation gives back when it succeeds. -/
inductive Answer
  | own (a : OwnAnswer)
  | null
  | nat (n : Nat)
  | bool (b : Bool)
  | nats (ns : List Nat)
  | text (t : Option String)
  | capability (c : Option Cap)
  | records (log : Option (List Record))
  | summaries (ss : List Summary)
  | memory (m : MemoryUsage)
  | plan (p : Plan)
  | valTypes (ts : Option (List ValType))
  | type (t : Option LocalType)
  | scoped (t : LocalType) (scope : Option LocalType)
  | resolution (r : Option Resolution)
  | stepped (r : Resolution)
  | enqueued (e : Body.Enqueue)
  | received (r : Received)
  | state (s : Session)
  | edge (e : Edge)
  | timeout (w : Timeout)
  | timeouts (ws : List Timeout)
  | lifecycle (e : Event)

inductive Outcome
  | ok (a : Answer)
  | err (e : Failure)

/-- One step: the outcome, the store after it, and the records it added to the log of the session
that it names, oldest first. -/
structure Step where
  outcome : Outcome
  store : Store
  added : List Record

namespace Store

def session (st : Store) (sid : Nat) : Option Session := find sid st.sessions

def set (st : Store) (sid : Nat) (s : Session) : Store :=
  { st with sessions := put natLt sid s st.sessions }

/-- The store with the body of a live session changed. -/
def setBody (st : Store) (sid : Nat) (s : Session) (b : Body) : Store :=
  st.set sid { s with body := b }

/-- An answer that changes nothing. -/
def says (st : Store) (a : Answer) : Step := ⟨.ok a, st, []⟩

/-- An error that changes nothing. -/
def fails (st : Store) (e : Failure) : Step := ⟨.err e, st, []⟩

/-- The store with a session's body changed, or as it is for an unknown session. -/
def onBody (st : Store) (sid : Nat) (f : Body → Body) : Step :=
  match st.session sid with
  | none => st.says .null
  | some s => (st.setBody sid s (f s.body)).says .null

/-- A reading of a live session. -/
def reads (st : Store) (sid : Nat) (f : Session → Answer) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s => st.says (f s)

/-- A reading that is null for an unknown session. -/
def looks (st : Store) (sid : Nat) (unknown : Answer) (f : Session → Answer) : Step :=
  match st.session sid with
  | none => st.says unknown
  | some s => st.says (f s)

end Store

end Telltale
