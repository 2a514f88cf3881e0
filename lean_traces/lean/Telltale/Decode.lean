module

public import Telltale.Json

/-!
Operations from their names and arguments (contract §12). What cannot be read is refused.
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

def scopeAt (name : String) (fs : Fields) : Except String Scope := do scope (← field name fs)

def cap (j : Json) : Except String Cap :=
  match j with
  | .cap c => .ok c
  | j => do
    let fs ← sized 4 j
    return ⟨← natAt "session_id" fs, ← textAt "owner_id" fs, ← natAt "generation" fs,
      ← scopeAt "scope" fs⟩

def receipt (j : Json) : Except String Receipt :=
  match j with
  | .receipt r => .ok r
  | j => do
    let fs ← sized 7 j
    return ⟨← natAt "session_id" fs, ← natAt "claim_id" fs, ← textAt "from_owner_id" fs,
      ← natAt "from_generation" fs, ← textAt "to_owner_id" fs, ← natAt "to_generation" fs,
      ← scopeAt "scope" fs⟩

def readiness (j : Json) : Except String Readiness :=
  match j with
  | .readiness w => .ok w
  | j => do
    let fs ← sized 6 j
    return ⟨← natAt "witness_id" fs, ← natAt "session_id" fs, ← textAt "owner_id" fs,
      ← natAt "generation" fs, ← scopeAt "scope" fs, ← textAt "predicate_ref" fs⟩

def edge (j : Json) : Except String Edge := do
  let fs ← sized 3 j
  return ⟨← natAt "sid" fs, ← textAt "sender" fs, ← textAt "receiver" fs⟩

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
  match find "sort" (← fields j) with
  | some s =>
    let fs ← sized 2 j
    return ⟨← textAt "name" fs, ← sort s⟩
  | none =>
    let fs ← sized 1 j
    return ⟨← textAt "name" fs, .unit⟩

/-- The value type of a branch, which may be null. -/
def payload (j : Json) : Except String (Option ValType) :=
  match j with
  | .null => .ok none
  | v => do return some (← valType v)

mutual
partial def localType (j : Json) : Except String LocalType :=
  match j with
  | .type t => .ok t
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
    let v' ← payload v
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
  | .obj [("Resize", r)] => do return .resize (← natAt "max_capacity" (← fields r))
  | _ => .error "no buffer policy"

/-- A buffer configuration, which may be left out. -/
def config (j : Json) : Except String BufferConfig :=
  match j with
  | .null => .ok .standard
  | c => do
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

def signing (j : Json) : Except String Signing :=
  match j with
  | .str "valid" => .ok .valid
  | .str "corrupt" => .ok .corrupt
  | .str "wrong_edge" => .ok .wrongEdge
  | .str "wrong_value" => .ok .wrongValue
  | .str "other_receiver" => .ok .otherReceiver
  | .str "other_sequence" => .ok .otherSequence
  | _ => .error "no signature"

/-- A sequence number, which may be left out. -/
def sequenceNo (j : Json) : Except String (Option Nat) :=
  match j with
  | .null => .ok none
  | n => do return some (← nat n)

def event (j : Json) : Except String Event :=
  match j with
  | .str "Issued" => .ok .issued
  | .str "Consumed" => .ok .consumed
  | .str "Invalidated" => .ok .invalidated
  | .str "Committed" => .ok .committed
  | .str "RolledBack" => .ok .rolledBack
  | .str "Rejected" => .ok .rejected
  | .str "Expired" => .ok .expired
  | _ => .error "no audit event"

/-- The parts of an edge in JSON (§10), each as far as it can be read. -/
def rawEdge (j : Json) : Option RawEdge :=
  match j with
  | .arr [sid, s, r] => some ⟨sidOf (some sid), textOf (some s), textOf (some r)⟩
  | j => match j.entries with
    | some fs =>
      some ⟨sidOf (find "sid" fs), textOf (find "sender" fs), textOf (find "receiver" fs)⟩
    | none => none
where
  sidOf : Option Json → EdgeSid
    | none => .absent
    | some .null => .absent
    | some (.num n) => if n ≤ top then .given n else .wrong
    | some _ => .wrong
  textOf : Option Json → Option String
    | some (.str s) => some s
    | _ => none

/-! ### Operations

Each takes its arguments in the order of the contract, null for one that is left out. The order is
also that in which they are read: the first that cannot be is told. -/

abbrev Reader := List Json → Except String Op

def miscounted {α} : Except String α := .error "wrong number of arguments"

