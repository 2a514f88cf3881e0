module

public import Telltale.State

/-!
The two contracts, and every place where they differ. `telltale17` is what the store of
telltale-machine 17 does; `hardened` changes each rule as little as makes its claim true.
The rules are numbered H1 to H20 as in the table of claims.
-/

@[expose] public section

namespace Telltale

inductive Contract
  | telltale17
  | hardened

namespace Contract

/-- H1: the generation that a claim gives. -/
def claimGeneration : Contract → Own → Nat
  | telltale17, _ => 0
  | hardened, s => s.nextGen

/-- H1: the generation that attenuating gives. -/
def attenuatedGeneration : Contract → Own → Cap → Nat
  | telltale17, _, c => saturate c.gen
  | hardened, s, _ => s.nextGen

/-- H1: the generation that a commit gives. -/
def committedGeneration : Contract → Own → Receipt → Nat
  | telltale17, _, r => r.toGen
  | hardened, s, _ => s.nextGen

/-- H1: the generation counter after a generation was given. -/
def spendGeneration : Contract → Own → Nat
  | telltale17, s => s.nextGen
  | hardened, s => s.nextGen + 1

/-- H2: a counter after its number was given: it stays at the top, or passes it and is refused
from then on. -/
def spend : Contract → Nat → Nat
  | telltale17, n => saturate n
  | hardened, n => n + 1

/-- H2: the generation after a capability's, as a receipt names it. -/
def nextOf : Contract → Nat → Nat
  | telltale17, n => saturate n
  | hardened, n => n + 1

/-- H2 (G-counter): whether a number may be given. -/
def mayGive : Contract → Nat → Bool
  | telltale17, _ => true
  | hardened, n => decide (n ≤ top)

/-- H3 (G-within): whether an owner of that live scope may attenuate it to the new one. -/
def mayAttenuate : Contract → Scope → Scope → Bool
  | telltale17, _, _ => true
  | hardened, new, live => new.isWithin live

/-- H4 (G-within): whether an owner of that live scope may grant the new one. -/
def mayTransfer : Contract → Scope → Scope → Bool
  | telltale17, _, _ => true
  | hardened, new, live => new.isWithin live

/-- H5 (G-honest): whether the given scope is accepted for the live one. -/
def honest : Contract → Scope → Scope → Bool
  | telltale17, _, _ => true
  | hardened, given, live => decide (given = live)

/-- H9: the records that end the issued witnesses, right after a live capability's Invalidated. -/
def endings : Contract → Own → List Record
  | telltale17, _ => []
  | hardened, s => each ended s.issued
where
  ended (w : Nat × Readiness) : Record :=
    note (.readiness w.2) .invalidated (some "ownership generation ended")

/-- H9: the witnesses that are still issued after a live capability was invalidated. -/
def surviving : Contract → Own → List (Nat × Readiness)
  | telltale17, s => s.issued
  | hardened, _ => []

/-- H6: the status after a close. -/
def closedStatus : Contract → Status → Status
  | hardened, .cancelled => .cancelled
  | hardened, .faulted r => .faulted r
  | _, _ => .closed

/-- H6: what close logs of the ownership it ends. -/
def closing : Contract → Own → List Record
  | telltale17, _ => []
  | hardened, s =>
    cat (match s.owner with
      | some c => note (.cap c) .invalidated (some "session closed") :: endings hardened s
      | none => [])
    (match s.pending with
      | some r => [note (.receipt r) .rolledBack (some "session closed")]
      | none => [])

/-- H6: the ownership after a close. -/
def closedOwn : Contract → Own → Own
  | telltale17, s => { s with status := closedStatus telltale17 s.status }
  | hardened, s =>
    { s with status := closedStatus hardened s.status, owner := none, pending := none
             issued := match s.owner with
               | some _ => []
               | none => s.issued }

