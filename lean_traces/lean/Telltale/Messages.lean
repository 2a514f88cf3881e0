module

public import Telltale.Contract
public import Telltale.Step

/-!
Messages of a live session (contract §8 and §14). Hashes are left out; leaves are counted.
-/

@[expose] public section

namespace Telltale

namespace Body

/-- A message put into a buffer, or what the policy says of a full one. -/
def enqueue (k : Contract) (b : Buffer) (m : Message) : Enqueue × Buffer :=
  match b.mode with
  | .latestValue => (.ok, { b with queue := [m] })
  | .fifo =>
    if size b.queue < b.capacity then (.ok, { b with queue := cat b.queue [m] })
    else match b.policy with
      | .block => (.wouldBlock, b)
      | .drop => (.dropped, b)
      | .error => (.full, b)
      | .resize max =>
        if b.capacity < max then
          (.ok, { b with capacity := k.grown b.capacity max, queue := cat b.queue [m] })
        else (.full, b)

/-- One more leaf of an edge. -/
def addLeaf (b : Body) (pair : String × String) : List ((String × String) × Nat) :=
  match find pair b.leaves with
  | some n => put textPairLt pair (n + 1) b.leaves
  | none => put textPairLt pair 1 b.leaves

/-- The next sequence number of an edge: how many leaves it has (H19). -/
def nextNumber (b : Body) (pair : String × String) : Nat :=
  match find pair b.leaves with
  | some n => n
  | none => 0

/-- A value sent with a signature made in that way, under the number that is asked for, if any. -/
def send (k : Contract) (sid : Nat) (b : Body) (pair : String × String) (v : Value) (how : Signing)
    (asked : Option Nat) : Except Failure (Enqueue × Body) :=
  match find pair b.buffers with
  | none => .error (.noBuffer pair.1 pair.2)
  | some q => match k.numbered (b.nextNumber pair) asked with
    | .error n => .error (.notNext n pair.1 pair.2)
    | .ok n =>
      let (outcome, q') := enqueue k q ⟨v, n, how.make sid pair n v⟩
      let buffers := put textPairLt pair q' b.buffers
      match outcome with
      | .ok => .ok (.ok, { b with buffers := buffers, leaves := b.addLeaf pair })
      | other => .ok (other, { b with buffers := buffers })

/-- The oldest message, taken in that way. -/
def recv (k : Contract) (sid : Nat) (b : Body) (how : Reception) (pair : String × String) :
    Except Failure Received × Body :=
  match find pair b.buffers with
  | none => (.ok .nothing, b)
  | some q => match q.queue with
    | [] => (.ok .nothing, b)
    | m :: rest =>
      let taken := { b with buffers := put textPairLt pair { q with queue := rest } b.buffers }
      match how, k.verifies sid pair m with
      | .signed, valid => (.ok (.message m valid), taken)
      | .verifiedSigned, true => (.ok (.message m true), taken)
      | _, true => (.ok (.payload m), taken)
      | how, false =>
        (if k.tellsBad how then .error (.badSignature pair.1 pair.2) else .ok .nothing,
          k.leftByBad b taken)

def hasMessage (b : Body) (pair : String × String) : Bool :=
  match find pair b.buffers with
  | none => false
  | some q => match q.queue with
    | [] => false
    | _ :: _ => true

end Body

namespace Store

def send (k : Contract) (st : Store) (sid : Nat) (pair : String × String) (v : Value)
    (how : Signing) (asked : Option Nat) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s => match s.body.send k sid pair v how asked with
    | .error e => st.fails e
    | .ok (e, b) => (st.setBody sid s b).says (.enqueued e)

/-- The answer to a receive; under `telltale17` a bad message is gone when it fails. -/
def recv (k : Contract) (st : Store) (how : Reception) (sid : Nat) (pair : String × String) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s => match s.body.recv k sid how pair with
    | (.error e, b) => (st.setBody sid s b).fails e
    | (.ok r, b) => (st.setBody sid s b).says (.received r)

end Store

end Telltale
