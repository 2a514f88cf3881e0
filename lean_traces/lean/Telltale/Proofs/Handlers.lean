module

public import Telltale.Proofs.Stores
public import Telltale.Proofs.Progress

/-!
K17 of the two tables of handlers: the bindings as they were given, by edge, and those that `lookup_handler`
reads, by pair of roles.
-/

@[expose] public section

namespace Telltale

/-- What `lookup_handler` finds for a pair of roles was bound for the session's own edge between these two
listed roles: a binding for another session's edge is never found. -/
def K17Found (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (ops : List SessionOp) (a b handler : String),
    find (a, b) (opening k sid roles types config ops).body.pairHandlers = some handler →
    a ∈ roles ∧ b ∈ roles ∧ (⟨sid, a, b⟩, handler) ∈ (opening k sid roles types config ops).body.edgeHandlers

theorem mem_put {κ α} [DecidableEq κ] (lt : κ → κ → Bool) (k : κ) (a : α) (xs : List (κ × α)) (x : κ × α) :
    (x = (k, a) → x ∈ put lt k a xs) ∧ (x ∈ xs → x.1 ≠ k → x ∈ put lt k a xs) ∧
    (x ∈ put lt k a xs → x = (k, a) ∨ x ∈ xs) := by
  induction xs with
  | nil => simp [put]
  | cons y ys ih =>
    obtain ⟨k', a'⟩ := y
    simp only [put]
    split
    · grind
    · split <;> grind

/-- All bindings are of the session's own edges, and what is found was bound for such an edge. -/
def agree (sid : Nat) (roles : List String) (b : Body) : Prop :=
  b.roles = roles ∧ (∀ e h, (e, h) ∈ b.edgeHandlers → e.sid = sid) ∧
  ∀ x y h, find (x, y) b.pairHandlers = some h → x ∈ roles ∧ y ∈ roles ∧ (⟨sid, x, y⟩, h) ∈ b.edgeHandlers

theorem find_bound (roles : List String) (e : Edge) (handler : String)
    (pairs : List ((String × String) × String)) (x y h : String)
    (hf : find (x, y) (Body.bound roles e handler pairs) = some h) :
    (x = e.sender ∧ y = e.receiver ∧ h = handler ∧ x ∈ roles ∧ y ∈ roles) ∨
    (find (x, y) pairs = some h ∧ ¬ (x = e.sender ∧ y = e.receiver ∧ x ∈ roles ∧ y ∈ roles)) := by
  have hs := has_mem e.sender roles
  have hr := has_mem e.receiver roles
  have hs' := mem_has e.sender roles
  have hr' := mem_has e.receiver roles
  simp only [Body.bound] at hf
  split at hf
  · next hl =>
    simp only [Bool.and_eq_true] at hl
    simp only [find_put, Prod.mk.injEq] at hf
    grind
  · next hl =>
    simp only [Bool.and_eq_true] at hl
    grind

theorem agree_mutate (sid : Nat) (roles : List String) (b : Body) (m : Mutation) (h : agree sid roles b)
    (hm : ∀ e, m.edge = some e → e.sid = sid) : agree sid roles (b.mutate m) := by
  obtain ⟨hr, ho, h⟩ := h
  cases m with
  | setDefaultHandler handler => exact ⟨hr, ho, h⟩
  | updateTrace e ts => exact ⟨hr, ho, h⟩
  | updateEdgeHandler e handler =>
    have he := hm e rfl
    have put := mem_put edgeLt e handler b.edgeHandlers
    refine ⟨hr, fun e' h' hx => ?_, fun x y h' hf => ?_⟩
    · rcases (put (e', h')).2.2 hx with hx | hx
      · cases hx; exact he
      · exact ho e' h' hx
    · simp only [Body.mutate, hr] at hf ⊢
      rcases find_bound roles e handler _ x y h' hf with ⟨h1, h2, h3, h4, h5⟩ | ⟨hf, hn⟩
      · refine ⟨h4, h5, (put _).1 ?_⟩
        subst h1 h2 h3 he
        rfl
      · obtain ⟨h1, h2, h3⟩ := h x y h' hf
        refine ⟨h1, h2, (put _).2.1 h3 ?_⟩
        rintro rfl
        exact hn ⟨rfl, rfl, h1, h2⟩

theorem agree_reload (k : Contract) (sid : Nat) (roles : List String) (b : Body) (h : agree sid roles b) :
    agree sid roles (b.reload k) := by
  obtain ⟨hr, ho, _⟩ := h
  have all : ∀ (bindings : List (Edge × String)) (pairs : List ((String × String) × String)),
      (∀ e h, (e, h) ∈ bindings → e.sid = sid) → ∀ x y h,
      find (x, y) (Body.rebound roles bindings pairs) = some h →
      find (x, y) pairs = some h ∨ (x ∈ roles ∧ y ∈ roles ∧ (⟨sid, x, y⟩, h) ∈ bindings) := by
    intro bindings
    induction bindings with
    | nil => exact fun _ _ _ _ _ h => .inl h
    | cons binding rest ih =>
      obtain ⟨e, handler⟩ := binding
      intro pairs ho x y h hf
      have he := ho e handler (by simp)
      rcases ih _ (fun e h hx => ho e h (by simp [hx])) x y h hf with hf | ⟨h1, h2, h3⟩
      · rcases find_bound roles e handler _ x y h hf with ⟨h1, h2, h3, h4, h5⟩ | ⟨hf, _⟩
        · refine .inr ⟨h4, h5, ?_⟩
          subst h1 h2 h3 he
          simp
        · exact .inl hf
      · exact .inr ⟨h1, h2, by simp [h3]⟩
  refine ⟨hr, ho, fun x y h hf => ?_⟩
  simp only [Body.reload, hr] at hf
  rcases all b.edgeHandlers [] ho x y h hf with hf | hx
  · simp [find] at hf
  · exact hx

/-- K17 holds under `hardened` of both tables of handlers: what `lookup_handler` finds was bound for the session's
own edge between two listed roles, after any sequence of operations since its opening. -/
theorem K17_hardened_found : K17Found .hardened := by
  intro sid roles types config ops a b handler
  refine (kept_opening (fun s => s.own.sid = sid ∧ agree sid roles s.body) .hardened
    ?_ sid roles types config ⟨rfl, rfl, ?_⟩ ops).2.2.2 a b handler
  · intro s op ⟨hs, ha⟩
    refine ⟨(after_sid _ s op).trans hs, ?_⟩
    cases op with
    | own op =>
      simp only [Session.after]
      split
      · next a ho =>
        cases op with
        | mutate c m =>
          refine agree_mutate sid roles s.body m ha fun e he => ?_
          rw [← hs]
          exact (touches_own s.own c m e he (by rw [ho]; rfl)).1
        | _ => exact ha
      · exact ha
    | body op =>
      have frame := body_frame .hardened s.own.sid s.body op
      cases frame.2.2 with
      | inl h => unfold agree at ha ⊢; simp only [Session.after, frame.1, frame.2.1, h.1]; exact ha
      | inr h => subst h; exact agree_reload .hardened sid roles s.body ha
    | host call =>
      simp only [Session.after]
      split
      · refine agree_mutate sid roles s.body _ ha fun e he => ?_
        cases call <;> simp only [HostCall.mutation, Mutation.edge] at he <;> cases he <;> exact hs
      · exact ha
  · simp [Session.start, find]

end Telltale
