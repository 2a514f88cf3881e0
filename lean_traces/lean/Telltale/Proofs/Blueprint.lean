module

public import Telltale.Proofs.Tables

/-!
K15: the edge blueprint holds exactly the edges that the types name.
-/

@[expose] public section

namespace Telltale

/-- The type is the continuation of one of the branches. -/
def Branches.holds (t : LocalType) : Branches → Prop
  | .nil => False
  | .cons _ _ next rest => t = next ∨ rest.holds t

/-- Some Send (to) or Recv (from) in the type names the partner: at its head, under a Mu, or in a
branch. -/
inductive Names : LocalType → Direction → String → Prop
  | send (p : String) (bs : Branches) : Names (.send p bs) .send p
  | recv (p : String) (bs : Branches) : Names (.recv p bs) .recv p
  | mu (v : String) {b : LocalType} {d : Direction} {p : String} : Names b d p → Names (.mu v b) d p
  | inSend (q : String) {bs : Branches} {t : LocalType} {d : Direction} {p : String} :
      bs.holds t → Names t d p → Names (.send q bs) d p
  | inRecv (q : String) {bs : Branches} {t : LocalType} {d : Direction} {p : String} :
      bs.holds t → Names t d p → Names (.recv q bs) d p

mutual
theorem names_of_mentions (t : LocalType) (d : Direction) (p : String) (h : (d, p) ∈ t.mentions) :
    Names t d p := by
  cases t with
  | done => simp [LocalType.mentions] at h
  | var v => simp [LocalType.mentions] at h
  | mu v b => exact .mu v (names_of_mentions b d p (by simpa [LocalType.mentions] using h))
  | send q bs =>
    simp only [LocalType.mentions, List.mem_cons, Prod.mk.injEq] at h
    cases h with
    | inl h => rw [h.1, h.2]; exact .send q bs
    | inr h =>
      obtain ⟨t, ht, hn⟩ := names_of_branches bs d p h
      exact .inSend q ht hn
  | recv q bs =>
    simp only [LocalType.mentions, List.mem_cons, Prod.mk.injEq] at h
    cases h with
    | inl h => rw [h.1, h.2]; exact .recv q bs
    | inr h =>
      obtain ⟨t, ht, hn⟩ := names_of_branches bs d p h
      exact .inRecv q ht hn

theorem names_of_branches (bs : Branches) (d : Direction) (p : String) (h : (d, p) ∈ bs.mentions) :
    ∃ t, bs.holds t ∧ Names t d p := by
  cases bs with
  | nil => simp [Branches.mentions] at h
  | cons l v next rest =>
    simp only [Branches.mentions, mem_cat] at h
    cases h with
    | inl h => exact ⟨next, .inl rfl, names_of_mentions next d p h⟩
    | inr h =>
      obtain ⟨t, ht, hn⟩ := names_of_branches rest d p h
      exact ⟨t, .inr ht, hn⟩
end

theorem branches_mention (bs : Branches) (t : LocalType) (x : Direction × String) (hb : bs.holds t)
    (h : x ∈ t.mentions) : x ∈ bs.mentions := by
  match bs with
  | .nil => exact hb.elim
  | .cons _ _ next rest =>
    simp only [Branches.mentions, mem_cat]
    cases hb with
    | inl e => left; rw [← e]; exact h
    | inr e => right; exact branches_mention rest t x e h

theorem mentions_of_names (t : LocalType) (d : Direction) (p : String) (h : Names t d p) :
    (d, p) ∈ t.mentions := by
  induction h with
  | send p bs => simp [LocalType.mentions]
  | recv p bs => simp [LocalType.mentions]
  | mu v _ ih => simpa [LocalType.mentions] using ih
  | inSend q hb _ ih => simp only [LocalType.mentions, List.mem_cons]; right; exact branches_mention _ _ _ hb ih
  | inRecv q hb _ ih => simp only [LocalType.mentions, List.mem_cons]; right; exact branches_mention _ _ _ hb ih

theorem mem_insert (e x : PlanEdge) (es : List PlanEdge) :
    e ∈ insert planEdgeLt x es ↔ e = x ∨ e ∈ es := by
  induction es with
  | nil => simp [insert]
  | cons y ys ih =>
    simp only [insert]
    split
    · next h => subst h; simp
    · split
      · simp
      · simp only [List.mem_cons, ih]
        grind

