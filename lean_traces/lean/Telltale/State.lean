module

public import Telltale.Plan
public import Telltale.Signatures

/-!
What the store keeps.
-/

@[expose] public section

namespace Telltale

/-- The ownership side of a session, with its log (newest record first). -/
structure Own where
  sid : Nat
  roles : List String
  status : Status
  owner : Option Cap
  pending : Option Receipt
  terminal : Option Reason
  /-- The next generation; only `hardened` reads it (H1). -/
  nextGen : Nat
  nextClaim : Nat
  nextWitness : Nat
  /-- Readiness witnesses issued and not consumed, by id. -/
  issued : List (Nat × Readiness)
  /-- Ids of consumed readiness witnesses, ascending. -/
  consumed : List Nat
  log : List Record

/-- A fresh session's ownership: nobody, nothing pending, counters at their start, empty log. -/
def Own.fresh (sid : Nat) (roles : List String) : Own :=
  { sid := sid, roles := roles, status := .active, owner := none, pending := none
    terminal := none, nextGen := 0, nextClaim := 1, nextWitness := 1
    issued := [], consumed := [], log := [] }

inductive Mode
  | fifo
  | latestValue

inductive Policy
  | block
  | drop
  | error
  | resize (max : Nat)

structure BufferConfig where
  mode : Mode
  capacity : Nat
  policy : Policy

/-- Fifo, capacity 64, Block. -/
def BufferConfig.standard : BufferConfig := ⟨.fifo, 64, .block⟩

/-- A buffer: its queue has the oldest message first. -/
structure Buffer where
  mode : Mode
  policy : Policy
  capacity : Nat
  queue : List Message

def Buffer.empty (c : BufferConfig) : Buffer :=
  ⟨c.mode, c.policy, Nat.max 1 c.capacity, []⟩

/-- The rest of a session. Tables keyed by role pair are ordered by name. -/
structure Body where
  epoch : Nat
  roles : List String
  roleIds : List (String × Nat)
  edges : List PlanEdge
  types : List (String × TypeState)
  buffers : List ((String × String) × Buffer)
  /-- The bindings as given, by edge. -/
  edgeHandlers : List (Edge × String)
  /-- The bindings that `lookup_handler` reads, by role pair. -/
  pairHandlers : List ((String × String) × String)
  defaultHandler : String
  traces : List (Edge × List ValType)
  /-- Auth leaves per edge with at least one. -/
  leaves : List ((String × String) × Nat)

structure Session where
  own : Own
  body : Body

structure Summary where
  sid : Nat
  status : Status
  roleCount : Nat
  localTypeEntries : Nat
  edgeCount : Nat
  edgeHandlerCount : Nat
  authLeafCount : Nat
  authTreeCount : Nat
  authRootCount : Nat
  epoch : Nat

/-- The clock, the sites with a live timeout witness, and their log (newest first). -/
structure Runtime where
  clock : Nat
  nextTimeout : Nat
  sites : List (String × Timeout)
  log : List Record

/-- The whole store. `sessions` ascends by sid; `archive` has the latest summary first. -/
structure Store where
  sessions : List (Nat × Session)
  nextSid : Nat
  /-- The largest sid was opened; only `hardened` reads it (H7). -/
  exhausted : Bool
  archive : List Summary
  runtime : Runtime

def Store.empty : Store :=
  { sessions := [], nextSid := 0, exhausted := false, archive := []
    runtime := ⟨0, 0, [], []⟩ }

end Telltale
