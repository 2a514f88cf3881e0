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

/-- The number that follows on an edge: how many leaves it has (H19). -/
def following (b : Body) (pair : String × String) : Nat :=
  match find pair b.leaves with
  | some n => n
  | none => 0

/-- A message offered to the buffer of an edge: an accepted one adds a leaf. -/
def offer (k : Contract) (b : Body) (pair : String × String) (q : Buffer) (m : Message) : Enqueue × Body :=
  let (outcome, q') := enqueue k q m
  let buffers := put textPairLt pair q' b.buffers
  match outcome with
  | .ok => (.ok, { b with buffers := buffers, leaves := b.addLeaf pair })
  | other => (other, { b with buffers := buffers })

/-- The number of a message: the one that is asked for, if any. -/
def numberOf (k : Contract) (asked : Option Nat) (following : Nat) : Nat :=
  match asked with
  | none => k.nextNumber following
  | some n => n

/-- A value sent with a signature made in that way. -/
def send (k : Contract) (sid : Nat) (b : Body) (pair : String × String) (v : Value) (how : Signing)
    (asked : Option Nat) : Except Failure (Enqueue × Body) :=
  match find pair b.buffers with
  | none => .error (.noBuffer pair.1 pair.2)
  | some q =>
    let n := numberOf k asked (b.following pair)
    if k.mayNumber n (b.following pair) then .ok (b.offer k pair q ⟨v, n, how.make sid pair n v⟩)
    else .error (.notNext n pair.1 pair.2)

/-- Whether the signature of a message verifies on that edge: made with the sender's key for this payload,
and what else it binds. -/
def verifies (k : Contract) (sid : Nat) (pair : String × String) (m : Message) : Bool :=
  let s := m.signature
  s.intact && decide (s.sid = sid ∧ s.signer = pair.1 ∧ s.value = m.payload) &&
    k.binds (s.receiver, s.number) (pair.2, m.number)

/-- The oldest message, taken in that way. -/
def recv (k : Contract) (sid : Nat) (b : Body) (how : Reception) (pair : String × String) :
    Except Failure Received × Body :=
  match find pair b.buffers with
  | none => (.ok .nothing, b)
  | some q => match q.queue with
    | [] => (.ok .nothing, b)
    | m :: rest =>
      let taken := { b with buffers := put textPairLt pair { q with queue := rest } b.buffers }
      match how, verifies k sid pair m with
      | .signed, valid => (.ok (.message m valid), taken)
      | .verifiedSigned, true => (.ok (.message m true), taken)
      | _, true => (.ok (.payload m), taken)
      | how, false =>
        (if k.tellsUnverified how then .error (.badSignature pair.1 pair.2) else .ok .nothing,
          if k.keepsUnverified then b else taken)

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
