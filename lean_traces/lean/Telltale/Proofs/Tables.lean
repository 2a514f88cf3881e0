module

public import Telltale.Operations

/-!
What the tables and lists of the model hold after they were changed.
-/

@[expose] public section

namespace Telltale

theorem find_put {κ α} [DecidableEq κ] (lt : κ → κ → Bool) (k k' : κ) (a : α) (xs : List (κ × α)) :
    find k' (put lt k a xs) = if k' = k then some a else find k' xs := by
  induction xs with
  | nil => simp [put, find]
  | cons x xs ih =>
    obtain ⟨y, b⟩ := x
    simp only [put]
    grind [find]

theorem find_drop {κ α} [DecidableEq κ] (k k' : κ) (xs : List (κ × α)) :
    find k' (drop k xs) = if k' = k then none else find k' xs := by
  induction xs with
  | nil => simp [drop, find]
  | cons x xs ih =>
    obtain ⟨y, b⟩ := x
    simp only [drop]
    grind [find]

theorem find_each {κ α β} [DecidableEq κ] (f : α → β) (g : κ × α → κ × β) (hg : ∀ x, g x = (x.1, f x.2))
    (k : κ) (xs : List (κ × α)) :
    find k (each g xs) = match find k xs with
      | some a => some (f a)
      | none => none := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    obtain ⟨y, b⟩ := x
    simp only [each, hg, find]
    split <;> simp_all

theorem mem_cat {α} (x : α) (xs ys : List α) : x ∈ cat xs ys ↔ x ∈ xs ∨ x ∈ ys := by
  induction xs with
  | nil => simp [cat]
  | cons y ys ih => simp [cat, ih, or_assoc]

end Telltale
