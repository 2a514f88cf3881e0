module

public import Telltale.Step

/-!
Edges from JSON of any origin (contract §10).
-/

@[expose] public section

namespace Telltale

/-- The sid of an edge in JSON, as far as it was read. -/
inductive EdgeSid
  | absent
  | given (sid : Nat)
  | wrong

/-- An edge in JSON, as far as it was read: anything but an object or three elements is `none`,
a sender or receiver that is no string is `none`. -/
structure RawEdge where
  sid : EdgeSid
  sender : Option String
  receiver : Option String

/-- `decode_edge_json` (§10). -/
def decodeEdge (raw : Option RawEdge) (hint : Option Nat) : Except Failure Edge :=
  match raw with
  | none => .error (.invalidEdge "not an object or an array of three")
  | some r => match r.sender, r.receiver with
    | some s, some t => match r.sid with
      | .wrong => .error (.invalidEdge "sid is no unsigned integer")
      | .given sid => .ok ⟨sid, s, t⟩
      | .absent => match hint with
        | some sid => .ok ⟨sid, s, t⟩
        | none => .error .missingSid
    | _, _ => .error (.invalidEdge "sender or receiver is no text")

namespace Store

def decoded (st : Store) (raw : Option RawEdge) (hint : Option Nat) : Step :=
  match Telltale.decodeEdge raw hint with
  | .ok e => st.says (.edge e)
  | .error e => st.fails e

end Store

end Telltale
