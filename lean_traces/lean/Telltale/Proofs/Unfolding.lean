module

public import Telltale.Proofs.Tables

/-!
The unfolding by substitution: what typed steps show under `hardened`, how far the unfolding goes, and that
it loses no recursion.
-/

@[expose] public section

namespace Telltale

/-- What a typed step shows: direction, partner and value type. -/
def Resolution.shown (r : Resolution) : Direction × String × Option ValType :=
  (r.direction, r.partner, r.expected)

/-- What a type shows when labels are followed in it, each continuation unfolded by substitution;
none when a label is not there. -/
def follow (t : LocalType) : List String → Option (List (Direction × String × Option ValType))
  | [] => some []
  | label :: labels => match resolve t label with
    | none => none
    | some r => match follow (unfoldFully r.next) labels with
      | none => none
      | some rest => some (r.shown :: rest)

/-- What a session shows when a role takes typed steps (`advance`); none when one is refused. -/
def typedSteps (k : Contract) (b : Body) (role : String) :
    List String → Option (List (Direction × String × Option ValType))
  | [] => some []
  | label :: labels => match b.advance k role label with
    | none => none
    | some (r, b') => match typedSteps k b' role labels with
      | none => none
      | some rest => some (r.shown :: rest)

theorem opened_type (u : LocalType → LocalType) (types : List (String × LocalType)) (r : String)
    (t : LocalType) (ht : find r types = some t) (roles : List String) (acc : List (String × TypeState))
    (h : r ∈ roles ∨ find r acc = some ⟨u t, t⟩) :
    find r (typeTable (initialTypes u types roles) acc) = some ⟨u t, t⟩ := by
  induction roles generalizing acc with
  | nil => simpa [initialTypes, typeTable] using h
  | cons x xs ih =>
    simp only [initialTypes]
    split <;> (try simp only [typeTable]) <;> apply ih <;> (try simp only [find_put]) <;>
      grind

theorem follow_steps (labels : List String) (b : Body) (role : String) (t : TypeState)
    (h : find role b.types = some t) : typedSteps .hardened b role labels = follow t.current labels := by
  induction labels generalizing b t with
  | nil => rfl
  | cons label labels ih =>
    simp only [typedSteps, follow, Body.advance, h]
    cases hr : resolve t.current label with
    | none => rfl
    | some r =>
      simp only [Contract.advancedType]
      rw [ih _ ⟨unfoldFully r.next, t.original⟩ (by simp [find_put])]
      rfl

/-- No variable is free in the type. -/
def LocalType.closed (t : LocalType) : Prop := ∀ x, t.free x = false

mutual
theorem free_subst (x : String) (s : LocalType) (hs : s.closed) (y : String) (n : Nat) (t : LocalType)
    (hn : t.height ≤ n) : (LocalType.subst x s n t).free y = (t.free y && !decide (y = x)) := by
  match n, t with
  | 0, t => cases t <;> simp [LocalType.height] at hn
  | n + 1, .done => simp [LocalType.subst, LocalType.free]
  | n + 1, .var v =>
    have := hs y
    simp only [LocalType.subst, LocalType.free]
    grind [LocalType.free]
  | n + 1, .send p bs =>
    simp only [LocalType.height] at hn
    simpa [LocalType.subst, LocalType.free] using free_substs x s hs y n bs (by omega)
  | n + 1, .recv p bs =>
    simp only [LocalType.height] at hn
    simpa [LocalType.subst, LocalType.free] using free_substs x s hs y n bs (by omega)
  | n + 1, .mu v b =>
    simp only [LocalType.height] at hn
    have := free_subst x s hs y n b (by omega)
    simp only [LocalType.subst, hs v]
    grind [LocalType.free]
theorem free_substs (x : String) (s : LocalType) (hs : s.closed) (y : String) (n : Nat) (bs : Branches)
    (hn : bs.height ≤ n) : (Branches.subst x s n bs).free y = (bs.free y && !decide (y = x)) := by
  match n, bs with
  | 0, bs => cases bs <;> simp [Branches.height] at hn
  | n + 1, .nil => simp [Branches.subst, Branches.free]
  | n + 1, .cons l v t rest =>
    simp only [Branches.height] at hn
    have h1 : t.height ≤ Nat.max t.height rest.height := Nat.le_max_left _ _
    have h2 : rest.height ≤ Nat.max t.height rest.height := Nat.le_max_right _ _
    have := free_subst x s hs y n t (by omega)
    have := free_substs x s hs y n rest (by omega)
    simp only [Branches.subst, Branches.free]
    grind
end

theorem closed_unfolded (v : String) (b : LocalType) (h : (LocalType.mu v b).closed) :
    (LocalType.subst v (.mu v b) (b.height + 1) b).closed := by
  intro y
  have := h y
  rw [free_subst v _ h y _ b (by omega)]
  simp only [LocalType.free] at this
  grind

/-- K16: unfolding loses no recursion: a type without free variables is unfolded to one without. -/
theorem K16_unfolding_stays_closed (t : LocalType) (h : t.closed) : (unfoldFully t).closed := by
  have steps : ∀ (n : Nat) (t : LocalType), t.closed → (LocalType.unfoldSteps n t).closed := by
    intro n
    induction n with
    | zero => intro t h; cases t <;> exact h
    | succ n ih =>
      intro t h
      cases t with
      | mu v b => exact ih _ (closed_unfolded v b h)
      | _ => exact h
  have := steps t.leading t h
  unfold unfoldFully
  split
  · exact h
  · exact this

/-! ### How far the unfolding goes -/

def LocalType.isMu : LocalType → Bool
  | .mu _ _ => true
  | _ => false

/-- The variable below the leading Mu, if it is one. -/
def LocalType.headVar : LocalType → Option String
  | .mu _ b => b.headVar
  | .var v => some v
  | _ => none

theorem head_kept (x : String) (s : LocalType) (hs : s.closed) (n : Nat) (t : LocalType)
    (hn : t.height ≤ n) (h : t.headVar = none) :
    (LocalType.subst x s n t).headVar = none ∧ (LocalType.subst x s n t).leading = t.leading := by
  match n, t with
  | 0, t => cases t <;> simp [LocalType.height] at hn
  | n + 1, .mu v b =>
    simp only [LocalType.height] at hn
    have := head_kept x s hs n b (by omega) h
    simp only [LocalType.subst, hs v]
    grind [LocalType.headVar, LocalType.leading]
  | n + 1, .var v => simp [LocalType.headVar] at h
  | n + 1, .done => simp [LocalType.subst, LocalType.headVar, LocalType.leading]
  | n + 1, .send p bs => simp [LocalType.subst, LocalType.headVar, LocalType.leading]
  | n + 1, .recv p bs => simp [LocalType.subst, LocalType.headVar, LocalType.leading]

theorem head_loops (x : String) (s : LocalType) (hs : s.closed) (hv : s.headVar ≠ none) (n : Nat)
    (t : LocalType) (hn : t.height ≤ n) (h : t.headVar ≠ none) :
    (LocalType.subst x s n t).headVar ≠ none := by
  match n, t with
  | 0, t => cases t <;> simp [LocalType.height] at hn
  | n + 1, .mu v b =>
    simp only [LocalType.height] at hn
    have := head_loops x s hs hv n b (by omega) h
    simp only [LocalType.subst, hs v]
    grind [LocalType.headVar]
  | n + 1, .var v =>
    simp only [LocalType.subst]
    split
    · exact hv
    · exact h
  | n + 1, .done => simp [LocalType.headVar] at h
  | n + 1, .send p bs => simp [LocalType.headVar] at h
  | n + 1, .recv p bs => simp [LocalType.headVar] at h

theorem steps_arrive (n : Nat) (t : LocalType) (hc : t.closed) (h : t.headVar = none)
    (hn : t.leading = n) : (LocalType.unfoldSteps n t).isMu = false := by
  induction n generalizing t with
  | zero => cases t <;> simp_all [LocalType.unfoldSteps, LocalType.isMu, LocalType.leading]
  | succ n ih =>
    cases t with
    | mu v b =>
      have := head_kept v (.mu v b) hc (b.height + 1) b (by omega) h
      simp only [LocalType.leading, Nat.add_right_cancel_iff] at hn
      exact ih _ (closed_unfolded v b hc) this.1 (this.2.trans hn)
    | _ => simp [LocalType.leading] at hn

theorem steps_loop (n : Nat) (t : LocalType) (hc : t.closed) (h : t.headVar ≠ none) :
    (LocalType.unfoldSteps n t).isMu = true := by
  induction n generalizing t with
  | zero =>
    cases t with
    | var v => have := hc v; simp [LocalType.free] at this
    | mu v b => rfl
    | _ => simp [LocalType.headVar] at h
  | succ n ih =>
    cases t with
    | var v => have := hc v; simp [LocalType.free] at this
    | mu v b => exact ih _ (closed_unfolded v b hc) (head_loops v _ hc h _ b (by omega) h)
    | _ => simp [LocalType.headVar] at h

/-- K16: unfolding a type without free variables leaves no Mu at its head; a type of which that is not
true stays as it is, and no number of unfoldings would do. -/
theorem K16_unfolding_arrives (t : LocalType) (h : t.closed) :
    (unfoldFully t).isMu = false ∨
    (unfoldFully t = t ∧ ∀ n, (LocalType.unfoldSteps n t).isMu = true) := by
  by_cases hv : t.headVar = none
  · left
    have := steps_arrive _ t h hv rfl
    unfold unfoldFully
    grind [LocalType.isMu]
  · right
    refine ⟨?_, fun n => steps_loop n t h hv⟩
    have := steps_loop t.leading t h hv
    unfold unfoldFully
    grind [LocalType.isMu]

end Telltale
