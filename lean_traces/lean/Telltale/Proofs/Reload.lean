module

public import Telltale.Proofs.Messages

/-!
Reloading and host calls: under `hardened` the first changes nothing, and the second change nothing of
a session that is owned or has ended.
-/

@[expose] public section

namespace Telltale

unfolding_operations

/-! ### The orders of tables -/

/-- A strict total order. -/
structure Strict {κ} (lt : κ → κ → Bool) : Prop where
  asymm : ∀ a b, lt a b = true → lt b a = false
  trans : ∀ a b c, lt a b = true → lt b c = true → lt a c = true
  total : ∀ a b, a ≠ b → lt a b = false → lt b a = true

theorem textLt_strict : Strict textLt where
  asymm a b h := by
    simp only [textLt, decide_eq_true_eq, decide_eq_false_iff_not] at h ⊢
    exact String.lt_asymm h
  trans a b c h h' := by
    simp only [textLt, decide_eq_true_eq] at h h' ⊢
    exact String.lt_trans h h'
  total a b hne h := by
    simp only [textLt, decide_eq_true_eq, decide_eq_false_iff_not] at h ⊢
    by_cases hb : b < a
    · exact hb
    · exact absurd (String.le_antisymm (String.not_lt.mp hb) (String.not_lt.mp h)) hne

theorem textPairLt_strict : Strict textPairLt where
  asymm a b h := by
    have h1 := textLt_strict.asymm a.1 b.1
    have h2 := textLt_strict.asymm a.2 b.2
    unfold textPairLt at h ⊢
    grind
  trans a b c h h' := by
    have h1 := textLt_strict.trans a.1 b.1 c.1
    have h2 := textLt_strict.trans a.2 b.2 c.2
    have h3 := textLt_strict.asymm a.1 b.1
    unfold textPairLt at h h' ⊢
    grind
  total a b hne h := by
    have h1 := textLt_strict.total a.1 b.1
    have h2 := textLt_strict.total a.2 b.2
    have : a.1 = b.1 → a.2 ≠ b.2 := fun e e' => hne (Prod.ext e e')
    unfold textPairLt at h ⊢
    grind

