module

public import Telltale.Proofs.HonestBodies
public import Telltale.Proofs.Blueprint

/-!
A session that an honest client opens, or plans, is the same under both contracts.
-/

@[expose] public section

namespace Telltale

theorem rows_opened (sid : Nat) (config : BufferConfig) (es : List PlanEdge)
    (acc acc' : List ((String × String) × Buffer)) (h : Rows (SameBuffer sid) acc acc') :
    Rows (SameBuffer sid) (openBuffers config es acc) (openBuffers config es acc') := by
  induction es generalizing acc acc' with
  | nil => exact h
  | cons e es ih => exact ih _ _ (rows_put textPairLt h ⟨rfl, rfl, rfl, .nil⟩)

theorem opened_empty (config : BufferConfig) (es : List PlanEdge) (acc : List ((String × String) × Buffer))
    (pair : String × String) (b : Buffer) (h : ∀ b, find pair acc = some b → b = Buffer.empty config)
    (hf : find pair (openBuffers config es acc) = some b) : b = Buffer.empty config := by
  induction es generalizing acc with
  | nil => exact h b hf
  | cons e es ih =>
    refine ih _ ?_ hf
    intro b hb
    rw [find_put] at hb
    split at hb
    · cases hb; rfl
    · exact h b hb

theorem opened_whole (config : BufferConfig) (es : List PlanEdge) (acc : List ((String × String) × Buffer))
    (pair : String × String) (h : (∃ b, find pair acc = some b) ∨ ∃ e, e ∈ es ∧ (e.sender, e.receiver) = pair) :
    ∃ b, find pair (openBuffers config es acc) = some b := by
  induction es generalizing acc with
  | nil =>
    rcases h with h | ⟨e, he, _⟩
    · exact h
    · cases he
  | cons e es ih =>
    refine ih _ ?_
    simp only [find_put]
    rcases h with ⟨b, hb⟩ | ⟨e', he, hp⟩
    · by_cases hp : pair = (e.sender, e.receiver)
      · exact .inl ⟨_, if_pos hp⟩
      · exact .inl ⟨b, by rw [if_neg hp]; exact hb⟩
    · cases he with
      | head => exact .inl ⟨_, if_pos hp.symm⟩
      | tail _ he => exact .inr ⟨e', he, hp⟩

theorem initial_same (types : List (String × LocalType)) (roles : List String) (h : ∀ x ∈ types, finiteType x.2) :
    initialTypes Contract.hardened.openedType types roles = initialTypes Contract.telltale17.openedType types roles ∧
    ∀ x ∈ initialTypes Contract.telltale17.openedType types roles, finiteType x.2.current := by
  induction roles with
  | nil => exact ⟨rfl, by simp [initialTypes]⟩
  | cons r rs ih =>
    simp only [initialTypes]
    split
    · next t hf =>
      have ht := h _ (mem_of_find hf)
      have e1 : Contract.hardened.openedType t = t := (finite_unfolded t ht).2
      have e2 : Contract.telltale17.openedType t = t := (finite_unfolded t ht).1
      rw [e1, e2, ih.1]
      refine ⟨rfl, ?_⟩
      intro x hx
      cases hx with
      | head => exact ht
      | tail _ hx => exact ih.2 x hx
    · exact ih

theorem plan_same (roles : List String) (types : List (String × LocalType)) (h : ∀ x ∈ types, finiteType x.2) :
    makePlan Contract.hardened.openedType roles types = makePlan Contract.telltale17.openedType roles types := by
  simp only [makePlan, (initial_same types roles h).1]

theorem table_finite (ps : List (String × TypeState)) (acc : List (String × TypeState))
    (hp : ∀ x ∈ ps, finiteType x.2.current) (ha : ∀ r s, find r acc = some s → finiteType s.current)
    (r : String) (s : TypeState) (h : find r (typeTable ps acc) = some s) : finiteType s.current := by
  induction ps generalizing acc with
  | nil => exact ha r s h
  | cons p ps ih =>
    obtain ⟨r', s'⟩ := p
    refine ih _ (fun x hx => hp x (.tail _ hx)) ?_ h
    intro r'' s'' h''
    rw [find_put] at h''
    split at h''
    · cases h''; exact hp _ (.head _)
    · exact ha _ _ h''

theorem start_in_step (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (ht : ∀ x ∈ types, finiteType x.2) (hc : config.policy.fits (Nat.max 1 config.capacity)) :
    BodyInStep sid (Session.start sid (makePlan Contract.telltale17.openedType roles types) config).body
      (Session.start sid (makePlan Contract.hardened.openedType roles types) config).body ∧
    (Session.start sid (makePlan Contract.telltale17.openedType roles types) config).body.isWhole := by
  rw [plan_same roles types ht]
  refine ⟨⟨⟨rfl, rfl, rfl, rfl, rfl, rows_opened sid config _ [] [] .nil, rfl, rfl, rfl, rfl, rfl⟩, ?_, ?_⟩, ?_⟩
  · intro pair b hb
    rw [opened_empty config _ [] pair b (by simp [find]) hb]
    exact hc
  · exact table_finite _ [] (initial_same types roles ht).2 (by simp [find])
  · intro e he
    obtain ⟨b, hb⟩ := opened_whole config _ [] (e.sender, e.receiver) (.inr ⟨e, he, rfl⟩)
    have hb : find (e.sender, e.receiver)
      (Session.start sid (makePlan Contract.telltale17.openedType roles types) config).body.buffers = some b := hb
    simp only [Body.bufferedEdges.buffered, hb]

theorem repeats_none (roles seen : List String) (hn : roles.Nodup) (hs : ∀ r ∈ roles, has r seen = false) :
    Contract.repeatedRole.firstRepeat roles seen = none := by
  induction roles generalizing seen with
  | nil => rfl
  | cons r rs ih =>
    rw [List.nodup_cons] at hn
    simp only [Contract.repeatedRole.firstRepeat, hs r (.head _)]
    refine ih _ hn.2 ?_
    intro x hx
    cases e : has x (insert textLt r seen) with
    | false => rfl
    | true =>
      rcases (has_insert x r seen).mp e with rfl | e
      · exact absurd hx hn.1
      · rw [hs x (.tail _ hx)] at e; cases e

theorem refused_same (roles : List String) (hn : roles.Nodup) :
    Store.refusedRoles .hardened roles = Store.refusedRoles .telltale17 roles := by
  unfold Store.refusedRoles
  have : Contract.hardened.repeatedRole roles = none := repeats_none roles [] hn (by simp [has])
  rw [this]
  rfl

end Telltale
