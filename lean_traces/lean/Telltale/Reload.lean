module

public import Telltale.Mutations

/-!
Writing the whole store and reading it back (contract §15), and the calls of the host that ask for no
capability (§16).
-/

@[expose] public section

namespace Telltale

namespace Body

/-- The handlers by role pair that the stored bindings give, in their order: of a pair the last. -/
def rebound (roles : List String) :
    List (Edge × String) → List ((String × String) × String) → List ((String × String) × String)
  | [], pairs => pairs
  | (e, h) :: rest, pairs => rebound roles rest (bound roles e h pairs)

/-- The edges that have a buffer. -/
def bufferedEdges (b : Body) : List PlanEdge := keep buffered b.edges
where
  buffered (e : PlanEdge) : Bool := match find (e.sender, e.receiver) b.buffers with
    | some _ => true
    | none => false

/-- A session as it is read back: the handlers by role pair are built anew. -/
def reload (k : Contract) (b : Body) : Body :=
  { b with edges := if k.reloadIsSeen then b.bufferedEdges else b.edges
           pairHandlers := rebound b.roles b.edgeHandlers [] }

def hasBoundHandler (b : Body) : Bool :=
  match b.defaultHandler, b.edgeHandlers with
  | "", [] => false
  | _, _ => true

end Body

namespace Store

def reload (k : Contract) (st : Store) : Store :=
  { st with sessions := each readBack st.sessions }
where
  readBack (s : Nat × Session) : Nat × Session := (s.1, ⟨s.2.own, s.2.body.reload k⟩)

/-- A host call on a session; nothing for an unknown one. -/
def host (k : Contract) (st : Store) (sid : Nat) (call : HostCall) : Step :=
  match st.session sid with
  | none => st.says .null
  | some s => match (hostCall k s.own).outcome with
    | .err e => st.fails e
    | .ok _ => (st.setBody sid s (s.body.mutate (call.mutation sid))).says .null

end Store

end Telltale
