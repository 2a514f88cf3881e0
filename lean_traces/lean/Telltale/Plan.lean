module

public import Telltale.Types

/-!
The open plan and its edge blueprint (contract §6).
-/

@[expose] public section

namespace Telltale

mutual
/-- Every send (to) and receive (from) of the type, through Mu and all branches. A node without
branches counts. -/
def LocalType.mentions : LocalType → List (Direction × String)
  | .done => []
  | .send p bs => (.send, p) :: bs.mentions
  | .recv p bs => (.recv, p) :: bs.mentions
  | .mu _ b => b.mentions
  | .var _ => []
def Branches.mentions : Branches → List (Direction × String)
  | .nil => []
  | .cons _ _ t rest => cat t.mentions rest.mentions
end

/-- An edge of the blueprint: the ids (sender first), then the names. -/
structure PlanEdge where
  ids : Nat × Nat
  sender : String
  receiver : String
  deriving DecidableEq

def planEdgeLt (a b : PlanEdge) : Bool := pairLt a.ids b.ids

structure TypeState where
  current : LocalType
  original : LocalType

structure Plan where
  roles : List String
  roleIds : List (String × Nat)
  types : List (String × TypeState)
  edges : List PlanEdge
  activeBranchRoles : List String

/-- Name to index, of a repeated name the last, by name. -/
def roleIdsFrom : List String → Nat → List (String × Nat) → List (String × Nat)
  | [], _, acc => acc
  | r :: rs, n, acc => roleIdsFrom rs (n + 1) (put textLt r n acc)

def roleIds (roles : List String) : List (String × Nat) := roleIdsFrom roles 0 []

/-- The edge that a mention by `role` (with id `i`) asks for: none for an unlisted partner or
for itself. -/
def edgeOf (ids : List (String × Nat)) (role : String) (i : Nat) (d : Direction) (partner : String) :
    Option PlanEdge :=
  match find partner ids with
  | none => none
  | some j =>
    if i = j then none
    else match d with
      | .send => some ⟨(i, j), role, partner⟩
      | .recv => some ⟨(j, i), partner, role⟩

/-- The edges of one role's mentions, put into the set. -/
def edgesOfRole (ids : List (String × Nat)) (role : String) (i : Nat) :
    List (Direction × String) → List PlanEdge → List PlanEdge
  | [], acc => acc
  | (d, p) :: rest, acc =>
    match edgeOf ids role i d p with
    | some e => edgesOfRole ids role i rest (insert planEdgeLt e acc)
    | none => edgesOfRole ids role i rest acc

/-- The edges of all listed roles. -/
def edgesOfRoles (ids : List (String × Nat)) (types : List (String × LocalType)) :
    List String → List PlanEdge → List PlanEdge
  | [], acc => acc
  | r :: rs, acc =>
    match find r types, find r ids with
    | some t, some i => edgesOfRoles ids types rs (edgesOfRole ids r i t.mentions acc)
    | _, _ => edgesOfRoles ids types rs acc

/-- The edge blueprint: a set, ordered by ids. -/
def blueprint (roles : List String) (types : List (String × LocalType)) : List PlanEdge :=
  edgesOfRoles (roleIds roles) types roles []

def LocalType.branches : LocalType → Bool
  | .send _ _ => true
  | .recv _ _ => true
  | _ => false

/-- One entry per listed role that has a type, in the order of the roles. -/
def initialTypes (unfold : LocalType → LocalType) (types : List (String × LocalType)) :
    List String → List (String × TypeState)
  | [] => []
  | r :: rs => match find r types with
    | some t => (r, ⟨unfold t, t⟩) :: initialTypes unfold types rs
    | none => initialTypes unfold types rs

def activeRoles : List (String × TypeState) → List String
  | [] => []
  | (r, t) :: rest => match t.current.branches with
    | true => r :: activeRoles rest
    | false => activeRoles rest

/-- The open plan (§6); `unfold` makes the current type of the original. -/
def makePlan (unfold : LocalType → LocalType) (roles : List String)
    (types : List (String × LocalType)) : Plan :=
  let entries := initialTypes unfold types roles
  { roles := roles
    roleIds := roleIds roles
    types := entries
    edges := blueprint roles types
    activeBranchRoles := activeRoles entries }

end Telltale
