module

public import Telltale.EncodeValues

/-!
The errors of operations: each with its fields, and as JSON text.
-/

@[expose] public section

namespace Telltale

inductive Counter
  | generation
  | claimId
  | witnessId

/-- Why a witness is invalid. -/
inductive Invalid
  | neverIssued
  | payloadMismatch
  | ownershipMoved

/-- What the contract limits (§18). -/
inductive Limit
  | roles
  | capacity
  | handlers
  | labels

/-- Every way in which an operation fails. The last three ownership errors exist only under
`hardened`. Error texts are kept as structure. -/
inductive Failure
  | sessionNotFound (session : Nat)
  | alreadyClaimed (session : Nat) (owner : String)
  | unclaimed (session : Nat)
  | stale (session : Nat) (owner : String) (expected actual : Nat)
  | scopeViolation (session : Nat) (owner : String) (required actual : Scope)
  | transferPending (session : Nat) (claim : Nat)
  | notPending (session : Nat)
  | receiptMismatch (session : Nat) (claim : Nat)
  | invalidWitness (session : Nat) (witness : Nat) (why : Invalid)
  | witnessConsumed (session : Nat) (witness : Nat)
  | terminal (session : Nat) (reason : Reason)
  | counterExhausted (session : Nat) (counter : Counter)
  | sessionClosed (session : Nat)
  | foreignEdge (session : Nat) (edge : Edge)
  | noBranch (sid : Nat) (role : String) (label : String)
  | noSession (sid : Nat)
  | noBuffer (sender receiver : String)
  | notNext (number : Nat) (sender receiver : String)
  | badSignature (sender receiver : String)
  | beyond (limit : Limit)
  | repeatedRole (name : String)
  | sidUsed (sid : Nat)
  | sidsExhausted
  | clockBack (now to : Nat)
  | invalidEdge (why : String)
  | missingSid

namespace Encode

def invalid : Invalid → String
  | .neverIssued => "witness was never issued"
  | .payloadMismatch => "witness payload mismatch"
  | .ownershipMoved => "live ownership no longer matches witness"

def counter : Counter → String
  | .generation => "generation"
  | .claimId => "claim_id"
  | .witnessId => "witness_id"

def limit : Limit → String
  | .roles => "roles"
  | .capacity => "capacity"
  | .handlers => "handlers"
  | .labels => "labels"

/-- An error of which `fields` come before the session id. -/
def before (name : String) (fields : List String) (session : Nat) : String :=
  join ["{\"", name, "\":{", join fields, "\"session_id\":", Nat.repr session, "}}"]

/-- An error that is a text. -/
def text (parts : List String) : String := (join parts).quote

def failure : Failure → String
  | .sessionNotFound n => before "SessionNotFound" [] n
  | .alreadyClaimed n o => before "AlreadyClaimed" ["\"current_owner_id\":", o.quote, ","] n
  | .unclaimed n => before "Unclaimed" [] n
  | .stale n o e a => before "StaleCapability" ["\"actual_generation\":", Nat.repr a,
      ",\"expected_generation\":", Nat.repr e, ",\"owner_id\":", o.quote, ","] n
  | .scopeViolation n o r a => before "ScopeViolation" ["\"actual\":", scope a,
      ",\"owner_id\":", o.quote, ",\"required\":", scope r, ","] n
  | .transferPending n c => before "TransferPending" ["\"claim_id\":", Nat.repr c, ","] n
  | .notPending n => before "TransferNotPending" [] n
  | .receiptMismatch n c => before "ReceiptMismatch" ["\"claim_id\":", Nat.repr c, ","] n
  | .invalidWitness n w why => join ["{\"InvalidWitness\":{\"reason\":\"", invalid why,
      "\",\"session_id\":", Nat.repr n, ",\"witness_id\":", Nat.repr w, "}}"]
  | .witnessConsumed n w => join ["{\"WitnessConsumed\":{\"session_id\":", Nat.repr n,
      ",\"witness_id\":", Nat.repr w, "}}"]
  | .terminal n r => before "Terminal" ["\"reason\":", reason r, ","] n
  | .counterExhausted n c => before "CounterExhausted" ["\"counter\":\"", counter c, "\","] n
  | .sessionClosed n => before "SessionClosed" [] n
  | .foreignEdge n e => before "ForeignEdge" ["\"edge\":", edge e, ","] n
  | .noBranch sid role label => join ["{\"NoBranch\":{\"ep\":", endpoint sid role,
      ",\"label\":", label.quote, "}}"]
  | .noSession sid => text ["session ", Nat.repr sid, " not found"]
  | .noBuffer s r => text ["no buffer for edge ", s, " → ", r]
  | .notNext n s r => text ["sequence number ", Nat.repr n, " is not next on edge ", s, " -> ", r]
  | .badSignature s r => text ["signature verification failed on edge ", s, " -> ", r]
  | .beyond l => text ["limit exceeded: ", limit l]
  | .repeatedRole name => text ["repeated role: ", name]
  | .sidUsed sid => text ["session ", Nat.repr sid, " already used"]
  | .sidsExhausted => "\"session ids exhausted\""
  | .clockBack now to => text ["clock cannot go back from ", Nat.repr now, " to ", Nat.repr to]
  | .invalidEdge why => text ["invalid edge json: ", why]
  | .missingSid => "\"missing sid in edge json\""

end Encode
end Telltale
