module

public import Telltale.Store
public import Telltale.Json

/-!
Outcomes and records as JSON, in the shapes of the wire formats, and the texts of errors.
-/

@[expose] public section

namespace Telltale
namespace Encode
open Json

def scope : Scope → Json
  | .session => .str "Session"
  | .fragments names => tagged "Fragments" (.arr (each .str names))

def cap (c : Cap) : Json :=
  .obj [("generation", .num c.gen), ("owner_id", .str c.owner), ("scope", scope c.scope),
    ("session_id", .num c.session)]

def receipt (r : Receipt) : Json :=
  .obj [("claim_id", .num r.claim), ("from_generation", .num r.fromGen),
    ("from_owner_id", .str r.fromOwner), ("scope", scope r.scope), ("session_id", .num r.session),
    ("to_generation", .num r.toGen), ("to_owner_id", .str r.toOwner)]

def readiness (w : Readiness) : Json :=
  .obj [("generation", .num w.gen), ("owner_id", .str w.owner), ("predicate_ref", .str w.predicate),
    ("scope", scope w.scope), ("session_id", .num w.session), ("witness_id", .num w.id)]

def reason : Reason → Json
  | .ownerDied o => tagged "OwnerDied" (.obj [("owner_id", .str o)])
  | .abandoned o c => tagged "TransferAbandoned" (.obj [("claim_id", .num c), ("owner_id", .str o)])
  | .commitFailed o c w => tagged "TransferCommitFailed"
      (.obj [("claim_id", .num c), ("owner_id", .str o), ("reason", .str w)])

def cancellation (w : Cancellation) : Json :=
  .obj [("generation", .num w.gen), ("owner_id", .str w.owner), ("reason", reason w.reason),
    ("session_id", .num w.session), ("witness_id", .num w.id)]

def timeout (w : Timeout) : Json :=
  .obj [("issued_at_tick", .num w.issuedAt), ("site", .str w.site), ("until_tick", .num w.untilTick),
    ("witness_id", .num w.id)]

/-- The text of a Faulted status. -/
def faultText : Reason → String
  | .ownerDied o => String.join ["ownership owner `", o, "` died"]
  | .abandoned _ _ => "transfer abandoned"
  | .commitFailed _ _ w => String.append "ownership transfer commit failed: " w

def status : Status → Json
  | .active => .str "Active"
  | .draining => .str "Draining"
  | .closed => .str "Closed"
  | .cancelled => .str "Cancelled"
  | .faulted r => tagged "Faulted" (.obj [("reason", .str (faultText r))])

def artifact : Artifact → Json
  | .cap c => tagged "OwnershipCapability" (cap c)
  | .receipt r => tagged "OwnershipReceipt" (receipt r)
  | .readiness w => tagged "Readiness" (readiness w)
  | .cancellation w => tagged "Cancellation" (cancellation w)
  | .timeout w => tagged "Timeout" (timeout w)

def event : Event → String
  | .issued => "Issued"
  | .consumed => "Consumed"
  | .invalidated => "Invalidated"
  | .committed => "Committed"
  | .rolledBack => "RolledBack"
  | .rejected => "Rejected"
  | .expired => "Expired"

/-! Records are written without the detour by `Json`: no operation takes one, and most of an answer
is records. -/

def writeScope (out : String) : Scope → String
  | .session => out.append "\"Session\""
  | s => write out (scope s)

def writeCap (out : String) (c : Cap) : String :=
  let out := (out.append "{\"generation\":").append (Nat.repr c.gen)
  let out := (out.append ",\"owner_id\":").append c.owner.quote
  let out := writeScope (out.append ",\"scope\":") c.scope
  ((out.append ",\"session_id\":").append (Nat.repr c.session)).append "}"

def writeReceipt (out : String) (r : Receipt) : String :=
  let out := (out.append "{\"claim_id\":").append (Nat.repr r.claim)
  let out := (out.append ",\"from_generation\":").append (Nat.repr r.fromGen)
  let out := (out.append ",\"from_owner_id\":").append r.fromOwner.quote
  let out := writeScope (out.append ",\"scope\":") r.scope
  let out := (out.append ",\"session_id\":").append (Nat.repr r.session)
  let out := (out.append ",\"to_generation\":").append (Nat.repr r.toGen)
  ((out.append ",\"to_owner_id\":").append r.toOwner.quote).append "}"