/-- An operation without arguments. -/
@[inline] def constant (op : Op) : Reader := fun _ => .ok op

@[inline] def sid (f : Nat → Op) : Reader
  | [s] => do return f (← nat s)
  | _ => miscounted

/-- An operation on the session that its capability names, with one more argument or none. -/
@[inline] def byCap (f : Cap → OwnOp) : Reader
  | [c] => do
    let c ← cap c
    return .own c.session (f c)
  | _ => miscounted

@[inline] def byCapAnd {α} (read : Json → Except String α) (f : Cap → α → OwnOp) : Reader
  | [c, a] => do
    let c ← cap c
    return .own c.session (f c (← read a))
  | _ => miscounted

/-- An operation on the session that its receipt names. -/
@[inline] def byReceipt (f : Receipt → OwnOp) : Reader
  | [r] => do
    let r ← receipt r
    return .own r.session (f r)
  | _ => miscounted

/-- An operation on an endpoint, with one more argument or none. -/
@[inline] def byEp (f : Nat → String → Op) : Reader
  | [ep] => do
    let fs ← sized 2 ep
    return f (← natAt "sid" fs) (← textAt "role" fs)
  | _ => miscounted

@[inline] def byEpAnd {α} (read : Json → Except String α) (f : Nat → String → α → Op) : Reader
  | [ep, a] => do
    let fs ← sized 2 ep
    return f (← natAt "sid" fs) (← textAt "role" fs) (← read a)
  | _ => miscounted

@[inline] def byEdge (f : Edge → Op) : Reader
  | [e] => do return f (← edge e)
  | _ => miscounted

/-- An operation on a buffer. -/
@[inline] def pair (f : Nat → String × String → Op) : Reader
  | [s, a, b] => do return f (← nat s) (← text a, ← text b)
  | _ => miscounted

@[inline] def cont (f : LocalType → LocalType → Op) : Reader
  | [c, o] => do return f (← localType c) (← localType o)
  | _ => miscounted

def openNext : Reader
  | [roles, ts, c] => do return .openNext (← list text roles) (← types ts) (← config c)
  | _ => miscounted

def openWith : Reader
  | [s, roles, ts, c] => do
    return .openWith (← nat s) (← list text roles) (← types ts) (← config c)
  | _ => miscounted

def openFromPlan : Reader
  | [s, p, c] => do
    let p ← sized 2 p
    return .openWith (← nat s) (← list text (← field "roles" p)) (← types (← field "initial_types" p))
      (← config c)
  | _ => miscounted

def plan : Reader
  | [roles, ts] => do return .plan (← list text roles) (← types ts)
  | _ => miscounted

def claim : Reader
  | [s, owner, sc] => do return .own (← nat s) (.claim (← text owner) (← scope sc))
  | _ => miscounted

def transfer : Reader
  | [c, owner, sc] => do
    let c ← cap c
    return .own c.session (.transfer c (← text owner) (← scope sc))
  | _ => miscounted

def failCommit : Reader
  | [r, why] => do
    let r ← receipt r
    return .own r.session (.failCommit r (← text why))
  | _ => miscounted

def ownerDied : Reader
  | [s, owner] => do return .own (← nat s) (.ownerDied (← text owner))
  | _ => miscounted

def reap : Reader
  | [sids] => do return .reapSessions (← list nat sids)
  | _ => miscounted

def unfold : Reader
  | [t] => do return .unfoldMu (← localType t)
  | _ => miscounted

def send : Reader
  | [s, a, b, v] => do return .send (← nat s) (← text a, ← text b) (← value v) .valid none
  | _ => miscounted

def sendWithSequence : Reader
  | [s, a, b, v, n] => do
    return .send (← nat s) (← text a, ← text b) (← value v) .valid (some (← nat n))
  | _ => miscounted

def sendSigned : Reader
  | [s, a, b, v, how, n] => do
    return .send (← nat s) (← text a, ← text b) (← value v) (← signing how) (← sequenceNo n)
  | _ => miscounted

def reload : Reader
  | [.str "binary"] => .ok .reload
  | _ => .error "no form of a reload"

def updateHandler : Reader
  | [e, h] => do
    let e ← edge e
    return .host e.sid (.updateHandler e.sender e.receiver (← text h))
  | _ => miscounted

def setDefaultHandler : Reader
  | [s, h] => do return .host (← nat s) (.setDefaultHandler (← text h))
  | _ => miscounted

