module

public import Telltale.Proofs.Unfolding

/-!
K16 against substitution as it is written on paper: what a store's typed steps show is what the rules of
a labelled transition system show. None of these rules reads the unfolding of the model.
-/

@[expose] public section

namespace Telltale

mutual
/-- `T[S/x]` for a closed `S`: every free `x` becomes `S`. Nothing of a closed type can be captured, so no
binder is renamed. -/
def LocalType.replace (x : String) (s : LocalType) : LocalType → LocalType
  | .done => .done
  | .send p bs => .send p (bs.replace x s)
  | .recv p bs => .recv p (bs.replace x s)
  | .mu v b => if v = x then .mu v b else .mu v (LocalType.replace x s b)
  | .var v => if v = x then s else .var v
def Branches.replace (x : String) (s : LocalType) : Branches → Branches
  | .nil => .nil
  | .cons l v t rest => .cons l v (LocalType.replace x s t) (rest.replace x s)
end

/-- No branch has that label. -/
def Branches.lacks (name : String) : Branches → Prop
  | .nil => True
  | .cons l _ _ rest => l.name ≠ name ∧ rest.lacks name

/-- The branch that a label chooses, its value type and its continuation: of a repeated label the last. -/
inductive Chooses : Branches → String → Option ValType → LocalType → Prop
  | here {l : Label} {v : Option ValType} {t : LocalType} {rest : Branches} :
      rest.lacks l.name → Chooses (.cons l v t rest) l.name v t
  | later {l : Label} {v v' : Option ValType} {t t' : LocalType} {rest : Branches} {name : String} :
      Chooses rest name v' t' → Chooses (.cons l v t rest) name v' t'

/-- One step of a type by a label: a send, a receive, or a step of `T[μx.T/x]` where the type is `μx.T`. -/
inductive Steps : LocalType → String → Direction × String × Option ValType → LocalType → Prop
  | send {p : String} {bs : Branches} {name : String} {v : Option ValType} {t : LocalType} :
      Chooses bs name v t → Steps (.send p bs) name (.send, p, v) t
  | recv {p : String} {bs : Branches} {name : String} {v : Option ValType} {t : LocalType} :
      Chooses bs name v t → Steps (.recv p bs) name (.recv, p, v) t
  | mu {x : String} {b : LocalType} {name : String} {shown : Direction × String × Option ValType}
      {t : LocalType} : Steps (LocalType.replace x (.mu x b) b) name shown t → Steps (.mu x b) name shown t

