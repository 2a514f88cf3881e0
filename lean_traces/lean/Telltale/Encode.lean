module

public import Telltale.Operations

/-!
Local types, sessions and answers as JSON text, and the line that answers a step.
-/

@[expose] public section

namespace Telltale
namespace Encode

/-! ### Local types -/

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
  | .received r => received r
  | .state s => state s
  | .edge e => edge e
  | .timeout w => timeout w
  | .timeouts ws => arrayOf timeout ws
  | .lifecycle e => lifecycle e

/-- The line that answers a step. -/
def line (outcome : Outcome) (added : List Record) : String :=
  match outcome with
  | .ok a => join ["{\"ok\":", answer a, ",\"audit\":", records added, "}\n"]
  | .err e => join ["{\"err\":", failure e, ",\"audit\":", records added, "}\n"]

end Encode
end Telltale
