module

public import Telltale.Store
public import Telltale.Json

/-!
Operations from their names and JSON arguments (contract §12). What cannot be read is refused.
-/

@[expose] public section

namespace Telltale
namespace Decode
open Json

def scope (j : Json) : Except String Scope :=
  match j with
  | .str "Session" => .ok .session
  | .obj [("Fragments", .arr names)] => do return Scope.ofNames (← readEach text names [])
  | _ => .error "no scope"

def scopeAt (name : String) (j : Json) : Except String Scope := do scope (← field name j)

def cap (j : Json) : Except String Cap := do
  let j ← sized 4 j
  return ⟨← natAt "session_id" j, ← textAt "owner_id" j, ← natAt "generation" j, ← scopeAt "scope" j⟩

def receipt (j : Json) : Except String Receipt := do
  let j ← sized 7 j
  return ⟨← natAt "session_id" j, ← natAt "claim_id" j, ← textAt "from_owner_id" j,
    ← natAt "from_generation" j, ← textAt "to_owner_id" j, ← natAt "to_generation" j,
    ← scopeAt "scope" j⟩

def readiness (j : Json) : Except String Readiness := do
  let j ← sized 6 j
  return ⟨← natAt "witness_id" j, ← natAt "session_id" j, ← textAt "owner_id" j,
    ← natAt "generation" j, ← scopeAt "scope" j, ← textAt "predicate_ref" j⟩

def edge (j : Json) : Except String Edge := do
  let j ← sized 3 j
  return ⟨← natAt "sid" j, ← textAt "sender" j, ← textAt "receiver" j⟩

partial def sort (j : Json) : Except String PayloadSort :=
  match j with
  | .str "Unit" => .ok .unit
  | .str "Nat" => .ok .nat
  | .str "Bool" => .ok .bool
  | .str "String" => .ok .string
  | .str "Real" => .ok .real
  | .obj [("Vector", .num n)] => .ok (.vector n)
  | .obj [("Prod", .arr [a, b])] => do return .prod (← sort a) (← sort b)
  | _ => .error "no payload sort"

partial def valType (j : Json) : Except String ValType :=
  match j with
  | .str "Unit" => .ok .unit
  | .str "Bool" => .ok .bool
  | .str "Nat" => .ok .nat
  | .str "String" => .ok .string
  | .obj [("Prod", .arr [a, b])] => do return .prod (← valType a) (← valType b)
  | .obj [("Chan", c)] => do
    let c ← sized 2 c
    return .chan (← natAt "sid" c) (← textAt "role" c)
  | _ => .error "no value type"

partial def value (j : Json) : Except String Value :=
  match j with
  | .str "Unit" => .ok .unit
  | .obj [("Nat", .num n)] => .ok (.nat n)
  | .obj [("Bool", .bool b)] => .ok (.bool b)
  | .obj [("Str", .str s)] => .ok (.str s)
  | .obj [("Prod", .arr [a, b])] => do return .prod (← value a) (← value b)
  | .obj [("Endpoint", e)] => do
    let e ← sized 2 e
    return .endpoint (← natAt "sid" e) (← textAt "role" e)
  | _ => .error "no value"

/-- An absent sort reads as Unit. -/
def label (j : Json) : Except String Label := do
  let s ← match find "sort" (← fields j) with
    | some s => do
      let _ ← sized 2 j
      sort s
    | none => do
      let _ ← sized 1 j
      .ok .unit
  return ⟨← textAt "name" j, s⟩

mutual
partial def localType (j : Json) : Except String LocalType :=
  match j with
  | .str "End" => .ok .done
  | .obj [("Send", a)] => do
    let a ← sized 2 a
    return .send (← textAt "partner" a) (← branches (← items (← field "branches" a)))
  | .obj [("Recv", a)] => do
    let a ← sized 2 a
    return .recv (← textAt "partner" a) (← branches (← items (← field "branches" a)))
  | .obj [("Mu", a)] => do
    let a ← sized 2 a
    return .mu (← textAt "var" a) (← localType (← field "body" a))
  | .obj [("Var", .str v)] => .ok (.var v)
  | _ => .error "no local type"

partial def branches : List Json → Except String Branches
  | [] => .ok .nil
  | .arr [l, v, t] :: rest => do
    let v' ← match v with
      | .null => .ok none
      | v => do let x ← valType v; .ok (some x)
    return .cons (← label l) v' (← localType t) (← branches rest)
  | _ :: _ => .error "no branch"
