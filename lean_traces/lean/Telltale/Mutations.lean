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

namespace Body

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

end Body

end Telltale
