module

public import Telltale.Session

/-!
The store: every operation at a glance (contract §12), opening, closing and reaping (§5), timeout
witnesses (§9) and edges from JSON (§10).
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

/-- Every operation. `own` is any operation of `OwnOp`, on the session that its capability,
receipt or sid names. -/
inductive Op
  | openNext (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
  | openWith (sid : Nat) (roles : List String) (types : List (String × LocalType))
      (config : BufferConfig)
  | own (sid : Nat) (op : OwnOp)
  | closedIds
  | reapClosed
  | reapSessions (sids : List Nat)
  | archived
  | activeCount
  | liveCount
  | sessionIds
  | nextSessionId
  | memoryUsage
  | plan (roles : List String) (types : List (String × LocalType))
  | currentOwnership (sid : Nat)
  | auditLog (sid : Nat)
  | lookupHandler (edge : Edge)
  | lookupTrace (edge : Edge)
  | defaultHandler (sid : Nat)
  | lookupType (sid : Nat) (role : String)
  | originalType (sid : Nat) (role : String)
  | updateType (sid : Nat) (role : String) (t : LocalType)
  | updateOriginal (sid : Nat) (role : String) (t : LocalType)
  | removeType (sid : Nat) (role : String)
  | branch (sid : Nat) (role label : String)
  | advance (sid : Nat) (role label : String)
  | unfoldMu (t : LocalType)
  | unfoldIfVar (cont original : LocalType)
  | unfoldIfVarWithScope (cont original : LocalType)
  | send (sid : Nat) (sender receiver : String) (v : Value)
  | recv (sid : Nat) (sender receiver : String)
  | hasMessage (sid : Nat) (sender receiver : String)
  | observe (sid : Nat)
  | decodeEdge (raw : Option RawEdge) (hint : Option Nat)
  | issueTimeout (site : String) (untilTick : Nat)
  | advanceClock (tick : Nat)
  | runtimeLog

structure MemoryUsage where
  liveSessions : Nat
  liveClosed : Nat
  archivedClosed : Nat
  localTypeEntries : Nat
  bufferCount : Nat
  bufferedMessages : Nat
  edgeHandlerCount : Nat
  leafCount : Nat
  treeCount : Nat
  rootCount : Nat

/-- What an operation gives back when it succeeds. -/
inductive Answer
  | own (a : OwnAnswer)
  | null
  | nat (n : Nat)
  | bool (b : Bool)
  | nats (ns : List Nat)
  | text (t : Option String)
  | capability (c : Option Cap)
  | records (log : Option (List Record))
  | summaries (ss : List Summary)
  | memory (m : MemoryUsage)
  | plan (p : Plan)
  | valTypes (ts : Option (List ValType))
  | type (t : Option LocalType)
  | scoped (t : LocalType) (scope : Option LocalType)
  | resolution (r : Option Resolution)
  | stepped (r : Resolution)
  | enqueued (e : Body.Enqueue)
  | value (v : Option Value)
  | state (s : Session)
  | edge (e : Edge)
  | timeout (w : Timeout)
  | timeouts (ws : List Timeout)

inductive Outcome
  | ok (a : Answer)
  | err (e : Failure)

/-- One step: the outcome, the store after it, and the records it added to the log of the session
that it names, oldest first. -/
structure Step where
  outcome : Outcome
  store : Store
  added : List Record

namespace Store

def session (st : Store) (sid : Nat) : Option Session := find sid st.sessions

def set (st : Store) (sid : Nat) (s : Session) : Store :=
  { st with sessions := put natLt sid s st.sessions }

/-- The store with the body of a live session changed. -/
def setBody (st : Store) (sid : Nat) (s : Session) (b : Body) : Store :=
  st.set sid { s with body := b }

/-- An answer that changes nothing. -/
def says (st : Store) (a : Answer) : Step := ⟨.ok a, st, []⟩

/-- An error that changes nothing. -/
def fails (st : Store) (e : Failure) : Step := ⟨.err e, st, []⟩

/-! ### Ownership operations -/

/-- What a successful operation changes outside the ownership. -/
def bodyAfter (b : Body) : OwnOp → Body
  | .mutate _ m => b.mutate m
  | .close => b.close
  | _ => b

def unfound (sid : Nat) : OwnOp → Failure
  | .close => .noSession sid
  | _ => .sessionNotFound sid

/-- An ownership operation on the session that it names (G-found). -/
def own (k : Contract) (st : Store) (sid : Nat) (op : OwnOp) : Step :=
  match st.session sid with
  | none => st.fails (unfound sid op)
  | some s =>
    let t := act k s.own op
    let own := { t.own with log := onto t.added t.own.log }
    match t.outcome with
    | .err e => ⟨.err e, st.set sid ⟨own, s.body⟩, t.added⟩
    | .ok a => ⟨.ok (.own a), st.set sid ⟨own, bodyAfter s.body op⟩, t.added⟩

/-! ### Opening -/

/-- The most roles of a session. -/
def maxRoles : Nat := 65536

/-- Why those roles cannot be opened or planned. -/
def refusedRoles (k : Contract) (roles : List String) : Option Failure :=
  if maxRoles < size roles then some (.tooManyRoles (size roles))
  else match k.repeatedRole roles with
    | some r => some (.repeatedRole r)
    | none => none

/-- A session opened under `sid`, in place of any live one. -/
def start (k : Contract) (st : Store) (sid next : Nat) (roles : List String)
    (types : List (String × LocalType)) (config : BufferConfig) : Step :=
  let s := Session.start sid (makePlan k.openedType roles types) config
  ⟨.ok (.nat sid),
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

/-! ### Reaping and counting -/

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

/-! ### Timeout witnesses -/

def issueTimeout (st : Store) (site : String) (untilTick : Nat) : Step :=
  let r := st.runtime
  let w : Timeout := ⟨r.nextTimeout, site, r.clock, untilTick⟩
  let issued : Record := ⟨some r.clock, .timeout w, .issued, none⟩
  let log := match find site r.sites with
    | some old =>
      issued :: ⟨some r.clock, .timeout old, .invalidated,
        some "replaced by newer timeout witness"⟩ :: r.log
    | none => issued :: r.log
  let r' : Runtime :=
    ⟨r.clock, saturate r.nextTimeout, put textLt site w r.sites, log⟩
  ⟨.ok (.timeout w), { st with runtime := r' }, []⟩

/-- The witnesses that expire by that tick, in the order of their sites. -/
def expiring (tick : Nat) (sites : List (String × Timeout)) : List (String × Timeout) :=
  keep (fun s => decide (s.2.untilTick ≤ tick)) sites

def expiry (tick : Nat) (s : String × Timeout) : Record :=
  ⟨some tick, .timeout s.2, .expired, some "timeout horizon elapsed"⟩

def advanceClock (st : Store) (tick : Nat) : Step :=
  let r := st.runtime
  if tick < r.clock then st.fails (.clockBack r.clock tick)
  else
    let gone := expiring tick r.sites
    let stay := keep (fun s => decide (tick < s.2.untilTick)) r.sites
    let log := onto (each (expiry tick) gone) r.log
    ⟨.ok (.timeouts (each (fun s => s.2) gone)),
      { st with runtime := ⟨tick, r.nextTimeout, stay, log⟩ }, []⟩

/-! ### Types, messages, reading -/

def typeOf (st : Store) (sid : Nat) (role : String) : Option TypeState :=
  match st.session sid with
  | none => none
  | some s => find role s.body.types

/-- The store with a session's body changed, or as it is for an unknown session. -/
def onBody (st : Store) (sid : Nat) (f : Body → Body) : Step :=
  match st.session sid with
  | none => st.says .null
  | some s => (st.setBody sid s (f s.body)).says .null

def advance (k : Contract) (st : Store) (sid : Nat) (role label : String) : Step :=
  match st.session sid with
  | none => st.fails (.noBranch sid role label)
  | some s => match s.body.advance k role label with
    | none => st.fails (.noBranch sid role label)
    | some (r, b) => (st.setBody sid s b).says (.stepped r)

def send (k : Contract) (st : Store) (sid : Nat) (sender receiver : String) (v : Value) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s => match s.body.send k (sender, receiver) v with
    | none => st.fails (.noBuffer sender receiver)
    | some (e, b) => (st.setBody sid s b).says (.enqueued e)

def recv (st : Store) (sid : Nat) (sender receiver : String) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s =>
    let (v, b) := s.body.recv (sender, receiver)
    (st.setBody sid s b).says (.value v)

/-- A reading of a live session. -/
def reads (st : Store) (sid : Nat) (f : Session → Answer) : Step :=
  match st.session sid with
  | none => st.fails (.noSession sid)
  | some s => st.says (f s)

/-- A reading that is null for an unknown session. -/
def looks (st : Store) (sid : Nat) (unknown : Answer) (f : Session → Answer) : Step :=
  match st.session sid with
  | none => st.says unknown
  | some s => st.says (f s)

def branchOf (s : Option TypeState) (label : String) : Option Resolution :=
  match s with
  | none => none
  | some t => resolve t.current label

def nonEmpty (h : String) : Option String := if h = "" then none else some h

def planned (k : Contract) (st : Store) (roles : List String) (types : List (String × LocalType)) :
    Step :=
  match refusedRoles k roles with
  | some e => st.fails e
  | none => st.says (.plan (makePlan k.openedType roles types))

def decoded (st : Store) (raw : Option RawEdge) (hint : Option Nat) : Step :=
  match Telltale.decodeEdge raw hint with
  | .ok e => st.says (.edge e)
  | .error e => st.fails e

end Store

/-- The contract: one operation on a store. -/
def step (k : Contract) (st : Store) : Op → Step
  | .openNext roles types config => st.openNext k roles types config
  | .openWith sid roles types config => st.openWith k sid roles types config
  | .own sid op => st.own k sid op
  | .closedIds => st.says (.nats (Store.idsWhere Store.ended st.sessions))
  | .reapClosed => st.reaped (Store.idsWhere Store.ended st.sessions)
  | .reapSessions sids => st.reaped sids
  | .archived => st.says (.summaries (rev st.archive))
  | .activeCount => st.says (.nat (size (Store.idsWhere Store.isActive st.sessions)))
  | .liveCount => st.says (.nat (size st.sessions))
  | .sessionIds => st.says (.nats (each (fun s => s.1) st.sessions))
  | .nextSessionId => st.says (.nat st.nextSid)
  | .memoryUsage => st.says (.memory st.memory)
  | .plan roles types => st.planned k roles types
  | .currentOwnership sid => st.looks sid (.capability none) fun s => .capability s.own.owner
  | .auditLog sid => st.looks sid (.records none) fun s => .records (some (rev s.own.log))
  | .lookupHandler e => st.looks e.sid (.text none) fun s =>
      .text (find (e.sender, e.receiver) s.body.pairHandlers)
  | .lookupTrace e => st.looks e.sid (.valTypes none) fun s => .valTypes (find e s.body.traces)
  | .defaultHandler sid => st.looks sid (.text none) fun s =>
      .text (Store.nonEmpty s.body.defaultHandler)
  | .lookupType sid role => st.says (.type (match st.typeOf sid role with
      | some t => some t.current
      | none => none))
  | .originalType sid role => st.says (.type (match st.typeOf sid role with
      | some t => some t.original
      | none => none))
  | .updateType sid role t => st.onBody sid fun b => b.updateType role t
  | .updateOriginal sid role t => st.onBody sid fun b => b.updateOriginal role t
  | .removeType sid role => st.onBody sid fun b => b.removeType role
  | .branch sid role label => st.says (.resolution (Store.branchOf (st.typeOf sid role) label))
  | .advance sid role label => st.advance k sid role label
  | .unfoldMu t => st.says (.type (some (unfoldMu t)))
  | .unfoldIfVar cont original => st.says (.type (some (unfoldIfVar cont original)))
  | .unfoldIfVarWithScope cont original =>
      let (t, scope) := unfoldIfVarWithScope cont original
      st.says (.scoped t scope)
  | .send sid sender receiver v => st.send k sid sender receiver v
  | .recv sid sender receiver => st.recv sid sender receiver
  | .hasMessage sid sender receiver => st.reads sid fun s =>
      .bool (s.body.hasMessage (sender, receiver))
  | .observe sid => st.reads sid .state
  | .decodeEdge raw hint => st.decoded raw hint
  | .issueTimeout site untilTick => st.issueTimeout site untilTick
  | .advanceClock tick => st.advanceClock tick
  | .runtimeLog => st.says (.records (some (rev st.runtime.log)))

/-- A sequence of operations. -/
def run (k : Contract) (st : Store) : List Op → Store
  | [] => st
  | op :: rest => run k (step k st op).store rest

end Telltale