def writeArtifact (out : String) : Artifact → String
  | .cap c => (writeCap (out.append "{\"OwnershipCapability\":") c).append "}"
  | .receipt r => (writeReceipt (out.append "{\"OwnershipReceipt\":") r).append "}"
  | rest => write out (artifact rest)

def writeRecord (out : String) (r : Record) : String :=
  let out := writeArtifact (out.append "{\"artifact\":") r.artifact
  let out := ((out.append ",\"event\":\"").append (event r.event)).append "\",\"reason\":"
  let out := match r.reason with
    | none => out.append "null"
    | some why => out.append why.quote
  let out := out.append ",\"tick\":"
  let out := match r.tick with
    | none => out.append "null"
    | some n => out.append (Nat.repr n)
  out.append "}"

def writeMore (out : String) : List Record → String
  | [] => out.append "]"
  | r :: rs => writeMore (writeRecord (out.append ",") r) rs

def writeRecords (out : String) : List Record → String
  | [] => out.append "[]"
  | r :: rs => writeMore (writeRecord (out.append "[") r) rs

def edge (e : Edge) : Json :=
  .obj [("receiver", .str e.receiver), ("sender", .str e.sender), ("sid", .num e.sid)]

def endpoint (sid : Nat) (role : String) : Json := .obj [("role", .str role), ("sid", .num sid)]

def sort : PayloadSort → Json
  | .unit => .str "Unit"
  | .nat => .str "Nat"
  | .bool => .str "Bool"
  | .string => .str "String"
  | .real => .str "Real"
  | .vector n => tagged "Vector" (.num n)
  | .prod a b => tagged "Prod" (.arr [sort a, sort b])

def valType : ValType → Json
  | .unit => .str "Unit"
  | .bool => .str "Bool"
  | .nat => .str "Nat"
  | .string => .str "String"
  | .prod a b => tagged "Prod" (.arr [valType a, valType b])
  | .chan sid role => tagged "Chan" (endpoint sid role)

def value : Value → Json
  | .unit => .str "Unit"
  | .nat n => tagged "Nat" (.num n)
  | .bool b => tagged "Bool" (.bool b)
  | .str s => tagged "Str" (.str s)
  | .prod a b => tagged "Prod" (.arr [value a, value b])
  | .endpoint sid role => tagged "Endpoint" (endpoint sid role)

mutual
def localType : LocalType → Json
  | .done => .str "End"
  | .send p bs => tagged "Send" (.obj [("branches", .arr (branches bs)), ("partner", .str p)])
  | .recv p bs => tagged "Recv" (.obj [("branches", .arr (branches bs)), ("partner", .str p)])
  | .mu v b => tagged "Mu" (.obj [("body", localType b), ("var", .str v)])
  | .var v => tagged "Var" (.str v)
def branches : Branches → List Json
  | .nil => []
  | .cons l v t rest =>
    .arr [.obj [("name", .str l.name), ("sort", sort l.sort)], ofOption valType v, localType t]
      :: branches rest
end

def nats (ns : List Nat) : Json := .arr (each .num ns)

def typeEntry (e : String × TypeState) : Json :=
  .obj [("current", localType e.2.current), ("original", localType e.2.original), ("role", .str e.1)]

def plan (p : Plan) : Json :=
  .obj [("active_branch_roles", .arr (each .str p.activeBranchRoles)),
    ("edge_blueprint", .arr (each edgeEntry p.edges)),
    ("initial_types", .arr (each typeEntry p.types)),
    ("role_ids", roleIds p.roleIds), ("roles", .arr (each .str p.roles))]
where
  edgeEntry (e : PlanEdge) : Json :=
    .arr [.arr [.num e.ids.1, .num e.ids.2], .str e.sender, .str e.receiver]
  roleIds (ids : List (String × Nat)) : Json := .dict (each (fun e => (e.1, .num e.2)) ids)

