module

public import Telltale.Data

/-!
Local types (contract §7) and the open plan with its edge blueprint (§6).
-/

@[expose] public section

namespace Telltale

structure Label where
  name : String
  sort : PayloadSort

mutual
inductive LocalType
  | done
  | send (partner : String) (branches : Branches)
  | recv (partner : String) (branches : Branches)
  | mu (var : String) (body : LocalType)
  | var (name : String)

/-- The branches of a send or a receive: label, value type, continuation. -/
inductive Branches
  | nil
  | cons (label : Label) (value : Option ValType) (next : LocalType) (rest : Branches)
end

/-- `unfold_mu`: the type with all leading Mu stripped, nothing substituted. -/
def unfoldMu : LocalType → LocalType
  | .mu _ body => unfoldMu body
  | t => t

/-- `unfold_if_var` -/
def unfoldIfVar (cont original : LocalType) : LocalType :=
  match cont with
  | .var _ => unfoldMu original
  | .mu v b => unfoldMu (.mu v b)
  | t => t

/-- `unfold_if_var_with_scope`: the type, and the Mu it was entered by, if any. -/
def unfoldIfVarWithScope (cont original : LocalType) : LocalType × Option LocalType :=
  match cont with
  | .var _ => (unfoldMu original, none)
  | .mu v b => (unfoldMu (.mu v b), some (.mu v b))
  | t => (t, none)

inductive Direction
  | send
  | recv

/-- What a label of a send or a receive leads to. -/
structure Resolution where
  direction : Direction
  partner : String
  expected : Option ValType
  next : LocalType

/-- The last branch of that label. -/
def Branches.last (name : String) : Branches → Option (Option ValType × LocalType)
  | .nil => none
  | .cons label value next rest =>
    match rest.last name with
    | some found => some found
    | none => if label.name = name then some (value, next) else none

/-- `lookup_branch_resolution` on a current type; a Mu has no branches. -/
def resolve (t : LocalType) (label : String) : Option Resolution :=
  match t with
  | .send p bs => match bs.last label with
    | some (v, n) => some ⟨.send, p, v, n⟩
    | none => none
  | .recv p bs => match bs.last label with
    | some (v, n) => some ⟨.recv, p, v, n⟩
    | none => none
  | _ => none

/-! ### Unfolding by substitution (rule H14 of `hardened`) -/

mutual
/-- Whether the variable `x` is free in the type. -/
def LocalType.free (x : String) : LocalType → Bool
  | .done => false
  | .send _ bs => bs.free x
  | .recv _ bs => bs.free x
  | .mu v b => if v = x then false else b.free x
  | .var v => if v = x then true else false
def Branches.free (x : String) : Branches → Bool
  | .nil => false
  | .cons _ _ t rest => t.free x || rest.free x
end

mutual
/-- How many nodes: a bound on how often a name must be primed to be new. -/
def LocalType.nodes : LocalType → Nat
  | .done => 1
  | .send _ bs => bs.nodes + 1
  | .recv _ bs => bs.nodes + 1
  | .mu _ b => b.nodes + 1
  | .var _ => 1
def Branches.nodes : Branches → Nat
  | .nil => 0
  | .cons _ _ t rest => t.nodes + rest.nodes
end

/-- `x` with as many primes as it takes to be free in neither type. -/
def freshName (x : String) (a b : LocalType) : Nat → String
  | 0 => x
  | n + 1 => if a.free x || b.free x then freshName (x.append "'") a b n else x

mutual
/-- The type with the free variable `x` renamed to `y`, which must be new to it. -/
def LocalType.rename (x y : String) : LocalType → LocalType
  | .done => .done
  | .send p bs => .send p (bs.rename x y)
  | .recv p bs => .recv p (bs.rename x y)
  | .mu v b => if v = x then .mu v b else .mu v (b.rename x y)
  | .var v => if v = x then .var y else .var v
def Branches.rename (x y : String) : Branches → Branches
  | .nil => .nil
  | .cons l v t rest => .cons l v (t.rename x y) (rest.rename x y)
end

mutual
/-- `s` for the free variable `x`; a binder that would capture is renamed. `depth` bounds the
nesting, and is at least that of the type. -/
def LocalType.subst (x : String) (s : LocalType) : Nat → LocalType → LocalType
  | _, .done => .done
  | 0, t => t
  | n + 1, .send p bs => .send p (Branches.subst x s n bs)
  | n + 1, .recv p bs => .recv p (Branches.subst x s n bs)
  | n + 1, .mu v b =>
    if v = x then .mu v b
    else if b.free x && s.free v then
      let y := freshName (v.append "'") s b (s.nodes + b.nodes)
      .mu y (LocalType.subst x s n (b.rename v y))
    else .mu v (LocalType.subst x s n b)
  | _ + 1, .var v => if v = x then s else .var v
def Branches.subst (x : String) (s : LocalType) : Nat → Branches → Branches
  | _, .nil => .nil
  | 0, bs => bs
  | n + 1, .cons l v t rest => .cons l v (LocalType.subst x s n t) (Branches.subst x s n rest)
end

mutual
/-- An upper bound of the nesting: every node counts once, branches one more each. -/
def LocalType.height : LocalType → Nat
  | .done => 1
  | .send _ bs => bs.height + 1
  | .recv _ bs => bs.height + 1
  | .mu _ b => b.height + 1
  | .var _ => 1
def Branches.height : Branches → Nat
  | .nil => 1
  | .cons _ _ t rest => Nat.max t.height rest.height + 1
end

/-- How many leading Mu. -/
def LocalType.leading : LocalType → Nat
  | .mu _ b => b.leading + 1
  | _ => 0

/-- `μt.T ↦ T[μt.T/t]` at most `n` times, until the head is no Mu. -/
def LocalType.unfoldSteps : Nat → LocalType → LocalType
  | n + 1, .mu v b => LocalType.unfoldSteps n (LocalType.subst v (.mu v b) (b.height + 1) b)
  | _, t => t

/-- The full unfolding. Each step turns one leading Mu into what is below it, so as many steps
as there are leading Mu are enough, or the head never stops being a Mu: then the type stays. -/
def unfoldFully (t : LocalType) : LocalType :=
  match LocalType.unfoldSteps t.leading t with
  | .mu _ _ => t
  | u => u

/-! ### The open plan -/

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
