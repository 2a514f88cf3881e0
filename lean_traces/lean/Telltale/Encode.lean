module

public import Telltale.Operations

/-!
Outcomes and records as JSON text, in the shapes of the wire formats, and the texts of errors. Each
definition is named after what it writes, with its fields in alphabetical order.

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

def record (r : Record) : String :=
  join ["{\"artifact\":", artifact r.artifact, ",\"event\":\"", event r.event,
    "\",\"reason\":", ofOption String.quote r.reason, ",\"tick\":", ofOption Nat.repr r.tick, "}"]

def records (rs : List Record) : String := arrayOf record rs

/-! ### Local types, messages -/

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

mutual
def localType : LocalType → String
  | .done => "\"End\""
  | .send p bs => join ["{\"Send\":{\"branches\":", array (branches bs), ",\"partner\":", p.quote, "}}"]
  | .recv p bs => join ["{\"Recv\":{\"branches\":", array (branches bs), ",\"partner\":", p.quote, "}}"]
  | .mu v b => join ["{\"Mu\":{\"body\":", localType b, ",\"var\":", v.quote, "}}"]
  | .var v => join ["{\"Var\":", v.quote, "}"]
def branches : Branches → List String
  | .nil => []
  | .cons l v t rest =>
    join ["[{\"name\":", l.name.quote, ",\"sort\":", sort l.sort, "},", ofOption valType v, ",",
      localType t, "]"] :: branches rest
end

def direction : Direction → String
  | .send => "Send"
  | .recv => "Recv"

/-- With the name of the field of what follows, which is the first by name in either use. -/
def resolution (next : String) (r : Resolution) : String :=
  join ["{\"", next, "\":", localType r.next, ",\"direction\":\"", direction r.direction,
    "\",\"expected_type\":", ofOption valType r.expected, ",\"partner\":", r.partner.quote, "}"]

def enqueued : Body.Enqueue → String
  | .ok => "\"Ok\""
  | .wouldBlock => "\"WouldBlock\""
  | .dropped => "\"Dropped\""
  | .full => "\"Full\""

/-! ### Sessions -/

def nats (ns : List Nat) : String := arrayOf Nat.repr ns

def names (ns : List String) : String := arrayOf String.quote ns

def roleId (e : String × Nat) : String := join [e.1.quote, ":", Nat.repr e.2]

def roleIds (ids : List (String × Nat)) : String :=
  join ["{", String.intercalate "," (each roleId ids), "}"]

def typeEntry (e : String × TypeState) : String :=
  join ["{\"current\":", localType e.2.current, ",\"original\":", localType e.2.original,
    ",\"role\":", e.1.quote, "}"]

def plan (p : Plan) : String :=
  join ["{\"active_branch_roles\":", names p.activeBranchRoles,
    ",\"edge_blueprint\":", arrayOf planned p.edges,
    ",\"initial_types\":", arrayOf typeEntry p.types,
    ",\"role_ids\":", roleIds p.roleIds, ",\"roles\":", names p.roles, "}"]
where
  planned (e : PlanEdge) : String :=
    join ["[[", Nat.repr e.ids.1, ",", Nat.repr e.ids.2, "],", e.sender.quote, ",",
      e.receiver.quote, "]"]

def summary (s : Summary) : String :=
  join ["{\"auth_leaf_count\":", Nat.repr s.authLeafCount,
    ",\"auth_root_count\":", Nat.repr s.authRootCount,
    ",\"auth_tree_count\":", Nat.repr s.authTreeCount, ",\"edge_count\":", Nat.repr s.edgeCount,
    ",\"edge_handler_count\":", Nat.repr s.edgeHandlerCount, ",\"epoch\":", Nat.repr s.epoch,
    ",\"local_type_entries\":", Nat.repr s.localTypeEntries,
    ",\"role_count\":", Nat.repr s.roleCount, ",\"sid\":", Nat.repr s.sid,
    ",\"status\":", status s.status, "}"]

/-- The counters. The estimates in bytes are each implementation's own: here one byte for each
archived summary and nothing for the rest, which keeps the rules they are checked by. -/
def memory (m : MemoryUsage) : String :=
  let archived := Nat.repr m.archivedClosed
  join ["{\"archived_closed_sessions\":", archived,
    ",\"live_auth_leaf_count\":", Nat.repr m.leafCount,
    ",\"live_auth_root_count\":", Nat.repr m.rootCount,
    ",\"live_auth_tree_count\":", Nat.repr m.treeCount,
    ",\"live_buffer_count\":", Nat.repr m.bufferCount,
    ",\"live_buffered_messages\":", Nat.repr m.bufferedMessages,
    ",\"live_closed_sessions\":", Nat.repr m.liveClosed,
    ",\"live_edge_handler_count\":", Nat.repr m.edgeHandlerCount,
    ",\"live_local_type_entries\":", Nat.repr m.localTypeEntries,
    ",\"live_sessions\":", Nat.repr m.liveSessions,
    ",\"retained_bytes\":{\"archived_closed\":", archived, ",\"auth\":0,\"buffers\":0,",
    "\"handlers\":0,\"live_sessions\":0,\"local_types\":0,\"total\":", archived, ",\"traces\":0}}"]

