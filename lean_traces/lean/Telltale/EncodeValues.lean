module

public import Telltale.Signatures

/-!
Values as JSON text, in the shapes of the wire formats. Each definition is named after what it writes,
with its fields in alphabetical order.

A text is made of parts by one `join`: where this is interpreted (the WebAssembly build) a
part costs less than a call. Texts are written by `String.quote`: JSON, but for `\xNN` in place of
the other control characters, which the reader of the answers knows.
-/

@[expose] public section

namespace Telltale
namespace Encode

/-- The parts in one text. Not `String.join`, which the compiler would copy into every use, there to
be interpreted. -/
@[inline] def join (parts : List String) : String := String.intercalate "" parts

@[inline] def ofOption {α} (f : α → String) : Option α → String
  | none => "null"
  | some a => f a

def array (items : List String) : String := join ["[", String.intercalate "," items, "]"]

@[specialize] def arrayOf {α} (f : α → String) : List α → String
  | [] => "[]"
  | xs => array (each f xs)

def truth (b : Bool) : String := if b then "true" else "false"

def scope : Scope → String
  | .session => "\"Session\""
  | .fragments names => join ["{\"Fragments\":", arrayOf String.quote names, "}"]

def cap (c : Cap) : String :=
  join ["{\"generation\":", Nat.repr c.gen, ",\"owner_id\":", c.owner.quote,
    ",\"scope\":", scope c.scope, ",\"session_id\":", Nat.repr c.session, "}"]

def receipt (r : Receipt) : String :=
  join ["{\"claim_id\":", Nat.repr r.claim, ",\"from_generation\":", Nat.repr r.fromGen,
    ",\"from_owner_id\":", r.fromOwner.quote, ",\"scope\":", scope r.scope,
    ",\"session_id\":", Nat.repr r.session, ",\"to_generation\":", Nat.repr r.toGen,
    ",\"to_owner_id\":", r.toOwner.quote, "}"]

def readiness (w : Readiness) : String :=
  join ["{\"generation\":", Nat.repr w.gen, ",\"owner_id\":", w.owner.quote,
    ",\"predicate_ref\":", w.predicate.quote, ",\"scope\":", scope w.scope,
    ",\"session_id\":", Nat.repr w.session, ",\"witness_id\":", Nat.repr w.id, "}"]

def reason : Reason → String
  | .ownerDied o => join ["{\"OwnerDied\":{\"owner_id\":", o.quote, "}}"]
  | .abandoned o c => join ["{\"TransferAbandoned\":{\"claim_id\":", Nat.repr c,
      ",\"owner_id\":", o.quote, "}}"]
  | .commitFailed o c w => join ["{\"TransferCommitFailed\":{\"claim_id\":", Nat.repr c,
      ",\"owner_id\":", o.quote, ",\"reason\":", w.quote, "}}"]

def cancellation (w : Cancellation) : String :=
  join ["{\"generation\":", Nat.repr w.gen, ",\"owner_id\":", w.owner.quote,
    ",\"reason\":", reason w.reason, ",\"session_id\":", Nat.repr w.session,
    ",\"witness_id\":", Nat.repr w.id, "}"]

def timeout (w : Timeout) : String :=
  join ["{\"issued_at_tick\":", Nat.repr w.issuedAt, ",\"site\":", w.site.quote,
    ",\"until_tick\":", Nat.repr w.untilTick, ",\"witness_id\":", Nat.repr w.id, "}"]

/-- The text of a Faulted status. -/
def faultText : Reason → String
  | .ownerDied o => join ["ownership owner `", o, "` died"]
  | .abandoned _ _ => "transfer abandoned"
  | .commitFailed _ _ w => join ["ownership transfer commit failed: ", w]

def status : Status → String
  | .active => "\"Active\""
  | .draining => "\"Draining\""
  | .closed => "\"Closed\""
  | .cancelled => "\"Cancelled\""
  | .faulted r => join ["{\"Faulted\":{\"reason\":", (faultText r).quote, "}}"]

/-! ### Records -/

def artifact : Artifact → String
  | .cap c => join ["{\"OwnershipCapability\":", cap c, "}"]
  | .receipt r => join ["{\"OwnershipReceipt\":", receipt r, "}"]
  | .readiness w => join ["{\"Readiness\":", readiness w, "}"]
  | .cancellation w => join ["{\"Cancellation\":", cancellation w, "}"]
  | .timeout w => join ["{\"Timeout\":", timeout w, "}"]

def event : Event → String
  | .issued => "Issued"
  | .consumed => "Consumed"
  | .invalidated => "Invalidated"
  | .committed => "Committed"
  | .rolledBack => "RolledBack"
  | .rejected => "Rejected"
  | .expired => "Expired"

/-- §19: the state of an artifact after that event. -/
def lifecycle : Event → String
  | .issued => "\"issued\""
  | .consumed => "\"consumed\""
  | .invalidated => "\"invalidated\""
  | .committed => "\"committed\""
  | .rolledBack => "\"rolled_back\""
  | .rejected => "\"rejected\""
  | .expired => "\"expired\""

def record (r : Record) : String :=
  join ["{\"artifact\":", artifact r.artifact, ",\"event\":\"", event r.event,
    "\",\"reason\":", ofOption String.quote r.reason, ",\"tick\":", ofOption Nat.repr r.tick, "}"]

def records (rs : List Record) : String := arrayOf record rs

/-! ### Edges and messages -/

def edge (e : Edge) : String :=
  join ["{\"receiver\":", e.receiver.quote, ",\"sender\":", e.sender.quote,
    ",\"sid\":", Nat.repr e.sid, "}"]

def endpoint (sid : Nat) (role : String) : String :=
  join ["{\"role\":", role.quote, ",\"sid\":", Nat.repr sid, "}"]

def sort : PayloadSort → String
  | .unit => "\"Unit\""
  | .nat => "\"Nat\""
  | .bool => "\"Bool\""
  | .string => "\"String\""
  | .real => "\"Real\""
  | .vector n => join ["{\"Vector\":", Nat.repr n, "}"]
  | .prod a b => join ["{\"Prod\":[", sort a, ",", sort b, "]}"]

def valType : ValType → String
  | .unit => "\"Unit\""
  | .bool => "\"Bool\""
  | .nat => "\"Nat\""
  | .string => "\"String\""
  | .prod a b => join ["{\"Prod\":[", valType a, ",", valType b, "]}"]
  | .chan sid role => join ["{\"Chan\":", endpoint sid role, "}"]

def value : Value → String
  | .unit => "\"Unit\""
  | .nat n => join ["{\"Nat\":", Nat.repr n, "}"]
  | .bool b => join ["{\"Bool\":", truth b, "}"]
  | .str s => join ["{\"Str\":", s.quote, "}"]
  | .prod a b => join ["{\"Prod\":[", value a, ",", value b, "]}"]
  | .endpoint sid role => join ["{\"Endpoint\":", endpoint sid role, "}"]

def received : Received → String
  | .nothing => "null"
  | .payload m => value m.payload
  | .message m valid => join ["{\"payload\":", value m.payload, ",\"sequence_no\":",
      Nat.repr m.number, ",\"valid\":", truth valid, "}"]

end Encode
end Telltale
