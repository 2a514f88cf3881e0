module

public import Telltale.Ownership

/-!
The rest of a session: host mutations and handlers (contract §4), closing (§5), its types (§7) and
its buffers (§8; signatures and hashes are left out, leaves are counted).
-/

@[expose] public section

namespace Telltale

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

namespace Body

/-! ### Host mutations and handlers -/

/-- The effect of a host mutation. A binding is stored under the edge as given, and binds the
role pair when both roles are listed, whatever the edge's sid says. -/
def mutate (b : Body) : Mutation → Body
  | .setDefaultHandler h => { b with defaultHandler := h }
  | .updateEdgeHandler e h =>
    let pairs :=
      if has e.sender b.roles && has e.receiver b.roles then
        put textPairLt (e.sender, e.receiver) h b.pairHandlers
      else b.pairHandlers
    { b with edgeHandlers := put edgeLt e h b.edgeHandlers, pairHandlers := pairs }
  | .updateTrace e ts => { b with traces := put edgeLt e ts b.traces }

/-! ### Types -/

def updateType (b : Body) (role : String) (t : LocalType) : Body :=
  match find role b.types with
  | some old => { b with types := put textLt role { old with current := t } b.types }
  | none => b

def updateOriginal (b : Body) (role : String) (t : LocalType) : Body :=
  match find role b.types with
  | some old => { b with types := put textLt role { old with original := t } b.types }
  | none => b

def removeType (b : Body) (role : String) : Body := { b with types := drop role b.types }

/-- One typed step: what the label leads to, its new current type, and the session after it. -/
def advance (k : Contract) (b : Body) (role label : String) : Option (Resolution × Body) :=
  match find role b.types with
  | none => none
  | some t => match resolve t.current label with
    | none => none
    | some r =>
      let (current, scope) := k.advancedType r.next t.original
      let original := match scope with
        | some o => o
        | none => t.original
      some ({ r with next := current }, { b with types := put textLt role ⟨current, original⟩ b.types })

/-! ### Messages -/

inductive Enqueue
  | ok
  | wouldBlock
  | dropped
  | full

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

/-! ### Closing -/

/-- Buffers and traces cleared, the epoch one up; the table of edges, types, handlers and leaves
stay. -/
def close (b : Body) : Body :=
  { b with buffers := [], traces := [], epoch := saturate b.epoch }

def leafCount (b : Body) : Nat := total (fun e => e.2) b.leaves 0
def treeCount (b : Body) : Nat := size b.leaves

end Body

/-- What is archived of a session. -/
def Session.summary (s : Session) : Summary :=
  { sid := s.own.sid, status := s.own.status, roleCount := size s.body.roles
    localTypeEntries := size s.body.types, edgeCount := size s.body.buffers
    edgeHandlerCount := size s.body.edgeHandlers, authLeafCount := s.body.leafCount
    authTreeCount := s.body.treeCount, authRootCount := s.body.treeCount, epoch := s.body.epoch }

end Telltale
