module

public import Telltale.Proofs.HonestStores
public import Telltale.Proofs.Tables

/-!
Tables with the same keys: what of them is the same after they were changed in the same place.
-/

@[expose] public section

namespace Telltale

theorem alike_size {α β} {p : α → β → Prop} {xs : List α} {ys : List β} (h : Alike p xs ys) :
    size ys = size xs := by
  have : ∀ n, sizeFrom ys n = sizeFrom xs n := by
    induction h with
    | nil => exact fun _ => rfl
    | cons _ _ ih => exact fun n => ih (n + 1)
  exact this 0

theorem alike_snoc {α β} {p : α → β → Prop} {xs : List α} {ys : List β} {x : α} {y : β} (h : Alike p xs ys)
    (hp : p x y) : Alike p (cat xs [x]) (cat ys [y]) := by
  induction h with
  | nil => exact .cons hp .nil
  | cons h _ ih => exact .cons h ih

theorem alike_total {α β} {p : α → β → Prop} (f : α → Nat) (g : β → Nat) (hf : ∀ x y, p x y → g y = f x)
    {xs : List α} {ys : List β} (h : Alike p xs ys) (n : Nat) : total g ys n = total f xs n := by
  induction h generalizing n with
  | nil => rfl
  | cons h _ ih => simp only [total, hf _ _ h, ih]

theorem rows_put {κ α β} [DecidableEq κ] {p : κ → α → β → Prop} (lt : κ → κ → Bool) {k : κ} {a : α} {b : β}
    {xs : List (κ × α)} {ys : List (κ × β)} (h : Rows p xs ys) (hp : p k a b) :
    Rows p (put lt k a xs) (put lt k b ys) := by
  unfold Rows at h ⊢
  induction h with
  | nil => exact .cons ⟨rfl, hp⟩ .nil
  | @cons x y xs ys hxy hr ih =>
    obtain ⟨k', a'⟩ := x
    obtain ⟨k'', b'⟩ := y
    obtain ⟨e, hxy⟩ := hxy
    simp only at e hxy
    subst e
    simp only [put]
    split
    · exact .cons ⟨rfl, hp⟩ hr
    · split
      · exact .cons ⟨rfl, hp⟩ (.cons ⟨rfl, hxy⟩ hr)
      · exact .cons ⟨rfl, hxy⟩ ih

theorem rows_drop {κ α β} [DecidableEq κ] {p : κ → α → β → Prop} (k : κ)
    {xs : List (κ × α)} {ys : List (κ × β)} (h : Rows p xs ys) : Rows p (drop k xs) (drop k ys) := by
  unfold Rows at h ⊢
  induction h with
  | nil => exact .nil
  | @cons x y xs ys hxy hr ih =>
    obtain ⟨k', a'⟩ := x
    obtain ⟨k'', b'⟩ := y
    obtain ⟨e, hxy⟩ := hxy
    simp only at e hxy
    subst e
    simp only [drop]
    split
    · exact ih
    · exact .cons ⟨rfl, hxy⟩ ih

theorem rows_find {κ α β} [DecidableEq κ] {p : κ → α → β → Prop} (k : κ)
    {xs : List (κ × α)} {ys : List (κ × β)} (h : Rows p xs ys) :
    (find k xs = none ∧ find k ys = none) ∨ ∃ a b, find k xs = some a ∧ find k ys = some b ∧ p k a b := by
  unfold Rows at h
  induction h with
  | nil => exact .inl ⟨rfl, rfl⟩
  | @cons x y xs ys hxy hr ih =>
    obtain ⟨k', a'⟩ := x
    obtain ⟨k'', b'⟩ := y
    obtain ⟨e, hxy⟩ := hxy
    simp only at e hxy
    subst e
    simp only [find]
    split
    · next e => subst e; exact .inr ⟨_, _, rfl, rfl, hxy⟩
    · exact ih