def ownership (o : Own) : String :=
  join ["{\"consumed_witnesses\":", nats o.consumed, ",\"current\":", ofOption cap o.owner,
    ",\"issued_readiness\":", arrayOf issued o.issued,
    ",\"next_claim_id\":", Nat.repr (shown o.nextClaim),
    ",\"next_witness_id\":", Nat.repr (shown o.nextWitness),
    ",\"pending_transfer\":", ofOption receipt o.pending,
    ",\"terminal_reason\":", ofOption reason o.terminal, "}"]
where
  issued (w : Nat × Readiness) : String := readiness w.2
  /-- H2: a counter that is used up has passed the bound, and a number on the wire does not. -/
  shown (counter : Nat) : Nat := Nat.min counter top

def buffer (sid : Nat) (e : (String × String) × Buffer) : String :=
  join ["{\"capacity\":", Nat.repr e.2.capacity, ",\"edge\":", edge ⟨sid, e.1.1, e.1.2⟩,
    ",\"len\":", Nat.repr (size e.2.queue), "}"]

def sessionEdge (e : PlanEdge) : String :=
  join ["[", Nat.repr e.ids.1, ",", Nat.repr e.ids.2, ",", e.sender.quote, ",", e.receiver.quote, "]"]

def handler (e : Edge × String) : String :=
  join ["{\"edge\":", edge e.1, ",\"handler\":", e.2.quote, "}"]

def trace (e : Edge × List ValType) : String :=
  join ["{\"edge\":", edge e.1, ",\"trace\":", arrayOf valType e.2, "}"]

def state (s : Session) : String :=
  let b := s.body
  let o := s.own
  let trees := Nat.repr b.treeCount
  join ["{\"audit_len\":", Nat.repr (size o.log), ",\"auth\":{\"leaves\":", Nat.repr b.leafCount,
    ",\"roots\":", trees, ",\"trees\":", trees, "},\"buffers\":", arrayOf (buffer o.sid) b.buffers,
    ",\"default_handler\":", b.defaultHandler.quote,
    ",\"edge_handlers\":", arrayOf handler b.edgeHandlers,
    ",\"edge_traces\":", arrayOf trace b.traces,
    ",\"edges\":", arrayOf sessionEdge b.edges, ",\"epoch\":", Nat.repr b.epoch,
    ",\"local_types\":", arrayOf typeEntry b.types, ",\"ownership\":", ownership o,
    ",\"role_ids\":", roleIds b.roleIds, ",\"roles\":", names b.roles,
    ",\"sid\":", Nat.repr o.sid, ",\"status\":", status o.status, "}"]

/-! ### Answers -/

def ownAnswer : OwnAnswer → String
  | .null => "null"
  | .cap c => cap c
  | .receipt r => receipt r
  | .readiness w => readiness w
  | .cancellation w => cancellation w

def answer : Answer → String
  | .own a => ownAnswer a
  | .null => "null"
  | .nat n => Nat.repr n
  | .bool b => truth b
  | .nats ns => nats ns
  | .text t => ofOption String.quote t
  | .capability c => ofOption cap c
  | .records rs => ofOption records rs
  | .summaries ss => arrayOf summary ss
  | .memory m => memory m
  | .plan p => plan p
  | .valTypes ts => ofOption (arrayOf valType) ts
  | .type t => ofOption localType t
  | .scoped t s => join ["[", localType t, ",", ofOption localType s, "]"]
  | .resolution r => ofOption (resolution "continuation") r
  | .stepped r => resolution "current" r
  | .enqueued e => enqueued e
  | .value v => ofOption value v
  | .state s => state s
  | .edge e => edge e
  | .timeout w => timeout w
  | .timeouts ws => arrayOf timeout ws

/-! ### Failures -/

def invalid : Invalid → String
  | .neverIssued => "witness was never issued"
  | .payloadMismatch => "witness payload mismatch"
  | .ownershipMoved => "live ownership no longer matches witness"

def counter : Counter → String
  | .generation => "generation"
  | .claimId => "claim_id"
  | .witnessId => "witness_id"

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
  | .tooManyRoles n => text ["too many roles: ", Nat.repr n]
  | .repeatedRole name => text ["repeated role: ", name]
  | .sidUsed sid => text ["session ", Nat.repr sid, " already used"]
  | .sidsExhausted => "\"session ids exhausted\""
  | .clockBack now to => text ["clock cannot go back from ", Nat.repr now, " to ", Nat.repr to]
  | .invalidEdge why => text ["invalid edge json: ", why]
  | .missingSid => "\"missing sid in edge json\""

/-- The line that answers a step. -/
def line (outcome : Outcome) (added : List Record) : String :=
  match outcome with
  | .ok a => join ["{\"ok\":", answer a, ",\"audit\":", records added, "}\n"]
  | .err e => join ["{\"err\":", failure e, ",\"audit\":", records added, "}\n"]

end Encode
end Telltale