def summary (s : Summary) : Json :=
  .obj [("auth_leaf_count", .num s.authLeafCount), ("auth_root_count", .num s.authRootCount),
    ("auth_tree_count", .num s.authTreeCount), ("edge_count", .num s.edgeCount),
    ("edge_handler_count", .num s.edgeHandlerCount), ("epoch", .num s.epoch),
    ("local_type_entries", .num s.localTypeEntries), ("role_count", .num s.roleCount),
    ("sid", .num s.sid), ("status", status s.status)]

/-- The counters. The estimates in bytes are each implementation's own: here one byte for each
archived summary and nothing for the rest, which keeps the rules they are checked by. -/
def memory (m : MemoryUsage) : Json :=
  .obj [("archived_closed_sessions", .num m.archivedClosed),
    ("live_auth_leaf_count", .num m.leafCount), ("live_auth_root_count", .num m.rootCount),
    ("live_auth_tree_count", .num m.treeCount), ("live_buffer_count", .num m.bufferCount),
    ("live_buffered_messages", .num m.bufferedMessages), ("live_closed_sessions", .num m.liveClosed),
    ("live_edge_handler_count", .num m.edgeHandlerCount),
    ("live_local_type_entries", .num m.localTypeEntries), ("live_sessions", .num m.liveSessions),
    ("retained_bytes", .obj [("archived_closed", .num m.archivedClosed), ("auth", .num 0),
      ("buffers", .num 0), ("handlers", .num 0), ("live_sessions", .num 0), ("local_types", .num 0),
      ("total", .num m.archivedClosed), ("traces", .num 0)])]

def direction : Direction → String
  | .send => "Send"
  | .recv => "Recv"

def resolution (first : String) (r : Resolution) : Json :=
  .obj [(first, localType r.next), ("direction", .str (direction r.direction)),
    ("expected_type", ofOption valType r.expected), ("partner", .str r.partner)]

def state (s : Session) : Json :=
  let b := s.body
  let o := s.own
  let bufferEntry (e : (String × String) × Buffer) : Json :=
    .obj [("capacity", .num e.2.capacity), ("edge", edge ⟨o.sid, e.1.1, e.1.2⟩),
      ("len", .num (size e.2.queue))]
  let planEdge (e : PlanEdge) : Json :=
    .arr [.num e.ids.1, .num e.ids.2, .str e.sender, .str e.receiver]
  .obj [("audit_len", .num (size o.log)),
    ("auth", .obj [("leaves", .num b.leafCount), ("roots", .num b.treeCount),
      ("trees", .num b.treeCount)]),
    ("buffers", .arr (each bufferEntry b.buffers)),
    ("default_handler", .str b.defaultHandler),
    ("edge_handlers", .arr (each (fun (e : Edge × String) =>
      .obj [("edge", edge e.1), ("handler", .str e.2)]) b.edgeHandlers)),
    ("edge_traces", .arr (each (fun (e : Edge × List ValType) =>
      .obj [("edge", edge e.1), ("trace", .arr (each valType e.2))]) b.traces)),
    ("edges", .arr (each planEdge b.edges)),
    ("epoch", .num b.epoch),
    ("local_types", .arr (each typeEntry b.types)),
    ("ownership", .obj [("consumed_witnesses", nats o.consumed),
      ("current", ofOption cap o.owner),
      ("issued_readiness", .arr (each (fun (w : Nat × Readiness) => readiness w.2) o.issued)),
      ("next_claim_id", .num o.nextClaim), ("next_witness_id", .num o.nextWitness),
      ("pending_transfer", ofOption receipt o.pending),
      ("terminal_reason", ofOption reason o.terminal)]),
    ("role_ids", .dict (each (fun (e : String × Nat) => (e.1, .num e.2)) b.roleIds)),
    ("roles", .arr (each .str b.roles)),
    ("sid", .num o.sid),
    ("status", status o.status)]

def ownAnswer : OwnAnswer → Json
  | .null => .null
  | .cap c => cap c
  | .receipt r => receipt r
  | .readiness w => readiness w
  | .cancellation w => cancellation w

def enqueued : Body.Enqueue → Json
  | .ok => .str "Ok"
  | .wouldBlock => .str "WouldBlock"
  | .dropped => .str "Dropped"
  | .full => .str "Full"

/-- Records: a result that no operation takes, so a reference to it makes a step be skipped (but for
`decode_edge_json`, which refuses them). -/
def unusable : Json := .other "unusable"

