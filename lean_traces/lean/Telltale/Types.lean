module

public import Telltale.Values

/-!
Local types and what they unfold to (contract §7).
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

end Telltale
