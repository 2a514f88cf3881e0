module

public import Telltale.Proofs.Steps

/-!
Proofs that follow the guards: what holds of every refusal, and of what comes after a guard once it has
passed, holds of the guarded operation. This costs Lean far less than to unfold the guards.
-/

@[expose] public section

namespace Telltale

/-- Every refusal leaves the property true, whatever it says and logs. -/
def OnRefusal (p : Turn → Prop) (s : Own) : Prop := ∀ e added, p (refuse s e added)

theorem pass_open {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {next : Turn}
    (hr : OnRefusal p s) (hn : s.terminal = none → p next) : p (gOpen k s given next) := by
  unfold gOpen
  split
  · exact hr _ _
  · next h => exact hn h

theorem pass_active {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {next : Turn}
    (hr : OnRefusal p s) (hn : k.serves s.status = true → p next) : p (gActive k s given next) := by
  unfold gActive
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_owned {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {next : Cap → Turn}
    (hr : OnRefusal p s) (hn : ∀ o, s.owner = some o → p (next o)) : p (gOwned k s given next) := by
  unfold gOwned
  split
  · next o h => exact hn o h
  · exact hr _ _

theorem pass_unowned {p : Turn → Prop} {s : Own} {next : Turn}
    (hr : OnRefusal p s) (hn : s.owner = none → p next) : p (gUnowned s next) := by
  unfold gUnowned
  split
  · exact hr _ _
  · next h => exact hn h

theorem pass_live {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {o c : Cap} {next : Turn}
    (hr : OnRefusal p s) (hn : c.owner = o.owner ∧ c.gen = o.gen → p next) : p (gLive k s given o c next) := by
  unfold gLive
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_named {p : Turn → Prop} {s : Own} {o : Cap} {owner : String} {next : Turn}
    (hr : OnRefusal p s) (hn : owner = o.owner → p next) : p (gNamed s o owner next) := by
  unfold gNamed
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_honest {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {o c : Cap}
    {next : Turn} (hr : OnRefusal p s) (hn : k.honest c.scope o.scope = true → p next) :
    p (gHonest k s given o c next) := by
  unfold gHonest
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_scope {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {o : Cap} {next : Turn}
    (hr : OnRefusal p s) (hn : o.scope = .session → p next) : p (gScope k s given o next) := by
  unfold gScope
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_idle {p : Turn → Prop} {s : Own} {next : Turn}
    (hr : OnRefusal p s) (hn : s.pending = none → p next) : p (gIdle s next) := by
  unfold gIdle
  split
  · exact hr _ _
  · next h => exact hn h

theorem pass_staged {p : Turn → Prop} {s : Own} {rejected : List Record} {next : Receipt → Turn}
    (hr : OnRefusal p s) (hn : ∀ r, s.pending = some r → p (next r)) : p (gStaged s rejected next) := by
  unfold gStaged
  split
  · next r h => exact hn r h
  · exact hr _ _

theorem pass_match {p : Turn → Prop} {s : Own} {q r : Receipt} {rejected : List Record} {next : Turn}
    (hr : OnRefusal p s) (hn : q = r → p next) : p (gMatch s q r rejected next) := by
  unfold gMatch
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_giver {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {o : Cap} {r : Receipt}
    {next : Turn} (hr : OnRefusal p s) (hn : o.owner = r.fromOwner ∧ o.gen = r.fromGen → p next) :
    p (gGiver k s given o r next) := by
  unfold gGiver
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_within {p : Turn → Prop} {may : Scope → Scope → Bool} {s : Own} {o : Cap} {new : Scope}
    {next : Turn} (hr : OnRefusal p s) (hn : may new o.scope = true → p next) : p (gWithin may s o new next) := by
  unfold gWithin
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_counter {p : Turn → Prop} {k : Contract} {s : Own} {given : Option Artifact} {which : Counter}
    {n : Nat} {next : Turn} (hr : OnRefusal p s) (hn : k.mayGive n = true → p next) :
    p (gCounter k s given which n next) := by
  unfold gCounter
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_ownEdge {p : Turn → Prop} {k : Contract} {s : Own} {m : Mutation} {next : Turn}
    (hr : OnRefusal p s) (hn : p next) : p (gOwnEdge k s m next) := by
  unfold gOwnEdge
  (repeat' split) <;> first | exact hn | exact hr _ _

theorem pass_unconsumed {p : Turn → Prop} {s : Own} {w : Readiness} {next : Turn}
    (hr : OnRefusal p s) (hn : p next) : p (gUnconsumed s w next) := by
  unfold gUnconsumed
  split
  · exact hr _ _
  · exact hn

theorem pass_issued {p : Turn → Prop} {s : Own} {c : Cap} {w : Readiness} {next : Readiness → Turn}
    (hr : OnRefusal p s) (hn : ∀ i, find w.id s.issued = some i → p (next i)) : p (gIssued s c w next) := by
  unfold gIssued
  split
  · next i h => exact hn i h
  · exact hr _ _

theorem pass_unchanged {p : Turn → Prop} {s : Own} {c : Cap} {i w : Readiness} {next : Turn}
    (hr : OnRefusal p s) (hn : i = w → p next) : p (gUnchanged s c i w next) := by
  unfold gUnchanged
  split
  · next h => exact hn h
  · exact hr _ _

theorem pass_bound {p : Turn → Prop} {s : Own} {c : Cap} {i w : Readiness} {next : Turn}
    (hr : OnRefusal p s) (hn : p next) : p (gBound s c i w next) := by
  unfold gBound
  split
  · exact hn
  · exact hr _ _

end Telltale