/-- What a type shows when labels are followed in it. -/
inductive Follows : LocalType → List String → List (Direction × String × Option ValType) → Prop
  | nil {t : LocalType} : Follows t [] []
  | cons {t : LocalType} {name : String} {shown : Direction × String × Option ValType} {t' : LocalType}
      {names : List String} {rest : List (Direction × String × Option ValType)} :
      Steps t name shown t' → Follows t' names rest → Follows t (name :: names) (shown :: rest)

/-- The typed steps of a listed role, from the opening of its session on, show what its type shows, and
are refused where the type has no step; for every type without free variables. -/
def K16 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (role : String) (t : LocalType) (labels : List String)
    (shown : List (Direction × String × Option ValType)),
    role ∈ roles → find role types = some t → t.closed →
    (typedSteps k (Session.start sid (makePlan k.openedType roles types) config).body role labels = some shown ↔
      Follows t labels shown)

/-! ### The model's substitution is that of the papers -/

mutual
theorem subst_replace (x : String) (s : LocalType) (hs : s.closed) (n : Nat) (t : LocalType)
    (hn : t.height ≤ n) : LocalType.subst x s n t = LocalType.replace x s t := by
  match n, t with
  | 0, t => cases t <;> simp [LocalType.height] at hn
  | n + 1, .done => simp [LocalType.subst, LocalType.replace]
  | n + 1, .var v => simp [LocalType.subst, LocalType.replace]
  | n + 1, .send p bs =>
    simp only [LocalType.height] at hn
    simp [LocalType.subst, LocalType.replace, substs_replace x s hs n bs (by omega)]
  | n + 1, .recv p bs =>
    simp only [LocalType.height] at hn
    simp [LocalType.subst, LocalType.replace, substs_replace x s hs n bs (by omega)]
  | n + 1, .mu v b =>
    simp only [LocalType.height] at hn
    simp [LocalType.subst, LocalType.replace, hs v, subst_replace x s hs n b (by omega)]
theorem substs_replace (x : String) (s : LocalType) (hs : s.closed) (n : Nat) (bs : Branches)
    (hn : bs.height ≤ n) : Branches.subst x s n bs = bs.replace x s := by
  match n, bs with
  | 0, bs => cases bs <;> simp [Branches.height] at hn
  | n + 1, .nil => simp [Branches.subst, Branches.replace]
  | n + 1, .cons l v t rest =>
    simp only [Branches.height] at hn
    have h1 : t.height ≤ Nat.max t.height rest.height := Nat.le_max_left _ _
    have h2 : rest.height ≤ Nat.max t.height rest.height := Nat.le_max_right _ _
    simp [Branches.subst, Branches.replace, subst_replace x s hs n t (by omega),
      substs_replace x s hs n rest (by omega)]
end

/-! ### Steps at the head -/

theorem lacks_last (bs : Branches) (name : String) : bs.lacks name ↔ bs.last name = none := by
  match bs with
  | .nil => simp [Branches.lacks, Branches.last]
  | .cons l v t rest =>
    have := lacks_last rest name
    simp only [Branches.lacks, Branches.last]
    grind

theorem chooses_last (bs : Branches) (name : String) (v : Option ValType) (t : LocalType) :
    Chooses bs name v t ↔ bs.last name = some (v, t) := by
  match bs with
  | .nil => exact ⟨fun h => (by cases h), fun h => by simp [Branches.last] at h⟩
  | .cons l v' t' rest =>
    have ih := chooses_last rest name v t
    simp only [Branches.last]
    constructor
    · intro h
      cases h with
      | here h => simp [(lacks_last rest _).mp h]
      | later h => rw [ih.mp h]
    · intro h
      split at h
      · next found hf => cases h; exact .later (ih.mpr hf)
      · next hf =>
        split at h
        · next hn => cases h; subst hn; exact .here ((lacks_last rest _).mpr hf)
        · cases h

theorem steps_head (t : LocalType) (h : t.isMu = false) (name : String)
    (shown : Direction × String × Option ValType) (next : LocalType) :
    Steps t name shown next ↔ ∃ r, resolve t name = some r ∧ r.shown = shown ∧ r.next = next := by
  cases t with
  | mu x b => simp [LocalType.isMu] at h
  | send p bs =>
    constructor
    · intro h
      cases h with
      | @send _ _ _ v _ h =>
        exact ⟨⟨.send, p, v, next⟩, by simp [resolve, (chooses_last _ _ _ _).mp h], rfl, rfl⟩
    · rintro ⟨r, hr, rfl, rfl⟩
      simp only [resolve] at hr
      split at hr
      · next v n hv => cases hr; exact .send ((chooses_last _ _ _ _).mpr hv)
      · cases hr
  | recv p bs =>
    constructor
    · intro h
      cases h with
      | @recv _ _ _ v _ h =>
        exact ⟨⟨.recv, p, v, next⟩, by simp [resolve, (chooses_last _ _ _ _).mp h], rfl, rfl⟩
    · rintro ⟨r, hr, rfl, rfl⟩
      simp only [resolve] at hr
      split at hr
      · next v n hv => cases hr; exact .recv ((chooses_last _ _ _ _).mpr hv)
      · cases hr
  | done => exact ⟨fun h => (by cases h), fun ⟨r, hr, _⟩ => by simp [resolve] at hr⟩
  | var v => exact ⟨fun h => (by cases h), fun ⟨r, hr, _⟩ => by simp [resolve] at hr⟩

/-! ### Steps below a Mu -/

theorem steps_unfolded (n : Nat) (t : LocalType) (hc : t.closed) (name : String)
    (shown : Direction × String × Option ValType) (next : LocalType) :
    Steps t name shown next ↔ Steps (LocalType.unfoldSteps n t) name shown next := by
  induction n generalizing t with
  | zero => cases t <;> exact Iff.rfl
  | succ n ih =>
    cases t with
    | mu x b =>
      refine Iff.trans ?_ (ih _ (closed_unfolded x b hc))
      rw [subst_replace x _ hc _ b (Nat.le_succ _)]
      exact ⟨fun h => by cases h with | mu h => exact h, .mu⟩
    | _ => exact Iff.rfl

theorem steps_end (t : LocalType) (name : String) (shown : Direction × String × Option ValType)
    (next : LocalType) (h : Steps t name shown next) (hc : t.closed) :
    ∃ n, (LocalType.unfoldSteps n t).isMu = false := by
  induction h with
  | send _ => exact ⟨0, rfl⟩
  | recv _ => exact ⟨0, rfl⟩
  | @mu x b _ _ _ _ ih =>
    rw [← subst_replace x _ hc (b.height + 1) b (Nat.le_succ _)] at ih
    obtain ⟨n, hn⟩ := ih (closed_unfolded x b hc)
    exact ⟨n + 1, hn⟩

theorem unfolded_at_once (t : LocalType) (h : (unfoldFully t).isMu = false) :
    unfoldFully t = LocalType.unfoldSteps t.leading t := by
  unfold unfoldFully at h ⊢
  cases hu : LocalType.unfoldSteps t.leading t with
  | mu v b =>
    simp only [hu] at h
    cases t <;> simp [LocalType.isMu, LocalType.leading, LocalType.unfoldSteps] at h hu
  | _ => rfl

theorem steps_resolve (t : LocalType) (hc : t.closed) (name : String)
    (shown : Direction × String × Option ValType) (next : LocalType) :
    Steps t name shown next ↔
      ∃ r, resolve (unfoldFully t) name = some r ∧ r.shown = shown ∧ r.next = next := by
  rcases K16_unfolding_arrives t hc with h | ⟨he, hn⟩
  · rw [← steps_head _ h, unfolded_at_once t h]
    exact steps_unfolded _ t hc name shown next
  · constructor
    · intro h
      obtain ⟨n, h⟩ := steps_end t name shown next h hc
      rw [hn n] at h
      cases h
    · rintro ⟨r, hr, _⟩
      have := hn 0
      rw [he] at hr
      cases t <;> simp_all [resolve, LocalType.unfoldSteps, LocalType.isMu]

/-! ### Following labels -/

theorem closed_branch (bs : Branches) (h : ∀ x, bs.free x = false) (name : String) (v : Option ValType)
    (t : LocalType) (hl : bs.last name = some (v, t)) : t.closed := by
  match bs with
  | .nil => simp [Branches.last] at hl
  | .cons l v' t' rest =>
    simp only [Branches.free, Bool.or_eq_false_iff] at h
    simp only [Branches.last] at hl
    split at hl
    · next found hf => cases hl; exact closed_branch rest (fun x => (h x).2) name v t hf
    · split at hl
      · cases hl; exact fun x => (h x).1
      · cases hl

theorem closed_next (t : LocalType) (hc : t.closed) (name : String) (r : Resolution)
    (h : resolve t name = some r) : r.next.closed := by
  cases t with
  | send p bs =>
    simp only [resolve] at h
    split at h
    · next v n hv =>
      cases h; exact closed_branch bs (fun x => by simpa [LocalType.free] using hc x) name v n hv
    · cases h
  | recv p bs =>
    simp only [resolve] at h
    split at h
    · next v n hv =>
      cases h; exact closed_branch bs (fun x => by simpa [LocalType.free] using hc x) name v n hv
    · cases h
  | _ => simp [resolve] at h

theorem follow_follows (labels : List String) (t : LocalType) (hc : t.closed)
    (shown : List (Direction × String × Option ValType)) :
    follow (unfoldFully t) labels = some shown ↔ Follows t labels shown := by
  induction labels generalizing t shown with
  | nil =>
    simp only [follow]
    exact ⟨fun h => by cases h; exact .nil, fun h => by cases h; rfl⟩
  | cons name names ih =>
    constructor
    · intro h
      simp only [follow] at h
      split at h
      · cases h
      · next r hr =>
        have hn := closed_next _ (K16_unfolding_stays_closed t hc) name r hr
        split at h
        · cases h
        · next rest hrest =>
          cases h
          exact .cons ((steps_resolve t hc name _ _).mpr ⟨r, hr, rfl, rfl⟩) ((ih _ hn _).mp hrest)
    · intro h
      cases h with
      | cons hs hf =>
        obtain ⟨r, hr, rfl, rfl⟩ := (steps_resolve t hc name _ _).mp hs
        have hn := closed_next _ (K16_unfolding_stays_closed t hc) name r hr
        simp only [follow, hr, (ih _ hn _).mpr hf]

/-- K16 holds under `hardened`: from the opening on, what a role's typed steps show, and which labels they
accept, is what the steps of its type show, each recursion substituted as the papers have it; for every
type without free variables. -/
theorem K16_hardened : K16 .hardened := by
  intro sid roles types config role t labels shown hr ht hc
  have opened := opened_type unfoldFully types role t ht roles [] (.inl hr)
  have same := follow_steps labels (Session.start sid
    (makePlan Contract.hardened.openedType roles types) config).body role ⟨unfoldFully t, t⟩ opened
  rw [same]
  exact follow_follows labels t hc shown

end Telltale
