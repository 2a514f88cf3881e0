module

/-!
Lists, options and ordered tables, with nothing but what the model needs.

The library's own functions would do, but a Lean that comes without compiled
library code (the WebAssembly build) cannot evaluate the generic ones. Functions
that may meet long lists get a tail-recursive twin, proved equal.
-/

@[expose] public section

namespace Telltale

instance (priority := high) decEqString : DecidableEq String :=
  fun a b => String.decEq a b

instance (priority := high) decEqNat : DecidableEq Nat :=
  fun a b => Nat.decEq a b

instance (priority := high) decEqPair {α β} [DecidableEq α] [DecidableEq β] : DecidableEq (α × β)
  | (a, b), (c, d) =>
    if h : a = c then
      if h' : b = d then isTrue (by rw [h, h']) else isFalse (fun e => h' (Prod.mk.inj e).2)
    else isFalse (fun e => h (Prod.mk.inj e).1)

instance (priority := high) decEqOption {α} [DecidableEq α] : DecidableEq (Option α)
  | none, none => isTrue rfl
  | none, some _ => isFalse (fun h => nomatch h)
  | some _, none => isFalse (fun h => nomatch h)
  | some a, some b =>
    if h : a = b then isTrue (by rw [h]) else isFalse (fun e => h (Option.some.inj e))

def decEqLists {α} [DecidableEq α] : (xs ys : List α) → Decidable (xs = ys)
  | [], [] => isTrue rfl
  | [], _ :: _ => isFalse (fun h => nomatch h)
  | _ :: _, [] => isFalse (fun h => nomatch h)
  | x :: xs, y :: ys =>
    if h : x = y then
      match decEqLists xs ys with
      | isTrue t => isTrue (by rw [h, t])
      | isFalse t => isFalse (fun e => t (List.cons.inj e).2)
    else isFalse (fun e => h (List.cons.inj e).1)

instance (priority := high) decEqList {α} [DecidableEq α] : DecidableEq (List α) := decEqLists

/-- `xs` reversed, in front of `acc`. -/
def onto {α} : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => onto xs (x :: acc)

/-- The list in reverse. -/
def rev {α} (xs : List α) : List α := onto xs []

/-- `xs` followed by `ys`. -/
def cat {α} : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: cat xs ys

/-- `f` of every element. -/
def each {α β} (f : α → β) : List α → List β
  | [] => []
  | x :: xs => f x :: each f xs

def eachOnto {α β} (f : α → β) : List α → List β → List β
  | [], acc => rev acc
  | x :: xs, acc => eachOnto f xs (f x :: acc)

theorem onto_onto {α} (xs acc more : List α) :
    onto (onto xs acc) more = onto acc (cat xs more) := by
  induction xs generalizing acc more with
  | nil => rfl
  | cons x xs ih => simp only [onto, cat, ih]

theorem eachOnto_eq {α β} (f : α → β) (xs : List α) (acc : List β) :
    eachOnto f xs acc = onto acc (each f xs) := by
  induction xs generalizing acc with
  | nil => rfl
  | cons x xs ih => simp only [eachOnto, each, ih, onto]

def eachTail {α β} (f : α → β) (xs : List α) : List β := eachOnto f xs []

@[csimp] theorem each_eq_eachTail : @each = @eachTail := by
  funext α β f xs
  simp only [eachTail, eachOnto_eq, onto]

/-- The elements for which `p` holds. -/
def keep {α} (p : α → Bool) : List α → List α
  | [] => []
  | x :: xs => match p x with
    | true => x :: keep p xs
    | false => keep p xs

/-- How many elements, on top of `n`. -/
def sizeFrom {α} : List α → Nat → Nat
  | [], n => n
  | _ :: xs, n => sizeFrom xs (n + 1)

/-- How many elements. -/
def size {α} (xs : List α) : Nat := sizeFrom xs 0

/-- Whether `x` is in the list. -/
def has {α} [DecidableEq α] (x : α) : List α → Bool
  | [] => false
  | y :: ys => if x = y then true else has x ys

/-- The sum of `f` over the list, on top of `n`. -/
def total {α} (f : α → Nat) : List α → Nat → Nat
  | [], n => n
  | x :: xs, n => total f xs (n + f x)

/-- What a table of pairs holds under a key. -/
def find {κ α} [DecidableEq κ] (k : κ) : List (κ × α) → Option α
  | [] => none
  | (k', a) :: rest => if k = k' then some a else find k rest

/-- The table with `k` bound to `a`, kept in the order of `lt`. -/
def put {κ α} [DecidableEq κ] (lt : κ → κ → Bool) (k : κ) (a : α) : List (κ × α) → List (κ × α)
  | [] => [(k, a)]
  | (k', a') :: rest =>
    if k = k' then (k, a) :: rest
    else match lt k k' with
      | true => (k, a) :: (k', a') :: rest
      | false => (k', a') :: put lt k a rest

/-- The table without `k`. -/
def drop {κ α} [DecidableEq κ] (k : κ) : List (κ × α) → List (κ × α)
  | [] => []
  | (k', a') :: rest => if k = k' then drop k rest else (k', a') :: drop k rest

/-- The set with `x` in it, ascending by `lt`, without repeats. -/
def insert {α} [DecidableEq α] (lt : α → α → Bool) (x : α) : List α → List α
  | [] => [x]
  | y :: ys =>
    if x = y then y :: ys
    else match lt x y with
      | true => x :: y :: ys
      | false => y :: insert lt x ys

/-- Every element put into a set. -/
def insertAll {α} [DecidableEq α] (lt : α → α → Bool) : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => insertAll lt xs (insert lt x acc)

/-- The first value that is there. -/
def orElse {α} (a b : Option α) : Option α :=
  match a with
  | some x => some x
  | none => b

def natLt (a b : Nat) : Bool := decide (a < b)
def textLt (a b : String) : Bool := decide (a < b)

/-- Pairs of numbers, by the first, then by the second. -/
def pairLt (a b : Nat × Nat) : Bool :=
  natLt a.1 b.1 || (a.1 == b.1 && natLt a.2 b.2)

/-- Pairs of texts, by the first, then by the second. -/
def textPairLt (a b : String × String) : Bool :=
  if a.1 = b.1 then textLt a.2 b.2 else textLt a.1 b.1

end Telltale