/-- H7: whether a session may be opened under the next id. -/
def mayOpen : Contract → Store → Bool
  | telltale17, _ => true
  | hardened, st => !st.exhausted

/-- H7: whether a session may be opened under that id. -/
def mayOpenWith : Contract → Store → Nat → Bool
  | telltale17, _, _ => true
  | hardened, st, sid => !(natLt sid st.nextSid) && !(st.exhausted && decide (sid = top))

/-- H8 (G-active): whether ownership operations work in that status. -/
def serves : Contract → Status → Bool
  | hardened, .closed => false
  | _, _ => true

/-- H10: what owner death logs of a pending transfer. -/
def orphaned : Contract → Own → List Record
  | telltale17, _ => []
  | hardened, s => match s.pending with
    | some r => [note (.receipt r) .rolledBack (some "owner died")]
    | none => []

/-- H11: what a refusal logs, given the receipt or witness that was refused. -/
def refusal : Contract → Option Artifact → String → List Record
  | hardened, some a, reason => [note a .rejected (some reason)]
  | _, _, _ => []

/-- H11: what cancel and fault log when the receipt is not the pending one. -/
def unmatched : Contract → Receipt → String → List Record
  | telltale17, _, _ => []
  | hardened, r, reason => [note (.receipt r) .rejected (some reason)]

/-- H12: the capacity after a resize. -/
def grown : Contract → Nat → Nat → Nat
  | telltale17, capacity, _ => if capacity + capacity < top then capacity + capacity else top
  | hardened, capacity, max => Nat.min (capacity + capacity) max

/-- H13: the role for which a list of roles is refused. -/
def repeatedRole : Contract → List String → Option String
  | telltale17, _ => none
  | hardened, roles => firstRepeat roles []
where
  /-- The first role that is already among those before it. -/
  firstRepeat : List String → List String → Option String
    | [], _ => none
    | r :: rs, seen => if has r seen then some r else firstRepeat rs (insert textLt r seen)

/-- H14: the current type that an opened session has of an original. -/
def openedType : Contract → LocalType → LocalType
  | telltale17, t => unfoldMu t
  | hardened, t => unfoldFully t

/-- H14: the current type after a branch, and the original when it changes. -/
def advancedType : Contract → LocalType → LocalType → LocalType × Option LocalType
  | telltale17, next, original => unfoldIfVarWithScope next original
  | hardened, next, _ => (unfoldFully next, none)

/-- H15: whether a mutation may name that edge. -/
def mayTouch : Contract → Own → Edge → Bool
  | telltale17, _, _ => true
  | hardened, s, e => decide (e.sid = s.sid) && has e.sender s.roles && has e.receiver s.roles

/-- H16: whether a message with a bad signature stays. -/
def keepsUnverified : Contract → Bool
  | telltale17 => false
  | hardened => true

/-- H16: whether a receive that finds a bad signature says so. -/
def tellsUnverified : Contract → Reception → Bool
  | telltale17, .plain => false
  | _, _ => true

/-- H17: whether a reload shows in the table of edges. -/
def reloadIsSeen : Contract → Bool
  | telltale17 => true
  | hardened => false

/-- H18: whether a signature made for one receiver and number verifies for the other ones. -/
def binds : Contract → String × Nat → String × Nat → Bool
  | telltale17, _, _ => true
  | hardened, signed, sent => decide (signed = sent)

/-- H19: the number of a message for which none is asked, on an edge with so many leaves. -/
def nextNumber : Contract → Nat → Nat
  | telltale17, _ => 0
  | hardened, leaves => leaves

/-- H19: whether a message may have that number, given the one that follows. -/
def mayNumber : Contract → Nat → Nat → Bool
  | telltale17, _, _ => true
  | hardened, number, following => decide (number = following)

/-- H20: whether host calls ask for the state of the session. -/
def guardsHostCalls : Contract → Bool
  | telltale17 => false
  | hardened => true

end Contract

end Telltale