end

def types (j : Json) : Except String (List (String × LocalType)) := do
  readEach (fun (e : String × Json) => do let t ← localType e.2; return (e.1, t)) (← fields j) []

def mode (j : Json) : Except String Mode :=
  match j with
  | .str "Fifo" => .ok .fifo
  | .str "LatestValue" => .ok .latestValue
  | _ => .error "no buffer mode"

def policy (j : Json) : Except String Policy :=
  match j with
  | .str "Block" => .ok .block
  | .str "Drop" => .ok .drop
  | .str "Error" => .ok .error
  | .obj [("Resize", r)] => do return .resize (← natAt "max_capacity" r)
  | _ => .error "no buffer policy"

def config (args : Json) : Except String BufferConfig :=
  match optional "buffer_config" args with
  | none => .ok .standard
  | some c => do
    let c ← sized 3 c
    return ⟨← mode (← field "mode" c), ← natAt "initial_capacity" c, ← policy (← field "policy" c)⟩

def mutation (j : Json) : Except String Mutation :=
  match j with
  | .obj [("SetDefaultHandler", a)] => do
    let a ← sized 1 a
    return .setDefaultHandler (← textAt "handler" a)
  | .obj [("UpdateEdgeHandler", a)] => do
    let a ← sized 2 a
    return .updateEdgeHandler (← edge (← field "edge" a)) (← textAt "handler" a)
  | .obj [("UpdateTrace", a)] => do
    let a ← sized 2 a
    return .updateTrace (← edge (← field "edge" a)) (← list valType (← field "trace" a))
  | _ => .error "no host mutation"

/-- The parts of an edge in JSON (§10), each as far as it can be read. -/
def rawEdge (j : Json) : Option RawEdge :=
  match j with
  | .obj fs => some ⟨sidOf (find "sid" fs), textOf (find "sender" fs), textOf (find "receiver" fs)⟩
  | .arr [sid, s, r] => some ⟨sidOf (some sid), textOf (some s), textOf (some r)⟩
  | _ => none
where
  sidOf : Option Json → EdgeSid
    | none => .absent
    | some .null => .absent
    | some (.num n) => if n ≤ top then .given n else .wrong
    | some _ => .wrong
  textOf : Option Json → Option String
    | some (.str s) => some s
    | _ => none

/-- An operation on the session that its capability names. -/
def byCap (args : Json) (f : Cap → Except String OwnOp) : Except String Op := do
  let c ← cap (← field "capability" args)
  return .own c.session (← f c)

/-- An operation on the session that its receipt names. -/
def byReceipt (args : Json) (f : Receipt → Except String OwnOp) : Except String Op := do
  let r ← receipt (← field "receipt" args)
  return .own r.session (← f r)

def byEp (args : Json) (f : Nat → String → Except String Op) : Except String Op := do
  let ep ← sized 2 (← field "ep" args)
  f (← natAt "sid" ep) (← textAt "role" ep)

/-- An operation from its arguments. -/
abbrev Reader := Json → Except String Op

def openNext : Reader := fun a => do
  return .openNext (← list text (← field "roles" a)) (← types (← field "initial_types" a)) (← config a)
def openWith : Reader := fun a => do
  return .openWith (← natAt "sid" a) (← list text (← field "roles" a))
    (← types (← field "initial_types" a)) (← config a)
def plan : Reader := fun a => do
  return .plan (← list text (← field "roles" a)) (← types (← field "initial_types" a))
def claim : Reader := fun a => do
  return .own (← natAt "sid" a) (.claim (← textAt "owner_id" a) (← scopeAt "scope" a))
def transfer : Reader := fun a => byCap a fun c => do
  return .transfer c (← textAt "new_owner_id" a) (← scopeAt "new_scope" a)
def failCommit : Reader := fun a => byReceipt a fun r => do
  return .failCommit r (← textAt "reason" a)
def attenuate : Reader := fun a => byCap a fun c => do
  return .attenuate c (← scopeAt "new_scope" a)
def mutate : Reader := fun a => byCap a fun c => do
  return .mutate c (← mutation (← field "mutation" a))
def issue : Reader := fun a => byCap a fun c => do
  return .issue c (← textAt "predicate_ref" a)
def consume : Reader := fun a => byCap a fun c => do
  return .consume c (← readiness (← field "witness" a))
def ownerDied : Reader := fun a => do
  return .own (← natAt "sid" a) (.ownerDied (← textAt "owner_id" a))