/-- The result as later steps may refer to it. -/
def answer : Answer → Json
  | .own a => ownAnswer a
  | .null => .null
  | .nat n => .num n
  | .bool b => .bool b
  | .nats ns => nats ns
  | .text t => ofOption .str t
  | .capability c => ofOption cap c
  | .records none => .null
  | .records (some []) => .arr []
  | .records (some _) => unusable
  | .summaries ss => .arr (each summary ss)
  | .memory m => memory m
  | .plan p => plan p
  | .valTypes ts => ofOption (fun ts => .arr (each valType ts)) ts
  | .type t => ofOption localType t
  | .scoped t s => .arr [localType t, ofOption localType s]
  | .resolution r => ofOption (resolution "continuation") r
  | .stepped r => resolution "current" r
  | .enqueued e => enqueued e
  | .value v => ofOption value v
  | .state s => state s
  | .edge e => edge e
  | .timeout w => timeout w
  | .timeouts ws => .arr (each timeout ws)

def invalid : Invalid → String
  | .neverIssued => "witness was never issued"
  | .payloadMismatch => "witness payload mismatch"
  | .ownershipMoved => "live ownership no longer matches witness"

def counter : Counter → String
  | .generation => "generation"
  | .claimId => "claim_id"
  | .witnessId => "witness_id"

def texts (parts : List String) : Json := .str (String.join parts)

def errorOf (name : String) (fields : List (String × Json)) : Json := tagged name (.obj fields)

def failure : Failure → Json
  | .sessionNotFound n => errorOf "SessionNotFound" [("session_id", .num n)]
  | .alreadyClaimed n o => errorOf "AlreadyClaimed" [("current_owner_id", .str o), ("session_id", .num n)]
  | .unclaimed n => errorOf "Unclaimed" [("session_id", .num n)]
  | .stale n o e a => errorOf "StaleCapability" [("actual_generation", .num a),
      ("expected_generation", .num e), ("owner_id", .str o), ("session_id", .num n)]
  | .scopeViolation n o r a => errorOf "ScopeViolation" [("actual", scope a), ("owner_id", .str o),
      ("required", scope r), ("session_id", .num n)]
  | .transferPending n c => errorOf "TransferPending" [("claim_id", .num c), ("session_id", .num n)]
  | .notPending n => errorOf "TransferNotPending" [("session_id", .num n)]
  | .receiptMismatch n c => errorOf "ReceiptMismatch" [("claim_id", .num c), ("session_id", .num n)]
  | .invalidWitness n w why => errorOf "InvalidWitness" [("reason", .str (invalid why)),
      ("session_id", .num n), ("witness_id", .num w)]
  | .witnessConsumed n w => errorOf "WitnessConsumed" [("session_id", .num n), ("witness_id", .num w)]
  | .terminal n r => errorOf "Terminal" [("reason", reason r), ("session_id", .num n)]
  | .counterExhausted n c => errorOf "CounterExhausted" [("counter", .str (counter c)),
      ("session_id", .num n)]
  | .sessionClosed n => errorOf "SessionClosed" [("session_id", .num n)]
  | .foreignEdge n e => errorOf "ForeignEdge" [("edge", edge e), ("session_id", .num n)]
  | .noBranch sid role label => tagged "NoBranch" (.obj [("ep", endpoint sid role),
      ("label", .str label)])
  | .noSession sid => texts ["session ", Nat.repr sid, " not found"]
  | .noBuffer s r => texts ["no buffer for edge ", s, " → ", r]
  | .tooManyRoles n => texts ["too many roles: ", Nat.repr n]
  | .repeatedRole name => texts ["repeated role: ", name]
  | .sidUsed sid => texts ["session ", Nat.repr sid, " already used"]
  | .sidsExhausted => .str "session ids exhausted"
  | .clockBack now to => texts ["clock cannot go back from ", Nat.repr now, " to ", Nat.repr to]
  | .invalidEdge why => texts ["invalid edge json: ", why]
  | .missingSid => .str "missing sid in edge json"

/-- The result as text; `result` is it as later steps may refer to it. -/
def writeAnswer (out : String) (a : Answer) (result : Json) : String :=
  match a with
  | .records (some rs) => writeRecords out rs
  | _ => write out result

end Encode
end Telltale