theorem put_comm {κ α} [DecidableEq κ] (lt : κ → κ → Bool) (hs : Strict lt) (k k' : κ) (a a' : α)
    (hne : k ≠ k') (xs : List (κ × α)) :
    put lt k a (put lt k' a' xs) = put lt k' a' (put lt k a xs) := by
  have h1 := hs.asymm k k'
  have h2 := hs.asymm k' k
  have h3 := hs.total k k' hne
  induction xs with
  | nil => simp only [put]; grind [put]
  | cons x xs ih =>
    obtain ⟨x, b⟩ := x
    have h4 := hs.asymm k x
    have h5 := hs.asymm k' x
    have h6 := hs.total k x
    have h7 := hs.total k' x
    have h8 := hs.trans k x k'
    have h9 := hs.trans k' x k
    simp only [put]
    grind [put]

theorem put_put {κ α} [DecidableEq κ] (lt : κ → κ → Bool) (k : κ) (a b : α) (xs : List (κ × α)) :
    put lt k a (put lt k b xs) = put lt k a xs := by
  induction xs with
  | nil => simp [put]
  | cons x xs ih =>
    obtain ⟨x, c⟩ := x
    simp only [put]
    grind [put]

/-! ### The bindings by role pair -/

/-- The role pair of an edge. -/
def Edge.pair (e : Edge) : String × String := (e.sender, e.receiver)

theorem bound_comm (roles : List String) (e e' : Edge) (h h' : String)
    (pairs : List ((String × String) × String)) (hne : e.pair ≠ e'.pair) :
    Body.bound roles e h (Body.bound roles e' h' pairs) =
      Body.bound roles e' h' (Body.bound roles e h pairs) := by
  have := put_comm textPairLt textPairLt_strict e.pair e'.pair h h' hne pairs
  unfold Edge.pair at this
  unfold Body.bound
  (repeat' split) <;> first | rfl | exact this

theorem bound_bound (roles : List String) (e : Edge) (h h' : String)
    (pairs : List ((String × String) × String)) :
    Body.bound roles e h (Body.bound roles e h' pairs) = Body.bound roles e h pairs := by
  unfold Body.bound
  split
  · exact put_put _ _ _ _ _
  · rfl

theorem rebound_bound (roles : List String) (e : Edge) (h : String) (hs : List (Edge × String))
    (pairs : List ((String × String) × String)) (hne : ∀ x, x ∈ hs → x.1.pair ≠ e.pair) :
    Body.rebound roles hs (Body.bound roles e h pairs) = Body.bound roles e h (Body.rebound roles hs pairs) := by
  induction hs generalizing pairs with
  | nil => rfl
  | cons x hs ih =>
    obtain ⟨x, h'⟩ := x
    simp only [Body.rebound]
    rw [bound_comm roles x e h' h pairs (hne (x, h') (.head _))]
    exact ih _ fun y hy => hne y (.tail _ hy)

theorem edgeLt_pair (e e' : Edge) (hs : e.sid = e'.sid) : edgeLt e e' = textPairLt e.pair e'.pair := by
  simp [edgeLt, hs, Edge.pair]

theorem pair_eq (e e' : Edge) (hs : e.sid = e'.sid) (hp : e.pair = e'.pair) : e = e' := by
  cases e
  cases e'
  simp only [Edge.pair, Prod.mk.injEq] at hs hp
  simp [hs, hp]

theorem pair_lt_ne (p p' : String × String) (h : textPairLt p p' = true) : p' ≠ p := by
  rintro rfl
  have := textPairLt_strict.asymm _ _ h
  rw [h] at this
  cases this

theorem rebound_put (roles : List String) (sid : Nat) (e : Edge) (h : String) (he : e.sid = sid)
    (hs : List (Edge × String)) (hown : ∀ x, x ∈ hs → x.1.sid = sid)
    (hasc : hs.Pairwise fun x y => textPairLt x.1.pair y.1.pair = true)
    (pairs : List ((String × String) × String)) :
    Body.rebound roles (put edgeLt e h hs) pairs = Body.bound roles e h (Body.rebound roles hs pairs) := by
  induction hs generalizing pairs with
  | nil => rfl
  | cons x hs ih =>
    obtain ⟨x, h'⟩ := x
    rw [List.pairwise_cons] at hasc
    have hx : x.sid = sid := hown (x, h') (.head _)
    simp only [put]
    split
    · next hex =>
      subst hex
      simp only [Body.rebound]
      have ne : ∀ y, y ∈ hs → y.1.pair ≠ e.pair := fun y hy => pair_lt_ne _ _ (hasc.1 y hy)
      rw [rebound_bound _ _ _ _ _ ne, rebound_bound _ _ _ _ _ ne, bound_bound]
    · next hne =>
      split
      · next hlt =>
        rw [edgeLt_pair e x (he.trans hx.symm)] at hlt
        have ne : ∀ y, y ∈ (x, h') :: hs → y.1.pair ≠ e.pair := by
          intro y hy
          cases hy with
          | head => exact pair_lt_ne _ _ hlt
          | tail _ hy => exact pair_lt_ne _ _ (textPairLt_strict.trans _ _ _ hlt (hasc.1 y hy))
        exact rebound_bound roles e h _ pairs ne
      · simp only [Body.rebound]
        exact ih (fun y hy => hown y (.tail _ hy)) hasc.2 _

/-- The bindings by role pair are those that the stored bindings give, which are of edges of that
session. -/
structure Bound (sid : Nat) (b : Body) : Prop where
  own : ∀ x, x ∈ b.edgeHandlers → x.1.sid = sid
  ascending : b.edgeHandlers.Pairwise fun x y => textPairLt x.1.pair y.1.pair = true
  pairs : b.pairHandlers = Body.rebound b.roles b.edgeHandlers []

theorem bound_update (sid : Nat) (b : Body) (e : Edge) (h : String) (hb : Bound sid b) (he : e.sid = sid) :
    Bound sid (b.mutate (.updateEdgeHandler e h)) where
  own x hx := by
    have hx : x ∈ put edgeLt e h b.edgeHandlers := hx
    rcases of_mem_put hx with rfl | hx
    · exact he
    · exact hb.own x hx
  ascending := by
    have asc : ∀ (hs : List (Edge × String)), (∀ x, x ∈ hs → x.1.sid = sid) →
        hs.Pairwise (fun x y => textPairLt x.1.pair y.1.pair = true) →
        (put edgeLt e h hs).Pairwise (fun x y => textPairLt x.1.pair y.1.pair = true) := by
      intro hs hown hasc
      induction hs with
      | nil => simp [put]
      | cons x hs ih =>
        obtain ⟨x, h'⟩ := x
        rw [List.pairwise_cons] at hasc
        have hx : x.sid = sid := hown (x, h') (.head _)
        simp only [put]
        split
        · next hex => subst hex; rw [List.pairwise_cons]; exact hasc
        · next hne =>
          rw [edgeLt_pair e x (he.trans hx.symm)]
          split
          · next hlt =>
            rw [List.pairwise_cons, List.pairwise_cons]
            refine ⟨?_, hasc⟩
            intro y hy
            cases hy with
            | head => exact hlt
            | tail _ hy => exact textPairLt_strict.trans _ _ _ hlt (hasc.1 y hy)
          · next hlt =>
            rw [List.pairwise_cons]
            refine ⟨?_, ih (fun y hy => hown y (.tail _ hy)) hasc.2⟩
            intro y hy
            rcases of_mem_put hy with rfl | hy
            · exact textPairLt_strict.total _ _
                (fun hp => hne (pair_eq _ _ (he.trans hx.symm) hp)) (by simpa using hlt)
            · exact hasc.1 y hy
    exact asc _ hb.own hb.ascending
  pairs := by
    simp only [Body.mutate, hb.pairs]
    exact (rebound_put b.roles sid e h he b.edgeHandlers hb.own hb.ascending []).symm

-- A session after a mutation of its own is still bound.
theorem bound_mutate (sid : Nat) (b : Body) (m : Mutation) (hb : Bound sid b)
    (hm : ∀ e, m.edge = some e → e.sid = sid) : Bound sid (b.mutate m) := by
  cases m with
  | setDefaultHandler h => exact ⟨hb.own, hb.ascending, hb.pairs⟩
  | updateEdgeHandler e h => exact bound_update sid b e h hb (hm e rfl)
  | updateTrace e t => exact ⟨hb.own, hb.ascending, hb.pairs⟩

/-- What host calls change: the handlers and the traces. -/
def Body.hosted (b : Body) :
    List (Edge × String) × List ((String × String) × String) × String × List (Edge × List ValType) :=
  (b.edgeHandlers, b.pairHandlers, b.defaultHandler, b.traces)

theorem recv_hosted (k : Contract) (sid : Nat) (b : Body) (how : Reception) (pair : String × String) :
    (b.recv k sid how pair).2.hosted = b.hosted ∧ (b.recv k sid how pair).2.roles = b.roles := by
  rcases recv_shape k sid b how pair with h | ⟨_, _, _, _, _, h⟩ <;> rw [h] <;> exact ⟨rfl, rfl⟩

theorem send_hosted (k : Contract) (sid : Nat) (b : Body) (pair : String × String) (v : Value) (how : Signing)
    (asked : Option Nat) (e : Body.Enqueue) (b' : Body) (h : b.send k sid pair v how asked = .ok (e, b')) :
    b'.hosted = b.hosted ∧ b'.roles = b.roles := by
  obtain ⟨_, _, _, _, _, _, rfl⟩ := send_shape _ _ _ _ _ _ _ _ _ h
  exact ⟨rfl, rfl⟩

theorem advance_hosted (k : Contract) (b : Body) (role label : String) (r : Resolution) (b' : Body)
    (h : b.advance k role label = some (r, b')) : b'.hosted = b.hosted ∧ b'.roles = b.roles := by
  unfold Body.advance at h
  (repeat' split at h) <;> cases h <;> exact ⟨rfl, rfl⟩

theorem body_hosted (k : Contract) (sid : Nat) (b : Body) (op : BodyOp) (hop : op ≠ .reload) :
    (b.after k sid op).hosted = b.hosted ∧ (b.after k sid op).roles = b.roles := by
  cases op with
  | updateType role t => simp only [Body.after, Body.updateType]; split <;> exact ⟨rfl, rfl⟩
  | updateOriginal role t => simp only [Body.after, Body.updateOriginal]; split <;> exact ⟨rfl, rfl⟩
  | removeType role => exact ⟨rfl, rfl⟩
  | advance role label =>
    simp only [Body.after]
    split
    · next h => exact advance_hosted _ _ _ _ _ _ h
    · exact ⟨rfl, rfl⟩
  | send pair v how asked =>
    simp only [Body.after]
    split
    · next h => exact send_hosted _ _ _ _ _ _ _ _ _ h
    · exact ⟨rfl, rfl⟩
  | recv how pair => exact recv_hosted k sid b how pair
  | reload => exact absurd rfl hop

theorem bound_same (sid : Nat) (b b' : Body) (h : b'.hosted = b.hosted) (hr : b'.roles = b.roles)
    (hb : Bound sid b) : Bound sid b' := by
  simp only [Body.hosted, Prod.mk.injEq] at h
  obtain ⟨h1, h2, _, _⟩ := h
  exact ⟨by rw [h1]; exact hb.own, by rw [h1]; exact hb.ascending, by rw [h1, h2, hr]; exact hb.pairs⟩

theorem reload_unchanged (sid : Nat) (b : Body) (hb : Bound sid b) : b.reload .hardened = b := by
  simp only [Body.reload, Contract.reloadIsSeen, ← hb.pairs, Bool.false_eq_true, if_false]

theorem bound_after (s : Session) (op : SessionOp) (hb : Bound s.own.sid s.body) :
    Bound (s.after .hardened op).own.sid (s.after .hardened op).body := by
  cases op with
  | own op =>
    have hs : (s.after .hardened (.own op)).own.sid = s.own.sid := (sid_after .hardened s.own op).1
    rw [hs]
    simp only [Session.after]
    split
    · next a ho =>
      cases op with
      | mutate c m =>
        exact bound_mutate _ _ m hb fun e he => (touches_own s.own c m e he (by rw [ho]; rfl)).1
      | close => exact ⟨hb.own, hb.ascending, hb.pairs⟩
      | _ => exact hb
    · exact hb
  | host call =>
    simp only [Session.after]
    split
    · refine bound_mutate _ _ _ hb ?_
      cases call <;> simp [HostCall.mutation, Mutation.edge]
    · exact hb
  | body op =>
    by_cases hop : op = .reload
    · subst hop
      simp only [Session.after, Body.after, reload_unchanged _ _ hb]
      exact hb
    · have := body_hosted .hardened s.own.sid s.body op hop
      exact bound_same _ _ _ this.1 this.2 hb

theorem bound_opening (sid : Nat) (roles : List String) (types : List (String × LocalType))
    (config : BufferConfig) (ops : List SessionOp) :
    Bound (opening .hardened sid roles types config ops).own.sid
      (opening .hardened sid roles types config ops).body :=
  kept_opening (fun s => Bound s.own.sid s.body) .hardened bound_after sid roles types config
    ⟨by simp [Session.start], by simp [Session.start], rfl⟩ ops

/-! ### K27 -/

/-- The outcomes of a sequence of operations. -/
def outcomes (k : Contract) (st : Store) : List Op → List Outcome
  | [] => []
  | op :: ops => (step k st op).outcome :: outcomes k (step k st op).store ops

/-- No answer differs after a reload. -/
def K27 (k : Contract) : Prop :=
  ∀ (before later : List Op),
    outcomes k (step k (run k Store.empty before) .reload).store later =
      outcomes k (run k Store.empty before) later

theorem each_same {α} (f : α → α) (xs : List α) (h : ∀ x, x ∈ xs → f x = x) : each f xs = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp only [each, h x (.head _), ih fun y hy => h y (.tail _ hy)]

/-- K27 holds under `hardened`: after any sequence of operations a reload changes no answer to whatever
operations follow. -/
theorem K27_hardened : K27 .hardened := by
  intro before later
  have hr := all_regular .hardened before
  generalize run .hardened Store.empty before = st at hr
  have same : (step .hardened st .reload).store = st := by
    have : each (Store.reload.readBack .hardened) st.sessions = st.sessions := by
      refine each_same _ _ ?_
      intro x hx
      obtain ⟨roles, types, config, ops, hs⟩ := hr x hx
      have hb := bound_opening x.1 roles types config ops
      rw [← hs] at hb
      simp only [Store.reload.readBack, reload_unchanged _ _ hb]
    simp only [step, Store.says, Store.reload, this]
  rw [same]

/-! ### K28 -/

/-- The operation is a mutation by that owner, with its generation. -/
def SessionOp.isBy (o : Cap) : SessionOp → Bool
  | .own (.mutate c _) => decide (c.owner = o.owner ∧ c.gen = o.gen)
  | _ => false

/-- Closing apart, nothing changes the handlers and traces of a session that has ended; and nothing but
a mutation by the owner those of one that is owned. -/
def K28 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (ops : List SessionOp) (op : SessionOp),
    let s := opening k sid roles types config ops
    op ≠ .own .close →
    (s.own.terminal ≠ none ∨ ∃ o, s.own.owner = some o ∧ op.isBy o = false) →
    (s.after k op).body.hosted = s.body.hosted

/-- K28 holds under `hardened`: closing apart, the handlers and traces of an owned session change only
through its owner, and those of an ended one not at all. -/
theorem K28_hardened : K28 .hardened := by
  intro sid roles types config ops op s hclose hg
  have hb : Bound s.own.sid s.body := bound_opening sid roles types config ops
  clear_value s
  cases op with
  | own op =>
    simp only [Session.after]
    split
    · next a ho =>
      cases op with
      | mutate c m =>
        exfalso
        rcases hg with ht | ⟨o, hso, hby⟩
        · cases hr : s.own.terminal with
          | none => exact ht hr
          | some r => simp [hr] at ho
        · simp only [SessionOp.isBy, decide_eq_false_iff_not] at hby
          simp [hso] at ho
          grind
      | close => exact absurd rfl hclose
      | _ => rfl
    · rfl
  | host call =>
    simp only [Session.after]
    split
    · next a ho =>
      exfalso
      rcases hg with ht | ⟨o, hso, _⟩
      · cases hr : s.own.terminal with
        | none => exact ht hr
        | some r => simp [hostCall, Contract.guardsHostCalls, hr] at ho
      · simp [hostCall, Contract.guardsHostCalls, hso] at ho
        grind
    · rfl
  | body op =>
    by_cases hop : op = .reload
    · subst hop
      simp only [Session.after, Body.after, reload_unchanged _ _ hb]
    · exact (body_hosted .hardened s.own.sid s.body op hop).1

end Telltale