theorem mem_edgesOfRole (ids : List (String × Nat)) (r : String) (i : Nat)
    (ms : List (Direction × String)) (acc : List PlanEdge) (e : PlanEdge) :
    e ∈ edgesOfRole ids r i ms acc ↔ e ∈ acc ∨ ∃ d p, (d, p) ∈ ms ∧ edgeOf ids r i d p = some e := by
  induction ms generalizing acc with
  | nil => simp [edgesOfRole]
  | cons m ms ih =>
    obtain ⟨d, p⟩ := m
    simp only [edgesOfRole]
    split
    · next e' he =>
      rw [ih, mem_insert]
      constructor
      · rintro ((h | h) | ⟨d', p', hm, hx⟩)
        · right; exact ⟨d, p, by simp, by rw [he, h]⟩
        · left; exact h
        · right; exact ⟨d', p', by simp [hm], hx⟩
      · rintro (h | ⟨d', p', hm, hx⟩)
        · left; right; exact h
        · simp only [List.mem_cons, Prod.mk.injEq] at hm
          rcases hm with ⟨rfl, rfl⟩ | hm
          · left; left; rw [he] at hx; exact (Option.some.inj hx).symm
          · right; exact ⟨d', p', hm, hx⟩
    · next he =>
      rw [ih]
      constructor
      · rintro (h | ⟨d', p', hm, hx⟩)
        · left; exact h
        · right; exact ⟨d', p', by simp [hm], hx⟩
      · rintro (h | ⟨d', p', hm, hx⟩)
        · left; exact h
        · simp only [List.mem_cons, Prod.mk.injEq] at hm
          rcases hm with ⟨rfl, rfl⟩ | hm
          · rw [he] at hx; exact absurd hx (by simp)
          · right; exact ⟨d', p', hm, hx⟩

/-- What the blueprint should hold: an edge that some listed role's type asks for. -/
def Asked (roles : List String) (types : List (String × LocalType)) (ids : List (String × Nat))
    (e : PlanEdge) : Prop :=
  ∃ r t i d p, r ∈ roles ∧ find r types = some t ∧ find r ids = some i ∧ Names t d p ∧
    edgeOf ids r i d p = some e