def sid (f : Nat → Op) : Reader := fun a => do return f (← natAt "sid" a)
def byEdge (f : Edge → Op) : Reader := fun a => do return f (← edge (← field "edge" a))
def pair (f : Nat → String → String → Op) : Reader := fun a => do
  return f (← natAt "sid" a) (← textAt "from" a) (← textAt "to" a)
def send : Reader := fun a => do
  return .send (← natAt "sid" a) (← textAt "from" a) (← textAt "to" a) (← value (← field "val" a))
def cont (f : LocalType → LocalType → Op) : Reader := fun a => do
  return f (← localType (← field "cont" a)) (← localType (← field "original" a))
def decodeEdge : Reader := fun a => do
  let hint ← match optional "session_hint" a with
    | none => .ok none
    | some h => do let n ← nat h; .ok (some n)
  return .decodeEdge (rawEdge (← field "value" a)) hint

/-- Every operation by its name. -/
def readers : List (String × Reader) :=
  [ ("open", openNext)
  , ("open_with_sid", openWith)
  , ("close", sid fun s => .own s .close)
  , ("reap_closed", fun _ => .ok .reapClosed)
  , ("reap_sessions", fun a => do return .reapSessions (← list nat (← field "session_ids" a)))
  , ("closed_session_ids", fun _ => .ok .closedIds)
  , ("session_ids", fun _ => .ok .sessionIds)
  , ("active_count", fun _ => .ok .activeCount)
  , ("live_count", fun _ => .ok .liveCount)
  , ("next_session_id", fun _ => .ok .nextSessionId)
  , ("archived_closed", fun _ => .ok .archived)
  , ("memory_usage", fun _ => .ok .memoryUsage)
  , ("plan", plan)
  , ("claim_ownership", claim)
  , ("release_ownership", fun a => byCap a fun c => .ok (.release c))
  , ("validate_ownership_capability", fun a => byCap a fun c => .ok (.validate c))
  , ("begin_ownership_transfer", transfer)
  , ("commit_ownership_transfer", fun a => byReceipt a fun r => .ok (.commit r))
  , ("rollback_ownership_transfer", fun a => byReceipt a fun r => .ok (.rollback r))
  , ("cancel_abandoned_transfer", fun a => byReceipt a fun r => .ok (.abandon r))
  , ("fault_failed_transfer_commit", failCommit)
  , ("attenuate_ownership_scope", attenuate)
  , ("apply_owned_session_mutation", mutate)
  , ("issue_readiness_witness", issue)
  , ("consume_readiness_witness", consume)
  , ("mark_owner_died", ownerDied)
  , ("current_ownership", sid .currentOwnership)
  , ("authority_audit_log", sid .auditLog)
  , ("lookup_handler", byEdge .lookupHandler)
  , ("lookup_trace", byEdge .lookupTrace)
  , ("default_handler_for_session", sid .defaultHandler)
  , ("lookup_type", fun a => byEp a fun s r => .ok (.lookupType s r))
  , ("original_type", fun a => byEp a fun s r => .ok (.originalType s r))
  , ("update_type", fun a => byEp a fun s r => do
      return .updateType s r (← localType (← field "new_type" a)))
  , ("update_original", fun a => byEp a fun s r => do
      return .updateOriginal s r (← localType (← field "new_original" a)))
  , ("remove_type", fun a => byEp a fun s r => .ok (.removeType s r))
  , ("lookup_branch_resolution", fun a => byEp a fun s r => do
      return .branch s r (← textAt "label" a))
  , ("advance", fun a => byEp a fun s r => do return .advance s r (← textAt "label" a))
  , ("unfold_mu", fun a => do return .unfoldMu (← localType (← field "lt" a)))
  , ("unfold_if_var", cont .unfoldIfVar)
  , ("unfold_if_var_with_scope", cont .unfoldIfVarWithScope)
  , ("send", send)
  , ("recv", pair .recv)
  , ("has_message", pair .hasMessage)
  , ("observe", sid .observe)
  , ("decode_edge_json", decodeEdge)
  , ("issue_timeout_witness", fun a => do
      return .issueTimeout (← textAt "site" a) (← natAt "until_tick" a))
  , ("advance_clock", fun a => do return .advanceClock (← natAt "tick" a))
  , ("runtime_audit_log", fun _ => .ok .runtimeLog) ]

end Decode
end Telltale
