module

public import Telltale.Ownership
public import Telltale.Sessions
public import Telltale.Advance
public import Telltale.Messages
public import Telltale.Timeouts
public import Telltale.Edges
public import Telltale.Reload

/-!
Every operation at a glance (contract §12), and one step of a store.
-/

@[expose] public section

namespace Telltale

/-- Every operation. `own` is any operation of `OwnOp`, on the session that its capability,
receipt or sid names; `openWith` is opening from a plan too, `send` and `recv` are the signed and the
verified ones too. -/
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
  | send (sid : Nat) (pair : String × String) (v : Value) (how : Signing) (number : Option Nat)
  | recv (how : Reception) (sid : Nat) (pair : String × String)
  | hasMessage (sid : Nat) (sender receiver : String)
  | observe (sid : Nat)
  | decodeEdge (raw : Option RawEdge) (hint : Option Nat)
  | issueTimeout (site : String) (untilTick : Nat)
  | advanceClock (tick : Nat)
  | runtimeLog
  | host (sid : Nat) (call : HostCall)
  | hasBoundHandler (sid : Nat)
  | reload
  | lifecycleState (event : Event)

namespace Store

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
  gFound st sid (unfound sid op) fun s =>
  let t := act k s.own op
  let own := { t.own with log := onto t.added t.own.log }
  match t.outcome with
  | .err e => ⟨.err e, st.set sid ⟨own, s.body⟩, t.added⟩
  | .ok a => ⟨.ok (.own a), st.set sid ⟨own, bodyAfter s.body op⟩, t.added⟩

def nonEmpty (h : String) : Option String := if h = "" then none else some h

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
  | .send sid pair v how number => st.send k sid pair v how number
  | .recv how sid pair => st.recv k how sid pair
  | .hasMessage sid sender receiver => st.reads sid fun s =>
      .bool (s.body.hasMessage (sender, receiver))
  | .observe sid => st.reads sid .state
  | .decodeEdge raw hint => st.decoded raw hint
  | .issueTimeout site untilTick => st.issueTimeout site untilTick
  | .advanceClock tick => st.advanceClock tick
  | .runtimeLog => st.says (.records (some (rev st.runtime.log)))
  | .host sid call => st.host k sid call
  | .hasBoundHandler sid => st.reads sid fun s => .bool s.body.hasBoundHandler
  | .reload => (st.reload k).says .null
  | .lifecycleState event => st.says (.lifecycle event)

/-- A sequence of operations. -/
def run (k : Contract) (st : Store) : List Op → Store
  | [] => st
  | op :: rest => run k (step k st op).store rest

end Telltale