theorem mem_edgesOfRoles (ids : List (String × Nat)) (types : List (String × LocalType))
    (roles : List String) (acc : List PlanEdge) (e : PlanEdge) :
    e ∈ edgesOfRoles ids types roles acc ↔ e ∈ acc ∨ Asked roles types ids e := by
  induction roles generalizing acc with
  | nil => simp [edgesOfRoles, Asked]
  | cons r rs ih =>
    simp only [edgesOfRoles]
    split
    · next t i ht hi =>
      rw [ih, mem_edgesOfRole]
      constructor
      · rintro ((h | ⟨d, p, hm, hx⟩) | ⟨r', t', i', d, p, hr, h⟩)
        · left; exact h
        · right; exact ⟨r, t, i, d, p, by simp, ht, hi, names_of_mentions t d p hm, hx⟩
        · right; exact ⟨r', t', i', d, p, by simp [hr], h⟩
      · rintro (h | ⟨r', t', i', d, p, hr, ht', hi', hn, hx⟩)
        · left; left; exact h
        · simp only [List.mem_cons] at hr
          rcases hr with rfl | hr
          · rw [ht] at ht'; rw [hi] at hi'
            cases ht'; cases hi'
            left; right; exact ⟨d, p, mentions_of_names t d p hn, hx⟩
          · right; exact ⟨r', t', i', d, p, hr, ht', hi', hn, hx⟩
    · next hno =>
      rw [ih]
      constructor
      · rintro (h | ⟨r', t', i', d, p, hr, h⟩)
        · left; exact h
        · right; exact ⟨r', t', i', d, p, by simp [hr], h⟩
      · rintro (h | ⟨r', t', i', d, p, hr, ht', hi', h⟩)
        · left; exact h
        · simp only [List.mem_cons] at hr
          rcases hr with rfl | hr
          · exact absurd hi' (hno t' i' ht')
          · right; exact ⟨r', t', i', d, p, hr, ht', hi', h⟩

/-- K15: the blueprint holds exactly the edges that a Send or Recv in some listed role's type names,
with a listed partner of another id. -/
theorem K15_blueprint_exact (roles : List String) (types : List (String × LocalType)) (e : PlanEdge) :
    e ∈ blueprint roles types ↔ Asked roles types (roleIds roles) e := by
  simp [blueprint, mem_edgesOfRoles]

/-- K15: an edge that is asked for joins two different listed roles, sender first. -/
theorem K15_edges_join_listed (ids : List (String × Nat)) (r p : String) (i : Nat) (d : Direction)
    (e : PlanEdge) (hi : find r ids = some i) (h : edgeOf ids r i d p = some e) :
    find e.sender ids = some e.ids.1 ∧ find e.receiver ids = some e.ids.2 ∧ e.ids.1 ≠ e.ids.2 := by
  simp only [edgeOf] at h
  split at h
  · simp at h
  · next j hj =>
    split at h
    · simp at h
    · next hne =>
      cases d <;> simp at h <;> subst h <;> simp [hi, hj] <;> omega

/-- Ascending by ids, every entry different from all before it. -/
def Ascends (es : List PlanEdge) : Prop :=
  es.Pairwise fun a b => a ≠ b ∧ pairLt b.ids a.ids = false

theorem insert_ascends (x : PlanEdge) (es : List PlanEdge) (h : Ascends es) :
    Ascends (insert planEdgeLt x es) := by
  unfold Ascends at h ⊢
  induction es with
  | nil => simp [insert]
  | cons y ys ih =>
    rw [List.pairwise_cons] at h
    simp only [insert]
    split
    · rw [List.pairwise_cons]; exact h
    · next hne =>
      split
      · next hlt =>
        rw [List.pairwise_cons]
        refine ⟨?_, by rw [List.pairwise_cons]; exact h⟩
        intro z hz
        simp only [List.mem_cons] at hz
        rcases hz with rfl | hz
        · refine ⟨hne, ?_⟩
          simp [planEdgeLt, pairLt, natLt] at hlt ⊢; omega
        · have := (h.1 z hz).2
          refine ⟨?_, ?_⟩
          · rintro rfl
            simp_all [planEdgeLt]
          · simp [planEdgeLt, pairLt, natLt] at hlt this ⊢; omega
      · next hlt =>
        rw [List.pairwise_cons]
        refine ⟨?_, ih h.2⟩
        intro z hz
        rw [mem_insert] at hz
        rcases hz with rfl | hz
        · exact ⟨fun e => hne e.symm, by simpa [planEdgeLt] using hlt⟩
        · exact h.1 z hz

theorem edgesOfRole_ascends (ids : List (String × Nat)) (r : String) (i : Nat)
    (ms : List (Direction × String)) (acc : List PlanEdge) (h : Ascends acc) :
    Ascends (edgesOfRole ids r i ms acc) := by
  induction ms generalizing acc with
  | nil => exact h
  | cons m ms ih =>
    obtain ⟨d, p⟩ := m
    simp only [edgesOfRole]
    split
    · exact ih _ (insert_ascends _ _ h)
    · exact ih _ h

theorem edgesOfRoles_ascends (ids : List (String × Nat)) (types : List (String × LocalType))
    (roles : List String) (acc : List PlanEdge) (h : Ascends acc) :
    Ascends (edgesOfRoles ids types roles acc) := by
  induction roles generalizing acc with
  | nil => exact h
  | cons r rs ih =>
    simp only [edgesOfRoles]
    split
    · exact ih _ (edgesOfRole_ascends _ _ _ _ _ h)
    · exact ih _ h

theorem roleIds_role (roles : List String) (n i : Nat) (acc : List (String × Nat)) (r : String)
    (h : find r (roleIdsFrom roles n acc) = some i) :
    find r acc = some i ∨ (n ≤ i ∧ roles[i - n]? = some r) := by
  induction roles generalizing n acc with
  | nil => exact .inl h
  | cons x xs ih =>
    simp only [roleIdsFrom] at h
    rcases ih _ _ h with hh | ⟨hn, h⟩
    · clear h
      rw [find_put] at hh
      split at hh
      · next e => subst e; simp at hh; subst hh; right; simp
      · exact .inl hh
    · right
      refine ⟨by omega, ?_⟩
      rw [show i - n = (i - (n + 1)) + 1 by omega]
      simpa using h

theorem ids_name_roles (roles : List String) (a b : String) (i : Nat) (ha : find a (roleIds roles) = some i)
    (hb : find b (roleIds roles) = some i) : a = b := by
  have ha := roleIds_role roles 0 i [] a ha
  have hb := roleIds_role roles 0 i [] b hb
  simp [find] at ha hb
  rw [ha] at hb
  exact Option.some.inj hb

/-- K15: the blueprint is strictly ascending by ids: sorted, without repeats. -/
theorem K15_blueprint_sorted (roles : List String) (types : List (String × LocalType)) :
    (blueprint roles types).Pairwise fun a b => pairLt a.ids b.ids = true := by
  have ha : Ascends (blueprint roles types) := edgesOfRoles_ascends _ _ _ _ (by simp [Ascends])
  have joins : ∀ e, e ∈ blueprint roles types →
      find e.sender (roleIds roles) = some e.ids.1 ∧ find e.receiver (roleIds roles) = some e.ids.2 := by
    intro e he
    obtain ⟨r, t, i, d, p, _, _, hi, _, hx⟩ := (K15_blueprint_exact roles types e).mp he
    have := K15_edges_join_listed _ r p i d e hi hx
    exact ⟨this.1, this.2.1⟩
  refine List.Pairwise.imp_of_mem ?_ ha
  intro a b hma hmb ⟨hne, hlt⟩
  have hja := joins a hma
  have hjb := joins b hmb
  by_cases he : a.ids = b.ids
  · rw [he] at hja
    have h1 := ids_name_roles roles _ _ _ hja.1 hjb.1
    have h2 := ids_name_roles roles _ _ _ hja.2 hjb.2
    exact absurd (by cases a; cases b; simp_all) hne
  · obtain ⟨⟨a1, a2⟩, _, _⟩ := a
    obtain ⟨⟨b1, b2⟩, _, _⟩ := b
    simp [pairLt, natLt] at hlt he ⊢
    omega

/-! ### The edges of distinct roles -/

/-- Some reachable send or receive needs the edge from `a` to `b`: the type of `a` sends to `b`, or that of
`b` receives from `a`. -/
def Needs (types : List (String × LocalType)) (a b : String) : Prop :=
  (∃ t, find a types = some t ∧ Names t .send b) ∨ (∃ t, find b types = some t ∧ Names t .recv a)

/-- The edges are exactly those between two different listed roles that some send or receive needs, each
with the places of its roles in the list, in this direction. -/
def ExactEdges (roles : List String) (types : List (String × LocalType)) (edges : List PlanEdge) : Prop :=
  ∀ (i j : Nat) (a b : String), ⟨(i, j), a, b⟩ ∈ edges ↔
    roles[i]? = some a ∧ roles[j]? = some b ∧ a ≠ b ∧ Needs types a b

/-- In every plan the id of a role is its place in the list, and the edges are exactly those that some
reachable send or receive needs. -/
def K15 (k : Contract) : Prop :=
  ∀ (st : Store) (roles : List String) (types : List (String × LocalType)) (plan : Plan),
    (step k st (.plan roles types)).outcome = .ok (.plan plan) →
    (∀ (i : Nat) (r : String), roles[i]? = some r → find r plan.roleIds = some i) ∧
    ExactEdges roles types plan.edges

theorem has_insert (x y : String) (ys : List String) :
    has x (insert textLt y ys) = true ↔ x = y ∨ has x ys = true := by
  induction ys with
  | nil => simp [insert, has]
  | cons z zs ih => simp only [insert]; grind [has]

theorem firstRepeat_none (roles seen : List String)
    (h : Contract.repeatedRole.firstRepeat roles seen = none) :
    (∀ r, r ∈ roles → has r seen = false) ∧ roles.Pairwise (· ≠ ·) := by
  induction roles generalizing seen with
  | nil => simp
  | cons r rs ih =>
    simp only [Contract.repeatedRole.firstRepeat] at h
    split at h
    · simp at h
    · next hr =>
      obtain ⟨hs, hp⟩ := ih _ h
      have hn := fun x (hx : x ∈ rs) => mt (has_insert x r seen).mpr (by simp [hs x hx])
      refine ⟨?_, ?_⟩
      · intro x hx
        cases hx with
        | head => simpa using hr
        | tail _ hx => simpa using fun hh => hn x hx (.inr hh)
      · rw [List.pairwise_cons]
        exact ⟨fun x hx e => hn x hx (.inl e.symm), hp⟩

theorem roleIds_unlisted (r : String) (roles : List String) (n : Nat) (acc : List (String × Nat))
    (h : r ∉ roles) : find r (roleIdsFrom roles n acc) = find r acc := by
  induction roles generalizing n acc with
  | nil => rfl
  | cons x xs ih =>
    simp only [List.mem_cons, not_or] at h
    simp only [roleIdsFrom]
    rw [ih _ _ h.2, find_put, if_neg h.1]

theorem roleIds_place (roles : List String) (hp : roles.Pairwise (· ≠ ·)) (n i : Nat)
    (acc : List (String × Nat)) (r : String) (h : roles[i]? = some r) :
    find r (roleIdsFrom roles n acc) = some (n + i) := by
  induction roles generalizing n i acc with
  | nil => simp at h
  | cons x xs ih =>
    rw [List.pairwise_cons] at hp
    simp only [roleIdsFrom]
    cases i with
    | zero =>
      simp at h
      subst h
      rw [roleIds_unlisted _ _ _ _ (fun hx => hp.1 _ hx rfl), find_put, if_pos rfl]
      rfl
    | succ i =>
      simp at h
      rw [ih hp.2 (n + 1) i _ h]
      congr 1; omega

theorem distinct_roles (roles : List String) (h : Store.refusedRoles .hardened roles = none) :
    roles.Pairwise (· ≠ ·) := by
  simp only [Store.refusedRoles, Contract.repeatedRole] at h
  have : Contract.repeatedRole.firstRepeat roles [] = none := by grind
  exact (firstRepeat_none _ _ this).2

theorem roleIds_iff (roles : List String) (hp : roles.Pairwise (· ≠ ·)) (r : String) (i : Nat) :
    find r (roleIds roles) = some i ↔ roles[i]? = some r := by
  constructor
  · intro h
    have := roleIds_role roles 0 i [] r h
    simpa [find] using this
  · intro h
    have := roleIds_place roles hp 0 i [] r h
    simpa [roleIds] using this

theorem edgeOf_some (ids : List (String × Nat)) (r p : String) (i : Nat) (d : Direction) (e : PlanEdge) :
    edgeOf ids r i d p = some e ↔ ∃ j, find p ids = some j ∧ i ≠ j ∧
      ((d = .send ∧ e = ⟨(i, j), r, p⟩) ∨ (d = .recv ∧ e = ⟨(j, i), p, r⟩)) := by
  constructor
  · intro h
    simp only [edgeOf] at h
    split at h
    · simp at h
    · next j hj =>
      split at h
      · simp at h
      · next hne =>
        refine ⟨j, hj, hne, ?_⟩
        cases d <;> simp at h <;> subst h <;> simp
  · rintro ⟨j, hj, hne, ⟨rfl, rfl⟩ | ⟨rfl, rfl⟩⟩ <;> simp [edgeOf, hj, hne]

theorem blueprint_edges (roles : List String) (types : List (String × LocalType))
    (hp : roles.Pairwise (· ≠ ·)) : ExactEdges roles types (blueprint roles types) := by
  intro i j a b
  have ids := roleIds_iff roles hp
  have differ : ∀ {i j : Nat} {a b : String}, roles[i]? = some a → roles[j]? = some b → i ≠ j → a ≠ b := by
    rintro i j a b ha hb hne rfl
    have := ((ids a i).mpr ha).symm.trans ((ids a j).mpr hb)
    exact hne (Option.some.inj this)
  rw [K15_blueprint_exact]
  constructor
  · rintro ⟨r, t, i', d, p, _, ht, hi, hn, he⟩
    obtain ⟨j', hj, hne, h⟩ := (edgeOf_some _ _ _ _ _ _).mp he
    have hi := (ids _ _).mp hi
    have hj := (ids _ _).mp hj
    rcases h with ⟨rfl, h⟩ | ⟨rfl, h⟩ <;> cases h
    · exact ⟨hi, hj, differ hi hj hne, .inl ⟨t, ht, hn⟩⟩
    · exact ⟨hj, hi, differ hj hi (Ne.symm hne), .inr ⟨t, ht, hn⟩⟩
  · rintro ⟨hi, hj, hne, ⟨t, ht, hn⟩ | ⟨t, ht, hn⟩⟩
    · have hij : i ≠ j := by rintro rfl; exact hne (Option.some.inj (hi.symm.trans hj))
      exact ⟨a, t, i, .send, b, List.mem_of_getElem? hi, ht, (ids _ _).mpr hi, hn,
        (edgeOf_some _ _ _ _ _ _).mpr ⟨j, (ids _ _).mpr hj, hij, .inl ⟨rfl, rfl⟩⟩⟩
    · have hij : j ≠ i := by rintro rfl; exact hne (Option.some.inj (hi.symm.trans hj))
      exact ⟨b, t, j, .recv, a, List.mem_of_getElem? hj, ht, (ids _ _).mpr hj, hn,
        (edgeOf_some _ _ _ _ _ _).mpr ⟨i, (ids _ _).mpr hi, hij, .inr ⟨rfl, rfl⟩⟩⟩

/-- K15 holds under `hardened`: a repeated role is refused, the id of each role is its place in the list, and
the edges of a plan are exactly those between two different listed roles that some reachable send or receive
needs, in its direction. -/
theorem K15_hardened : K15 .hardened := by
  intro st roles types plan h
  simp only [step, Store.planned] at h
  split at h
  · simp [Store.fails] at h
  · next hr =>
    simp [Store.says] at h
    subst h
    have hp := distinct_roles roles hr
    exact ⟨fun i r hi => (roleIds_iff roles hp r i).mpr hi, blueprint_edges roles types hp⟩

end Telltale
