module

public import Telltale.Proofs.Rows

/-!
What honest clients do with types, messages and handlers has the same answer under both contracts.
-/

@[expose] public section

namespace Telltale

/-- Everything of a session but its ownership is the same, and so that an honest operation leaves it the same. -/
structure BodyInStep (sid : Nat) (t h : Body) : Prop where
  same : SameBody sid t h
  fits : ∀ pair b, find pair t.buffers = some b → b.policy.fits b.capacity
  finite : ∀ role s, find role t.types = some s → finiteType s.current

namespace Body
/-- Every edge has a buffer. -/
def isWhole (b : Body) : Prop := ∀ e, e ∈ b.edges → Body.bufferedEdges.buffered b e = true
end Body

/-! ### Types without recursion -/

theorem finite_unfolded (t : LocalType) (h : finiteType t) : unfoldMu t = t ∧ unfoldFully t = t := by
  cases t <;> first | exact ⟨rfl, rfl⟩ | exact False.elim h

theorem finite_scoped (t original : LocalType) (h : finiteType t) : unfoldIfVarWithScope t original = (t, none) := by
  cases t <;> first | rfl | exact False.elim h

theorem finite_last (name : String) (bs : Branches) (hb : finiteBranches bs) (v : Option ValType) (n : LocalType)
    (h : bs.last name = some (v, n)) : finiteType n := by
  match bs with
  | .nil => simp [Branches.last] at h
  | .cons l w t rest =>
    simp only [finiteBranches] at hb
    simp only [Branches.last] at h
    cases hr : rest.last name with
    | some f => rw [hr] at h; cases h; exact finite_last name rest hb.2 v n hr
    | none =>
      rw [hr] at h
      simp only at h
      split at h
      · cases h; exact hb.1
      · cases h

theorem finite_resolved (t : LocalType) (label : String) (r : Resolution) (ht : finiteType t)
    (h : resolve t label = some r) : finiteType r.next := by
  cases t with
  | send p bs | recv p bs =>
    simp only [resolve] at h
    split at h
    · next hl => cases h; exact finite_last label bs ht _ _ hl
    · cases h
  | _ => simp [resolve] at h

