module

public import Telltale.Guards

/-!
Host mutations and handlers (contract §2 and §4): the guards, and what a mutation changes.
-/

@[expose] public section

namespace Telltale

/-- `apply_owned_session_mutation`: its guards; what it changes is below. -/
def mutate (k : Contract) (s : Own) (c : Cap) (m : Mutation) : Turn :=
  gOpen k s none <| gActive k s none <| gOwned k s none fun o => gLive k s none o c <|
  gHonest k s none o c <| gScope k s none o <| gOwnEdge k s m <|
  done s .null []

/-- A host call: its guards (H20); what it changes is below. -/
def hostCall (k : Contract) (s : Own) : Turn :=
  if k.guardsHostCalls then
    gOpen k s none <| gActive k s none <| gUnowned s <|
    done s .null []
  else done s .null []

namespace Body

/-- A handler bound for the role pair of an edge when both roles are listed. -/
def bound (roles : List String) (e : Edge) (h : String) (pairs : List ((String × String) × String)) :
    List ((String × String) × String) :=
  if has e.sender roles && has e.receiver roles then put textPairLt (e.sender, e.receiver) h pairs
  else pairs

/-- The effect of a host mutation. A binding is stored under the edge as given, and binds the
role pair when both roles are listed, whatever the edge's sid says. -/
def mutate (b : Body) : Mutation → Body
  | .setDefaultHandler h => { b with defaultHandler := h }
  | .updateEdgeHandler e h =>
    { b with edgeHandlers := put edgeLt e h b.edgeHandlers
             pairHandlers := bound b.roles e h b.pairHandlers }
  | .updateTrace e ts => { b with traces := put edgeLt e ts b.traces }

end Body

end Telltale
