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

theorem mem_of_find {κ α} [DecidableEq κ] {k : κ} {a : α} {xs : List (κ × α)} (h : find k xs = some a) :
    (k, a) ∈ xs := by
  induction xs with
  | nil => simp [find] at h
  | cons x xs ih =>
    obtain ⟨y, b⟩ := x
    simp only [find] at h
    split at h
    · next e => subst e; cases h; exact .head _
    · exact .tail _ (ih h)

theorem of_mem_put {κ α} [DecidableEq κ] {lt : κ → κ → Bool} {k : κ} {a : α} {xs : List (κ × α)} {x : κ × α}
    (h : x ∈ put lt k a xs) : x = (k, a) ∨ x ∈ xs := by
  induction xs with
  | nil => simpa [put] using h
  | cons y ys ih =>
    obtain ⟨y, b⟩ := y
    simp only [put] at h
    grind

theorem of_mem_drop {κ α} [DecidableEq κ] {k : κ} {xs : List (κ × α)} {x : κ × α} (h : x ∈ drop k xs) : x ∈ xs := by
  induction xs with
  | nil => exact h
  | cons y ys ih =>
    obtain ⟨y, b⟩ := y
    simp only [drop] at h
    grind

theorem of_mem_each {α β} {f : α → β} {xs : List α} {y : β} (h : y ∈ each f xs) : ∃ x, x ∈ xs ∧ f x = y := by
  induction xs with
  | nil => cases h
  | cons x xs ih =>
    cases h with
    | head => exact ⟨x, .head _, rfl⟩
    | tail _ h =>
      obtain ⟨z, hz, he⟩ := ih h
      exact ⟨z, .tail _ hz, he⟩

theorem mem_cat {α} (x : α) (xs ys : List α) : x ∈ cat xs ys ↔ x ∈ xs ∨ x ∈ ys := by
  induction xs with
  | nil => simp [cat]
  | cons y ys ih => simp [cat, ih, or_assoc]

end Telltale
