module

public import Telltale.Contract
public import Telltale.Step

/-!
Local types in a live session: look-up, update, and the typed step (contract §7).
-/

@[expose] public section

namespace Telltale

namespace Body

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

end Body

namespace Store

def typeOf (st : Store) (sid : Nat) (role : String) : Option TypeState :=
  match st.session sid with
  | none => none
  | some s => find role s.body.types

def advance (k : Contract) (st : Store) (sid : Nat) (role label : String) : Step :=
  match st.session sid with
  | none => st.fails (.noBranch sid role label)
  | some s => match s.body.advance k role label with
    | none => st.fails (.noBranch sid role label)
    | some (r, b) => (st.setBody sid s b).says (.stepped r)

def branchOf (s : Option TypeState) (label : String) : Option Resolution :=
  match s with
  | none => none
  | some t => resolve t.current label

end Store

end Telltale