def updateTrace : Reader
  | [e, ts] => do
    let e ← edge e
    return .host e.sid (.updateTrace e.sender e.receiver (← list valType ts))
  | _ => miscounted

def lifecycleState : Reader
  | [e] => do return .lifecycleState (← event e)
  | _ => miscounted

def decodeEdge : Reader
  | [v, .null] => .ok (.decodeEdge (rawEdge v) none)
  | [v, hint] => do return .decodeEdge (rawEdge v) (some (← nat hint))
  | _ => miscounted

def advanceClock : Reader
  | [tick] => do return .advanceClock (← nat tick)
  | _ => miscounted

def issueTimeout : Reader
  | [site, tick] => do return .issueTimeout (← text site) (← nat tick)
  | _ => miscounted

/-- Every operation by its name, with the number of its arguments. -/
def readers : List (String × Nat × Reader) :=
  [ ("open", 3, openNext)
  , ("open_with_sid", 4, openWith)
  , ("close", 1, sid fun s => .own s .close)
  , ("reap_closed", 0, constant .reapClosed)
  , ("reap_sessions", 1, reap)
  , ("closed_session_ids", 0, constant .closedIds)
  , ("session_ids", 0, constant .sessionIds)
  , ("active_count", 0, constant .activeCount)
  , ("live_count", 0, constant .liveCount)
  , ("next_session_id", 0, constant .nextSessionId)
  , ("archived_closed", 0, constant .archived)
  , ("memory_usage", 0, constant .memoryUsage)
  , ("plan", 2, plan)
  , ("claim_ownership", 3, claim)
  , ("release_ownership", 1, byCap .release)
  , ("validate_ownership_capability", 1, byCap .validate)
  , ("begin_ownership_transfer", 3, transfer)
  , ("commit_ownership_transfer", 1, byReceipt .commit)
  , ("rollback_ownership_transfer", 1, byReceipt .rollback)
  , ("cancel_abandoned_transfer", 1, byReceipt .abandon)
  , ("fault_failed_transfer_commit", 2, failCommit)
  , ("attenuate_ownership_scope", 2, byCapAnd scope .attenuate)
  , ("apply_owned_session_mutation", 2, byCapAnd mutation .mutate)
  , ("issue_readiness_witness", 2, byCapAnd text .issue)
  , ("consume_readiness_witness", 2, byCapAnd readiness .consume)
  , ("mark_owner_died", 2, ownerDied)
  , ("current_ownership", 1, sid .currentOwnership)
  , ("authority_audit_log", 1, sid .auditLog)
  , ("lookup_handler", 1, byEdge .lookupHandler)
  , ("lookup_trace", 1, byEdge .lookupTrace)
  , ("default_handler_for_session", 1, sid .defaultHandler)
  , ("lookup_type", 1, byEp .lookupType)
  , ("original_type", 1, byEp .originalType)
  , ("update_type", 2, byEpAnd localType .updateType)
  , ("update_original", 2, byEpAnd localType .updateOriginal)
  , ("remove_type", 1, byEp .removeType)
  , ("lookup_branch_resolution", 2, byEpAnd text .branch)
  , ("advance", 2, byEpAnd text .advance)
  , ("unfold_mu", 1, unfold)
  , ("unfold_if_var", 2, cont .unfoldIfVar)
  , ("unfold_if_var_with_scope", 2, cont .unfoldIfVarWithScope)
  , ("send", 4, send)
  , ("recv", 3, pair (.recv .plain))
  , ("send_with_sequence", 5, sendWithSequence)
  , ("send_signed", 6, sendSigned)
  , ("recv_signed", 3, pair (.recv .signed))
  , ("recv_verified", 3, pair (.recv .verified))
  , ("recv_verified_signed", 3, pair (.recv .verifiedSigned))
  , ("has_message", 3, pair fun s p => .hasMessage s p.1 p.2)
  , ("observe", 1, sid .observe)
  , ("decode_edge_json", 2, decodeEdge)
  , ("issue_timeout_witness", 2, issueTimeout)
  , ("advance_clock", 1, advanceClock)
  , ("runtime_audit_log", 0, constant .runtimeLog)
  , ("open_with_sid_from_plan", 3, openFromPlan)
  , ("reload", 1, reload)
  , ("update_handler", 2, updateHandler)
  , ("set_default_handler_for_session", 2, setDefaultHandler)
  , ("update_trace", 2, updateTrace)
  , ("has_bound_handler", 1, sid .hasBoundHandler)
  , ("lifecycle_state", 1, lifecycleState) ]

end Decode
end Telltale
