module

public import Telltale.Contract
public import Telltale.Step

/-!
Messages of a live session (contract §8). Signatures and hashes are left out; leaves are counted.
-/

@[expose] public section

namespace Telltale

namespace Body

/-- A value put into a buffer, or what the policy says of a full one. -/
def enqueue (k : Contract) (b : Buffer) (v : Value) : Enqueue × Buffer :=
  match b.mode with
  | .latestValue => (.ok, { b with queue := [v] })
  | .fifo =>
    if size b.queue < b.capacity then (.ok, { b with queue := cat b.queue [v] })
    else match b.policy with
      | .block => (.wouldBlock, b)
      | .drop => (.dropped, b)
      | .error => (.full, b)
      | .resize max =>
        if b.capacity < max then
          (.ok, { b with capacity := k.grown b.capacity max, queue := cat b.queue [v] })
        else (.full, b)

/-- One more leaf of an edge. -/
def addLeaf (b : Body) (pair : String × String) : List ((String × String) × Nat) :=
  match find pair b.leaves with
  | some n => put textPairLt pair (n + 1) b.leaves
  | none => put textPairLt pair 1 b.leaves

def send (k : Contract) (b : Body) (pair : String × String) (v : Value) : Option (Enqueue × Body) :=
  match find pair b.buffers with
  | none => none
  | some q =>
    let (outcome, q') := enqueue k q v
    let buffers := put textPairLt pair q' b.buffers
    match outcome with
    | .ok => some (.ok, { b with buffers := buffers, leaves := b.addLeaf pair })
    | other => some (other, { b with buffers := buffers })

def recv (b : Body) (pair : String × String) : Option Value × Body :=
  match find pair b.buffers with
  | none => (none, b)
  | some q => match q.queue with
    | [] => (none, b)
    | v :: vs => (some v, { b with buffers := put textPairLt pair { q with queue := vs } b.buffers })

def hasMessage (b : Body) (pair : String × String) : Bool :=
  match find pair b.buffers with
  | none => false
  | some q => match q.queue with
    | [] => false
    | _ :: _ => true

end Body

namespace Store

def send (k : Contract) (st : Store) (sid : Nat) (sender receiver : String) (v : Value) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s => match s.body.send k (sender, receiver) v with
    | none => st.fails (.noBuffer sender receiver)
    | some (e, b) => (st.setBody sid s b).says (.enqueued e)

def recv (st : Store) (sid : Nat) (sender receiver : String) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s =>
    let (v, b) := s.body.recv (sender, receiver)
    (st.setBody sid s b).says (.value v)

end Store

end Telltale