theorem rows_each {κ α β α' β'} {p : κ → α → β → Prop} {q : κ → α' → β' → Prop} (f : κ × α → κ × α')
    (g : κ × β → κ × β') (hf : ∀ k a b, p k a b → (f (k, a)).1 = k ∧ (g (k, b)).1 = k ∧ q k (f (k, a)).2 (g (k, b)).2)
    {xs : List (κ × α)} {ys : List (κ × β)} (h : Rows p xs ys) : Rows q (each f xs) (each g ys) := by
  unfold Rows at h ⊢
  induction h with
  | nil => exact .nil
  | @cons x y xs ys hxy hr ih =>
    obtain ⟨k', a'⟩ := x
    obtain ⟨k'', b'⟩ := y
    obtain ⟨e, hxy⟩ := hxy
    simp only at e hxy
    subst e
    obtain ⟨h1, h2, h3⟩ := hf _ _ _ hxy
    exact .cons ⟨h2.trans h1.symm, by rw [h1]; exact h3⟩ ih

theorem rows_weaken {κ α β} {p q : κ → α → β → Prop} (hpq : ∀ k a b, p k a b → q k a b)
    {xs : List (κ × α)} {ys : List (κ × β)} (h : Rows p xs ys) : Rows q xs ys := by
  unfold Rows at h ⊢
  induction h with
  | nil => exact .nil
  | cons hxy _ ih => exact .cons ⟨hxy.1, hpq _ _ _ hxy.2⟩ ih

theorem rows_keys {κ α β} {p : κ → α → β → Prop} (f : α → Bool) (g : β → Bool) (hf : ∀ k a b, p k a b → g b = f a)
    {xs : List (κ × α)} {ys : List (κ × β)} (h : Rows p xs ys) :
    each (fun y => y.1) (keep (fun y => g y.2) ys) = each (fun x => x.1) (keep (fun x => f x.2) xs) := by
  unfold Rows at h
  induction h with
  | nil => rfl
  | @cons x y xs ys hxy hr ih =>
    simp only [keep, hf _ _ _ hxy.2]
    cases f x.2 <;> simp only [each, ih, hxy.1]

theorem rows_all_keys {κ α β} {p : κ → α → β → Prop} {xs : List (κ × α)} {ys : List (κ × β)} (h : Rows p xs ys) :
    each (fun y => y.1) ys = each (fun x => x.1) xs := by
  unfold Rows at h
  induction h with
  | nil => rfl
  | cons hxy _ ih => simp only [each, ih, hxy.1]

/-! ### Ascending keys: a change in one place is one in no other -/

def Ascending {α} : List (Nat × α) → Prop
  | [] => True
  | x :: rest => (∀ y, y ∈ rest → x.1 < y.1) ∧ Ascending rest

theorem ascending_put {α} (k : Nat) (a : α) (xs : List (Nat × α)) (h : Ascending xs) :
    Ascending (put natLt k a xs) := by
  induction xs with
  | nil => exact ⟨by simp, trivial⟩
  | cons x xs ih =>
    obtain ⟨k', a'⟩ := x
    obtain ⟨h1, h2⟩ := h
    simp only [put]
    split
    · next e => subst e; exact ⟨h1, h2⟩
    · next ne =>
      split
      · next hlt =>
        have hlt : k < k' := by simpa [natLt] using hlt
        refine ⟨?_, h1, h2⟩
        intro y hy
        cases hy with
        | head => exact hlt
        | tail _ hy => exact Nat.lt_trans hlt (h1 y hy)
      · next hlt =>
        have hlt : k' < k := by
          have : ¬ k < k' := by simpa [natLt] using hlt
          omega
        refine ⟨?_, ih h2⟩
        intro y hy
        rcases of_mem_put hy with rfl | hy
        · exact hlt
        · exact h1 y hy

theorem ascending_drop {α} (k : Nat) (xs : List (Nat × α)) (h : Ascending xs) : Ascending (drop k xs) := by
  induction xs with
  | nil => exact trivial
  | cons x xs ih =>
    obtain ⟨k', a'⟩ := x
    simp only [drop]
    split
    · exact ih h.2
    · exact ⟨fun y hy => h.1 y (of_mem_drop hy), ih h.2⟩

theorem ascending_each {α β} (f : Nat × α → Nat × β) (hf : ∀ x, (f x).1 = x.1) (xs : List (Nat × α))
    (h : Ascending xs) : Ascending (each f xs) := by
  induction xs with
  | nil => exact trivial
  | cons x xs ih =>
    refine ⟨?_, ih h.2⟩
    intro y hy
    obtain ⟨z, hz, rfl⟩ := of_mem_each hy
    rw [hf, hf]
    exact h.1 z hz

theorem rows_elsewhere {α β} {p q : Nat → α → β → Prop} (k : Nat) (hpq : ∀ n a b, n ≠ k → p n a b → q n a b)
    {xs : List (Nat × α)} {ys : List (Nat × β)} (hk : ∀ x, x ∈ xs → k < x.1) (h : Rows p xs ys) : Rows q xs ys := by
  unfold Rows at h ⊢
  induction h with
  | nil => exact .nil
  | @cons x y xs ys hxy hr ih =>
    have : x.1 ≠ k := by
      have := hk x (.head _)
      omega
    exact .cons ⟨hxy.1, hpq _ _ _ this hxy.2⟩ (ih fun x hx => hk x (.tail _ hx))

theorem rows_put_one {α β} {p q : Nat → α → β → Prop} (k : Nat) (a : α) (b : β)
    (hpq : ∀ n a b, n ≠ k → p n a b → q n a b) (hq : q k a b) {xs : List (Nat × α)} {ys : List (Nat × β)}
    (hs : Ascending xs) (h : Rows p xs ys) : Rows q (put natLt k a xs) (put natLt k b ys) := by
  unfold Rows at h ⊢
  induction h with
  | nil => exact .cons ⟨rfl, hq⟩ .nil
  | @cons x y xs ys hxy hr ih =>
    obtain ⟨k', a'⟩ := x
    obtain ⟨k'', b'⟩ := y
    obtain ⟨e, hxy⟩ := hxy
    obtain ⟨h1, h2⟩ := hs
    simp only at e hxy h1
    subst e
    simp only [put]
    split
    · next e =>
      subst e
      exact .cons ⟨rfl, hq⟩ (rows_elsewhere k hpq h1 hr)
    · next ne =>
      have hx : q k'' a' b' := hpq _ _ _ (fun e => ne e.symm) hxy
      split
      · next hlt =>
        have hlt : k < k'' := by simpa [natLt] using hlt
        exact .cons ⟨rfl, hq⟩ (.cons ⟨rfl, hx⟩
          (rows_elsewhere k hpq (fun x hx => Nat.lt_trans hlt (h1 x hx)) hr))
      · exact .cons ⟨rfl, hx⟩ (ih h2)

end Telltale
