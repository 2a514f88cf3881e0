module

public import Telltale.Contract
public import Telltale.Step

/-!
Opening, closing and reaping sessions, and what is counted over them (contract §5).
-/

@[expose] public section

namespace Telltale

/-! ### Opening -/

/-- Empty buffers for the edges of the blueprint. -/
def openBuffers (config : BufferConfig) :
    List PlanEdge → List ((String × String) × Buffer) → List ((String × String) × Buffer)
  | [], acc => acc
  | e :: es, acc =>
    openBuffers config es (put textPairLt (e.sender, e.receiver) (Buffer.empty config) acc)

/-- A table of the types by role; of a repeated role there is one entry. -/
def typeTable : List (String × TypeState) → List (String × TypeState) → List (String × TypeState)
  | [], acc => acc
  | (r, t) :: rest, acc => typeTable rest (put textLt r t acc)

/-- The session that an open plan starts. -/
def Session.start (sid : Nat) (plan : Plan) (config : BufferConfig) : Session :=
  { own := Own.fresh sid plan.roles
    body :=
      { epoch := 0, roles := plan.roles, roleIds := plan.roleIds, edges := plan.edges
        types := typeTable plan.types [], buffers := openBuffers config plan.edges []
        edgeHandlers := [], pairHandlers := [], defaultHandler := "default_handler"
        traces := [], leaves := [] } }

namespace Store

/-- How many roles a session may have, and how many messages a buffer at its opening (§18). -/
def limit : Nat := 65536

/-- Why those roles cannot be opened or planned. -/
def refusedRoles (k : Contract) (roles : List String) : Option Failure :=
  if limit < size roles then some (.beyond .roles)
  else match k.repeatedRole roles with
    | some r => some (.repeatedRole r)
    | none => none

/-- Whether the buffers of that many edges would be larger than they may be. -/
def isTooLarge (config : BufferConfig) (edges : List PlanEdge) : Bool :=
  match edges with
  | [] => false
  | _ :: _ => natLt limit config.capacity

/-- A session opened under `sid`, in place of any live one. -/
def start (k : Contract) (st : Store) (sid next : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) : Step :=
  let s := Session.start sid (makePlan k.openedType roles types) config
  if isTooLarge config s.body.edges then st.fails (.beyond .capacity)
  else ⟨.ok (.nat sid),
    { st.set sid s with nextSid := next, exhausted := st.exhausted || decide (sid = top) }, []⟩

/-- A session opened under `sid` when the roles can be planned. -/
def openAs (k : Contract) (st : Store) (sid next : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) : Step :=
  match refusedRoles k roles with
  | some e => st.fails e
  | none => start k st sid next roles types config

def openNext (k : Contract) (st : Store) (roles : List String) (types : List (String × LocalType))
    (config : BufferConfig) : Step :=
  if k.mayOpen st then openAs k st st.nextSid (saturate st.nextSid) roles types config
  else st.fails .sidsExhausted

def openWith (k : Contract) (st : Store) (sid : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) : Step :=
  if k.mayOpenWith st sid then
    openAs k st sid (Nat.max st.nextSid (saturate sid)) roles types config
  else st.fails (.sidUsed sid)

def planned (k : Contract) (st : Store) (roles : List String) (types : List (String × LocalType)) :
    Step :=
  match refusedRoles k roles with
  | some e => st.fails e
  | none => st.says (.plan (makePlan k.openedType roles types))

end Store

/-! ### Closing -/

namespace Body

/-- Buffers and traces cleared, the epoch one up; the table of edges, types, handlers and leaves
stay. -/
def close (b : Body) : Body :=
  { b with buffers := [], traces := [], epoch := saturate b.epoch }

def leafCount (b : Body) : Nat := total (fun e => e.2) b.leaves 0
def treeCount (b : Body) : Nat := size b.leaves

end Body

/-! ### Reaping and counting -/

/-- What is archived of a session. -/
def Session.summary (s : Session) : Summary :=
  { sid := s.own.sid, status := s.own.status, roleCount := size s.body.roles
    localTypeEntries := size s.body.types, edgeCount := size s.body.buffers
    edgeHandlerCount := size s.body.edgeHandlers, authLeafCount := s.body.leafCount
    authTreeCount := s.body.treeCount, authRootCount := s.body.treeCount, epoch := s.body.epoch }

namespace Store

/-- Closed, Cancelled or Faulted. -/
def ended : Status → Bool
  | .closed => true
  | .cancelled => true
  | .faulted _ => true
  | _ => false

def isActive : Status → Bool
  | .active => true
  | _ => false

def idsWhere (p : Status → Bool) (sessions : List (Nat × Session)) : List Nat :=
  each (fun s => s.1) (keep (fun s => p s.2.own.status) sessions)

/-- The sessions of the list reaped in its order; `acc` has the summaries so far, latest first. -/
def reap (st : Store) : List Nat → List Summary → Store × List Summary
  | [], acc => (st, acc)
  | sid :: rest, acc => match st.session sid with
    | none => reap st rest acc
    | some s => match ended s.own.status with
      | false => reap st rest acc
      | true =>
        reap { st with sessions := drop sid st.sessions, archive := s.summary :: st.archive }
          rest (s.summary :: acc)

def reaped (st : Store) (sids : List Nat) : Step :=
  let (st', acc) := st.reap sids []
  ⟨.ok (.summaries (rev acc)), st', []⟩

def memory (st : Store) : MemoryUsage :=
  let count (f : Session → Nat) : Nat := total (fun s => f s.2) st.sessions 0
  { liveSessions := size st.sessions
    liveClosed := size (idsWhere ended st.sessions)
    archivedClosed := size st.archive
    localTypeEntries := count (fun s => size s.body.types)
    bufferCount := count (fun s => size s.body.buffers)
    bufferedMessages := count (fun s => total (fun b => size b.2.queue) s.body.buffers 0)
    edgeHandlerCount := count (fun s => size s.body.edgeHandlers)
    leafCount := count (fun s => s.body.leafCount)
    treeCount := count (fun s => s.body.treeCount)
    rootCount := count (fun s => s.body.treeCount) }

end Store

end Telltale