theorem advance_in_step (sid : Nat) (t h : Body) (role label : String) (hs : BodyInStep sid t h) :
    (t.advance .telltale17 role label = none ∧ h.advance .hardened role label = none) ∨
    ∃ r t' h', t.advance .telltale17 role label = some (r, t') ∧ h.advance .hardened role label = some (r, h') ∧
      BodyInStep sid t' h' ∧ (t.isWhole → t'.isWhole) := by
  unfold Body.advance
  rw [hs.same.types]
  cases hf : find role t.types with
  | none => exact .inl ⟨rfl, rfl⟩
  | some s =>
    simp only
    cases hr : resolve s.current label with
    | none => exact .inl ⟨rfl, rfl⟩
    | some r =>
      have hn := finite_resolved _ _ _ (hs.finite role s hf) hr
      have e1 : Contract.telltale17.advancedType r.next s.original = (r.next, none) := finite_scoped _ _ hn
      have e2 : Contract.hardened.advancedType r.next s.original = (r.next, none) := by
        simp [Contract.advancedType, (finite_unfolded _ hn).2]
      simp only [e1, e2]
      refine .inr ⟨_, _, _, rfl, rfl, ⟨{ hs.same with types := rfl }, hs.fits, ?_⟩, fun hw => hw⟩
      intro role' s' h'
      rw [find_put] at h'
      split at h'
      · cases h'; exact hn
      · exact hs.finite role' s' h'

theorem updateType_in_step (sid : Nat) (t h : Body) (role : String) (new : LocalType) (hs : BodyInStep sid t h)
    (hn : finiteType new) : BodyInStep sid (t.updateType role new) (h.updateType role new) := by
  unfold Body.updateType
  rw [hs.same.types]
  split
  · refine ⟨{ hs.same with types := rfl }, hs.fits, ?_⟩
    intro role' s' h'
    rw [find_put] at h'
    split at h'
    · cases h'; exact hn
    · exact hs.finite role' s' h'
  · exact hs

theorem updateOriginal_in_step (sid : Nat) (t h : Body) (role : String) (new : LocalType)
    (hs : BodyInStep sid t h) : BodyInStep sid (t.updateOriginal role new) (h.updateOriginal role new) := by
  unfold Body.updateOriginal
  rw [hs.same.types]
  split
  · next old hf =>
    refine ⟨{ hs.same with types := rfl }, hs.fits, ?_⟩
    intro role' s' h'
    rw [find_put] at h'
    split at h'
    · cases h'; exact hs.finite role old hf
    · exact hs.finite role' s' h'
  · exact hs

theorem removeType_in_step (sid : Nat) (t h : Body) (role : String) (hs : BodyInStep sid t h) :
    BodyInStep sid (t.removeType role) (h.removeType role) := by
  refine ⟨{ hs.same with types := ?_ }, hs.fits, ?_⟩
  · simp only [Body.removeType, hs.same.types]
  · intro role' s' h'
    simp only [Body.removeType, find_drop] at h'
    split at h'
    · cases h'
    · exact hs.finite role' s' h'

/-! ### Messages -/

theorem grown_fits (capacity max : Nat) (hlt : capacity < max) (h : (Policy.resize max).fits capacity) :
    Contract.telltale17.grown capacity max = capacity + capacity ∧
    Contract.hardened.grown capacity max = capacity + capacity ∧
    (Policy.resize max).fits (capacity + capacity) := by
  obtain ⟨ht, h | ⟨n, hn⟩⟩ := h
  · omega
  · cases n with
    | zero => simp at hn; omega
    | succ n =>
      have hn : max = (capacity + capacity) * 2 ^ n := by
        rw [hn, Nat.pow_succ, Nat.add_mul, Nat.mul_comm (2 ^ n) 2, ← Nat.mul_assoc, Nat.mul_two, Nat.add_mul]
      have hle : capacity + capacity ≤ max := by
        rw [hn]
        exact Nat.le_mul_of_pos_right _ (Nat.two_pow_pos n)
      refine ⟨?_, Nat.min_eq_left hle, ht, .inr ⟨n, hn⟩⟩
      simp only [Contract.grown]
      split <;> omega

theorem enqueue_in_step (sid : Nat) (pair : String × String) (b b' : Buffer) (m m' : Message)
    (hb : SameBuffer sid pair b b') (hm : SameMessage sid pair m m') (hf : b.policy.fits b.capacity) :
    (Body.enqueue .hardened b' m').1 = (Body.enqueue .telltale17 b m).1 ∧
    SameBuffer sid pair (Body.enqueue .telltale17 b m).2 (Body.enqueue .hardened b' m').2 ∧
    (Body.enqueue .telltale17 b m).2.policy.fits (Body.enqueue .telltale17 b m).2.capacity := by
  obtain ⟨mode, policy, capacity, queue⟩ := b
  obtain ⟨mode', policy', capacity', queue'⟩ := b'
  obtain ⟨e1, e2, e3, hq⟩ := hb
  simp only at e1 e2 e3 hq hf
  subst e1 e2 e3
  have hz := alike_size hq
  cases mode' with
  | latestValue => exact ⟨rfl, ⟨rfl, rfl, rfl, .cons hm .nil⟩, hf⟩
  | fifo =>
    simp only [Body.enqueue, hz]
    split
    · exact ⟨rfl, ⟨rfl, rfl, rfl, alike_snoc hq hm⟩, hf⟩
    · cases policy' with
      | resize max =>
        simp only
        split
        · next hlt =>
          obtain ⟨g1, g2, g3⟩ := grown_fits capacity' max hlt hf
          rw [g1, g2]
          exact ⟨rfl, ⟨rfl, rfl, rfl, alike_snoc hq hm⟩, g3⟩
        · exact ⟨rfl, ⟨rfl, rfl, rfl, hq⟩, hf⟩
      | _ => exact ⟨rfl, ⟨rfl, rfl, rfl, hq⟩, hf⟩

theorem whole_put (b b' : Body) (pair : String × String) (q : Buffer) (he : b'.edges = b.edges)
    (hb : b'.buffers = put textPairLt pair q b.buffers) (h : b.isWhole) : b'.isWhole := by
  intro e hm
  rw [he] at hm
  have := h e hm
  simp only [Body.bufferedEdges.buffered, hb, find_put] at this ⊢
  by_cases hp : (e.sender, e.receiver) = pair <;> simp [hp] at this ⊢
  exact this

theorem put_buffer (sid : Nat) (t h : Body) (pair : String × String) (q q' : Buffer)
    (leaves : List ((String × String) × Nat)) (hs : BodyInStep sid t h) (hq : SameBuffer sid pair q q') (hf : q.policy.fits q.capacity) :
    BodyInStep sid { t with buffers := put textPairLt pair q t.buffers, leaves := leaves }
      { h with buffers := put textPairLt pair q' h.buffers, leaves := leaves } := by
  refine ⟨{ hs.same with buffers := rows_put textPairLt hs.same.buffers hq, leaves := rfl }, ?_, hs.finite⟩
  intro pair' b hb
  simp only [find_put] at hb
  split at hb
  · cases hb; exact hf
  · exact hs.fits pair' b hb

theorem offer_in_step (sid : Nat) (t h : Body) (pair : String × String) (q q' : Buffer) (m m' : Message)
    (hs : BodyInStep sid t h) (hq : SameBuffer sid pair q q') (hm : SameMessage sid pair m m')
    (hf : q.policy.fits q.capacity) :
    ∃ e t' h', t.offer .telltale17 pair q m = (e, t') ∧ h.offer .hardened pair q' m' = (e, h') ∧
      BodyInStep sid t' h' ∧ (t.isWhole → t'.isWhole) := by
  obtain ⟨ho, hb, hf⟩ := enqueue_in_step sid pair q q' m m' hq hm hf
  have hleaf : h.addLeaf pair = t.addLeaf pair := by simp only [Body.addLeaf, hs.same.leaves]
  unfold Body.offer
  generalize Body.enqueue .telltale17 q m = x at ho hb hf ⊢
  generalize Body.enqueue .hardened q' m' = y at ho hb ⊢
  obtain ⟨x1, x2⟩ := x
  obtain ⟨y1, y2⟩ := y
  simp only at ho
  subst ho
  cases y1 with
  | ok =>
    refine ⟨_, _, _, rfl, rfl, ?_, whole_put _ _ pair x2 rfl rfl⟩
    rw [hleaf]
    exact put_buffer sid t h pair x2 y2 _ hs hb hf
  | _ =>
    refine ⟨_, _, _, rfl, rfl, ?_, whole_put _ _ pair x2 rfl rfl⟩
    have := put_buffer sid t h pair x2 y2 h.leaves hs hb hf
    exact { this with same := { this.same with leaves := hs.same.leaves } }

theorem send_in_step (sid : Nat) (t h : Body) (pair : String × String) (v : Value) (asked : Option Nat)
    (hs : BodyInStep sid t h) (ha : ∀ n, asked = some n → n = t.following pair) :
    (t.send .telltale17 sid pair v .valid asked = .error (.noBuffer pair.1 pair.2) ∧
      h.send .hardened sid pair v .valid asked = .error (.noBuffer pair.1 pair.2)) ∨
    ∃ e t' h', t.send .telltale17 sid pair v .valid asked = .ok (e, t') ∧
      h.send .hardened sid pair v .valid asked = .ok (e, h') ∧ BodyInStep sid t' h' ∧ (t.isWhole → t'.isWhole) := by
  rcases rows_find pair hs.same.buffers with ⟨e1, e2⟩ | ⟨q, q', e1, e2, hq⟩
  · exact .inl ⟨by simp only [Body.send, e1], by simp only [Body.send, e2]⟩
  · have hfol : h.following pair = t.following pair := by simp only [Body.following, hs.same.leaves]
    have hmay : Contract.hardened.mayNumber (Body.numberOf .hardened asked (h.following pair)) (h.following pair) =
        true := by
      rw [hfol]
      cases asked with
      | none => simp [Body.numberOf, Contract.nextNumber, Contract.mayNumber]
      | some n => simp [Body.numberOf, Contract.mayNumber, ha n rfl]
    obtain ⟨e, t', h', o1, o2, hn, hw⟩ := offer_in_step sid t h pair q q'
      ⟨v, _, Signing.valid.make sid pair (Body.numberOf .telltale17 asked (t.following pair)) v⟩
      ⟨v, _, Signing.valid.make sid pair (Body.numberOf .hardened asked (h.following pair)) v⟩
      hs hq ⟨rfl, rfl, rfl⟩ (hs.fits pair q e1)
    refine .inr ⟨e, t', h', ?_, ?_, hn, hw⟩
    · simp only [Body.send, e1, Contract.mayNumber, if_true]
      exact congrArg Except.ok o1
    · simp only [Body.send, e2, hmay, if_true]
      exact congrArg Except.ok o2

theorem verifies_valid (k : Contract) (sid : Nat) (pair : String × String) (m : Message)
    (h : m.signature = Signing.valid.make sid pair m.number m.payload) : Body.verifies k sid pair m = true := by
  cases k <;> simp [Body.verifies, h, Signing.make, Contract.binds]

theorem recv_in_step (sid : Nat) (t h : Body) (how : Reception) (pair : String × String) (hs : BodyInStep sid t h) :
    ∃ r r' t' h', t.recv .telltale17 sid how pair = (.ok r, t') ∧ h.recv .hardened sid how pair = (.ok r', h') ∧
      SameReceived r r' ∧ BodyInStep sid t' h' ∧ (t.isWhole → t'.isWhole) := by
  unfold Body.recv
  rcases rows_find pair hs.same.buffers with ⟨e1, e2⟩ | ⟨q, q', e1, e2, hq⟩
  · simp only [e1, e2]
    exact ⟨_, _, _, _, rfl, rfl, rfl, hs, fun hw => hw⟩
  · simp only [e1, e2]
    have hf := hs.fits pair q e1
    obtain ⟨mode, policy, capacity, queue⟩ := q
    obtain ⟨mode', policy', capacity', queue'⟩ := q'
    obtain ⟨e3, e4, e5, hq⟩ := hq
    simp only at e3 e4 e5 hq hf ⊢
    subst e3 e4 e5
    cases hq with
    | nil => exact ⟨_, _, _, _, rfl, rfl, rfl, hs, fun hw => hw⟩
    | @cons m m' rest rest' hm hr =>
      simp only [verifies_valid .telltale17 sid pair m hm.2.1, verifies_valid .hardened sid pair m' hm.2.2]
      have := put_buffer sid t h pair ⟨mode', policy', capacity', rest⟩ ⟨mode', policy', capacity', rest'⟩ h.leaves hs
        ⟨rfl, rfl, rfl, hr⟩ hf
      cases how <;>
        exact ⟨_, _, _, _, rfl, rfl, ⟨m', rfl, hm.1⟩, { this with same := { this.same with leaves := hs.same.leaves } },
          whole_put _ _ pair _ rfl rfl⟩

theorem hasMessage_same (sid : Nat) (t h : Body) (pair : String × String) (hs : SameBody sid t h) :
    h.hasMessage pair = t.hasMessage pair := by
  unfold Body.hasMessage
  rcases rows_find pair hs.buffers with ⟨e1, e2⟩ | ⟨q, q', e1, e2, hq⟩
  · simp only [e1, e2]
  · simp only [e1, e2]
    have := hq.queue
    cases hq1 : q.queue <;> cases hq2 : q'.queue <;> rw [hq1, hq2] at this <;> cases this <;> rfl

/-! ### Handlers, closing and reading back -/

theorem mutate_in_step (sid : Nat) (t h : Body) (m : Mutation) (hs : BodyInStep sid t h) :
    BodyInStep sid (t.mutate m) (h.mutate m) := by
  cases m with
  | setDefaultHandler x => exact ⟨{ hs.same with defaultHandler := rfl }, hs.fits, hs.finite⟩
  | updateEdgeHandler e x =>
    refine ⟨{ hs.same with edgeHandlers := ?_, pairHandlers := ?_ }, hs.fits, hs.finite⟩
    · simp only [Body.mutate, hs.same.edgeHandlers]
    · simp only [Body.mutate, hs.same.roles, hs.same.pairHandlers]
  | updateTrace e x =>
    refine ⟨{ hs.same with traces := ?_ }, hs.fits, hs.finite⟩
    simp only [Body.mutate, hs.same.traces]

theorem mutate_whole (t : Body) (m : Mutation) (h : t.isWhole) : (t.mutate m).isWhole := by
  cases m <;> exact h

theorem close_in_step (sid : Nat) (t h : Body) (hs : BodyInStep sid t h) : BodyInStep sid t.close h.close := by
  refine ⟨{ hs.same with buffers := .nil, traces := rfl, epoch := ?_ }, ?_, hs.finite⟩
  · simp only [Body.close, hs.same.epoch]
  · simp [Body.close, find]

theorem keep_all {α} (p : α → Bool) (xs : List α) (h : ∀ x, x ∈ xs → p x = true) : keep p xs = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp only [keep, h x (.head _), ih fun y hy => h y (.tail _ hy)]

theorem reload_in_step (sid : Nat) (t h : Body) (hs : BodyInStep sid t h) (hw : t.isWhole) :
    BodyInStep sid (t.reload .telltale17) (h.reload .hardened) ∧ (t.reload .telltale17).isWhole := by
  have he : t.bufferedEdges = t.edges := keep_all _ _ hw
  refine ⟨⟨{ hs.same with edges := ?_, pairHandlers := ?_ }, hs.fits, hs.finite⟩, ?_⟩
  · simp [Body.reload, Contract.reloadIsSeen, he, hs.same.edges]
  · simp only [Body.reload, hs.same.roles, hs.same.edgeHandlers]
  · intro e hm
    have hm : e ∈ t.edges := by simpa [Body.reload, Contract.reloadIsSeen, he] using hm
    exact hw e hm

end Telltale
