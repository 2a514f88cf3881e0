module

public import Telltale.Proofs.Sessions

/-!
Messages: what is received was sent, is delivered once, and in the order of its numbers.
-/

@[expose] public section

namespace Telltale

/-- The messages in the buffer of a role pair, the oldest first. -/
def Body.queued (b : Body) (pair : String × String) : List Message :=
  match find pair b.buffers with
  | some q => q.queue
  | none => []

/-- The message that an answer hands out, its payload at least. -/
def Received.delivered : Received → Option Message
  | .nothing => none
  | .payload m => some m
  | .message m _ => some m

/-- The message that an answer hands out as verified. -/
def Received.verified : Received → Option Message
  | .payload m => some m
  | .message m true => some m
  | _ => none

/-! ### The claims -/

/-- A receive leaves the messages as they are, or takes the oldest and hands it out. -/
def K18 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (ops : List SessionOp) (how : Reception) (pair : String × String),
    let b := (opening k sid roles types config ops).body
    (b.recv k sid how pair).2.queued pair = b.queued pair ∨
    ∃ m rest r, b.queued pair = m :: rest ∧ (b.recv k sid how pair).2.queued pair = rest ∧
      (b.recv k sid how pair).1 = .ok r ∧ r.delivered = some m

/-- A message that is handed out as verified has the signature that its sender makes for this edge and
this number. -/
def K25 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (ops : List SessionOp) (how : Reception) (pair : String × String) (r : Received) (m : Message),
    ((opening k sid roles types config ops).body.recv k sid how pair).1 = .ok r →
    r.verified = some m →
    m.signature = Signing.valid.make sid pair m.number m.payload

/-- The number of the message that an operation hands out as verified on that edge. -/
def numberVerified (k : Contract) (s : Session) (pair : String × String) : SessionOp → Option Nat
  | .body (.recv how p) =>
    if p = pair then match (s.body.recv k s.own.sid how p).1 with
      | .ok r => match r.verified with
        | some m => some m.number
        | none => none
      | .error _ => none
    else none
  | _ => none

/-- Of two messages that are handed out as verified on one edge, the later has the greater number. -/
def K26 (k : Contract) : Prop :=
  ∀ (sid : Nat) (roles : List String) (types : List (String × LocalType)) (config : BufferConfig)
    (ops : List SessionOp) (op : SessionOp) (later : List SessionOp) (op' : SessionOp)
    (pair : String × String) (n n' : Nat),
    numberVerified k (opening k sid roles types config ops) pair op = some n →
    numberVerified k (runSession k ((opening k sid roles types config ops).after k op) later) pair op' =
      some n' →
    n < n'

/-! ### Single receives -/

/-- K18 holds under `hardened`: every receive leaves the messages as they are, or takes the oldest and
hands it out. -/
theorem K18_hardened : K18 .hardened := by
  intro sid roles types config ops how pair
  generalize (opening .hardened sid roles types config ops).body = b
  cases hf : find pair b.buffers with
  | none => left; simp [Body.recv, hf]
  | some q =>
    cases hq : q.queue with
    | nil => left; simp [Body.recv, hf, hq]
    | cons m rest =>
      cases hv : Body.verifies .hardened sid pair m <;> cases how <;>
        simp [Body.recv, hf, hq, hv, Contract.keepsUnverified, Body.queued, find_put, Received.delivered] <;>
        exact ⟨m, rest, ⟨rfl, rfl⟩, rfl, rfl⟩

theorem verified_verifies (k : Contract) (sid : Nat) (b : Body) (how : Reception) (pair : String × String)
    (r : Received) (m : Message) (h : (b.recv k sid how pair).1 = .ok r) (hm : r.verified = some m) :
    Body.verifies k sid pair m = true ∧ ∃ rest, b.queued pair = m :: rest ∧
      (b.recv k sid how pair).2.queued pair = rest ∧ (b.recv k sid how pair).2.leaves = b.leaves := by
  cases hf : find pair b.buffers with
  | none => simp [Body.recv, hf] at h; subst h; simp [Received.verified] at hm
  | some q =>
    cases hq : q.queue with
    | nil => simp [Body.recv, hf, hq] at h; subst h; simp [Received.verified] at hm
    | cons x rest =>
      cases hv : Body.verifies k sid pair x <;> cases how <;>
        simp [Body.recv, hf, hq, hv, Body.queued, find_put] at h ⊢ <;>
        grind [Received.verified]

/-- K25 holds under `hardened`: a message that is handed out as verified was signed by its sender for
this edge, this number and this payload. -/
theorem K25_hardened : K25 .hardened := by
  intro sid roles types config ops how pair r m h hm
  have hv := (verified_verifies .hardened sid _ how pair r m h hm).1
  obtain ⟨payload, number, ⟨s, signer, receiver, n, value, intact⟩⟩ := m
  simp [Body.verifies, Contract.binds] at hv
  simp [Signing.make, hv]

/-! ### Sequences -/

/-- What an operation does to the messages of an edge and to its next number: before, after. -/
inductive Moves : List Message → Nat → List Message → Nat → Prop
  | stays (q : List Message) (n : Nat) : Moves q n q n
  | taken (m : Message) (q : List Message) (n : Nat) : Moves (m :: q) n q n
  | sent (q : List Message) (n : Nat) (m : Message) : m.number = n → Moves q n (cat q [m]) (n + 1)
  | replaced (q : List Message) (n : Nat) (m : Message) : m.number = n → Moves q n [m] (n + 1)
  | cleared (q : List Message) (n : Nat) : Moves q n [] n

theorem enqueue_queue (k : Contract) (q : Buffer) (m : Message) :
    ((Body.enqueue k q m).1 = .ok ∧
      ((Body.enqueue k q m).2.queue = cat q.queue [m] ∨ (Body.enqueue k q m).2.queue = [m])) ∨
    ((Body.enqueue k q m).1 ≠ .ok ∧ (Body.enqueue k q m).2.queue = q.queue) := by
  unfold Body.enqueue
  (repeat' split) <;> simp

/-- The leaves after a send on that edge. -/
def Body.leavesAfter (b : Body) (p : String × String) : Body.Enqueue → List ((String × String) × Nat)
  | .ok => b.addLeaf p
  | _ => b.leaves

theorem offer_shape (k : Contract) (b : Body) (p : String × String) (q : Buffer) (m : Message)
    (e : Body.Enqueue) (b' : Body) (h : b.offer k p q m = (e, b')) :
    ∃ q', Body.enqueue k q m = (e, q') ∧
      b' = { b with buffers := put textPairLt p q' b.buffers, leaves := b.leavesAfter p e } := by
  cases hr : Body.enqueue k q m with
  | mk o q' =>
    simp only [Body.offer, hr] at h
    cases o <;> simp only [Prod.mk.injEq] at h <;> obtain ⟨rfl, rfl⟩ := h <;> exact ⟨q', rfl, rfl⟩

theorem send_shape (k : Contract) (sid : Nat) (b : Body) (p : String × String) (v : Value) (how : Signing)
    (asked : Option Nat) (e : Body.Enqueue) (b' : Body) (h : b.send k sid p v how asked = .ok (e, b')) :
    ∃ q n q', find p b.buffers = some q ∧ k.mayNumber n (b.following p) = true ∧
      Body.enqueue k q ⟨v, n, how.make sid p n v⟩ = (e, q') ∧
      b' = { b with buffers := put textPairLt p q' b.buffers, leaves := b.leavesAfter p e } := by
  cases hf : find p b.buffers with
  | none => simp [Body.send, hf] at h
  | some q =>
    simp only [Body.send, hf] at h
    split at h
    · next hn =>
      obtain ⟨q', he, hb⟩ := offer_shape _ _ _ _ _ _ _ (Except.ok.inj h)
      exact ⟨q, _, q', rfl, hn, he, hb⟩
    · cases h

theorem next_added (b b' : Body) (p pair : String × String) (h : b'.leaves = b.addLeaf p) :
    b'.following pair = if pair = p then b.following pair + 1 else b.following pair := by
  by_cases hp : pair = p
  · subst hp
    cases hf : find pair b.leaves <;> simp [Body.following, h, Body.addLeaf, hf, find_put]
  · cases hf : find p b.leaves <;> simp [Body.following, h, Body.addLeaf, hf, find_put, hp]

theorem moves_same (b b' : Body) (pair : String × String) (hb : b'.buffers = b.buffers)
    (hl : b'.leaves = b.leaves) :
    Moves (b.queued pair) (b.following pair) (b'.queued pair) (b'.following pair) := by
  unfold Body.queued Body.following
  rw [hb, hl]
  exact .stays _ _

theorem send_moves (sid : Nat) (b : Body) (p : String × String) (v : Value) (how : Signing)
    (asked : Option Nat) (e : Body.Enqueue) (b' : Body) (pair : String × String)
    (h : b.send .hardened sid p v how asked = .ok (e, b')) :
    Moves (b.queued pair) (b.following pair) (b'.queued pair) (b'.following pair) := by
  obtain ⟨q, n, q', hf, hn, he, hb'⟩ := send_shape _ _ _ _ _ _ _ _ _ h
  have hb : b'.buffers = put textPairLt p q' b.buffers := by rw [hb']
  have hl : b'.leaves = b.leavesAfter p e := by rw [hb']
  clear hb'
  simp only [Contract.mayNumber, decide_eq_true_eq] at hn
  have hq := enqueue_queue .hardened q ⟨v, n, how.make sid p n v⟩
  simp only [he] at hq
  by_cases hp : pair = p
  · subst hp
    have before : b.queued pair = q.queue := by simp [Body.queued, hf]
    have after : b'.queued pair = q'.queue := by simp [Body.queued, hb, find_put]
    rw [before, after]
    rcases hq with ⟨ho, hq⟩ | ⟨ho, hq⟩
    · subst ho
      rw [next_added b b' pair pair hl, if_pos rfl]
      rcases hq with hq | hq <;> rw [hq]
      · exact .sent _ _ _ hn
      · exact .replaced _ _ _ hn
    · have hl : b'.leaves = b.leaves := by cases e <;> first | exact absurd rfl ho | exact hl
      rw [hq, show b'.following pair = b.following pair by simp [Body.following, hl]]
      exact .stays _ _
  · have after : b'.queued pair = b.queued pair := by simp [Body.queued, hb, find_put, hp]
    have next : b'.following pair = b.following pair := by
      cases e with
      | ok => rw [next_added b b' p pair hl, if_neg hp]
      | _ => simp only [Body.following, hl, Body.leavesAfter]
    rw [after, next]
    exact .stays _ _

theorem recv_shape (k : Contract) (sid : Nat) (b : Body) (how : Reception) (p : String × String) :
    (b.recv k sid how p).2 = b ∨ ∃ q m rest, find p b.buffers = some q ∧ q.queue = m :: rest ∧
      (b.recv k sid how p).2 = { b with buffers := put textPairLt p { q with queue := rest } b.buffers } := by
  cases hf : find p b.buffers with
  | none => left; simp [Body.recv, hf]
  | some q =>
    cases hq : q.queue with
    | nil => left; simp [Body.recv, hf, hq]
    | cons m rest =>
      have : (b.recv k sid how p).2 = b ∨ (b.recv k sid how p).2 =
          { b with buffers := put textPairLt p { q with queue := rest } b.buffers } := by
        simp only [Body.recv, hf, hq]
        generalize Body.verifies k sid p m = v
        cases k <;> cases how <;> cases v <;> simp [Contract.keepsUnverified]
      exact this.imp_right fun h => ⟨q, m, rest, rfl, hq, h⟩

theorem recv_moves (k : Contract) (sid : Nat) (b : Body) (how : Reception) (p pair : String × String) :
    Moves (b.queued pair) (b.following pair) ((b.recv k sid how p).2.queued pair)
      ((b.recv k sid how p).2.following pair) := by
  rcases recv_shape k sid b how p with h | ⟨q, m, rest, hf, hq, h⟩ <;> rw [h]
  · exact .stays _ _
  · by_cases hp : pair = p
    · subst hp
      have taken := Moves.taken m rest (b.following pair)
      simpa [Body.queued, Body.following, hf, hq, find_put] using taken
    · simp only [Body.queued, find_put, if_neg hp]
      exact .stays _ _

theorem advance_moves (k : Contract) (b : Body) (role label : String) (r : Resolution) (b' : Body)
    (pair : String × String) (h : b.advance k role label = some (r, b')) :
    Moves (b.queued pair) (b.following pair) (b'.queued pair) (b'.following pair) := by
  unfold Body.advance at h
  (repeat' split at h) <;> cases h <;> exact .stays _ _

theorem moves (s : Session) (op : SessionOp) (pair : String × String) :
    Moves (s.body.queued pair) (s.body.following pair) ((s.after .hardened op).body.queued pair)
      ((s.after .hardened op).body.following pair) := by
  cases op with
  | own op =>
    simp only [Session.after]
    split
    · cases op with
      | mutate c m => cases m <;> exact .stays _ _
      | close => exact .cleared _ _
      | _ => exact .stays _ _
    · exact .stays _ _
  | host call =>
    simp only [Session.after]
    split
    · cases call <;> exact .stays _ _
    · exact .stays _ _
  | body op =>
    cases op with
    | updateType role t =>
      simp only [Session.after, Body.after, Body.updateType]
      split <;> exact .stays _ _
    | updateOriginal role t =>
      simp only [Session.after, Body.after, Body.updateOriginal]
      split <;> exact .stays _ _
    | removeType role => exact .stays _ _
    | advance role label =>
      simp only [Session.after, Body.after]
      split
      · next h => exact advance_moves _ _ _ _ _ _ _ h
      · exact .stays _ _
    | send p v how asked =>
      simp only [Session.after, Body.after]
      split
      · next h => exact send_moves _ _ _ _ _ _ _ _ _ h
      · exact .stays _ _
    | recv how p => exact recv_moves _ _ _ _ _ _
    | reload => exact .stays _ _

/-- The numbers of buffered messages rise, and are below the next one. -/
def Rising (q : List Message) (next : Nat) : Prop :=
  q.Pairwise (fun a b => a.number < b.number) ∧ ∀ m, m ∈ q → m.number < next

/-- That number is behind: every buffered message and the next one have greater numbers. -/
def Behind (n : Nat) (q : List Message) (next : Nat) : Prop := n < next ∧ ∀ m, m ∈ q → n < m.number

theorem pairwise_cat {α} (R : α → α → Prop) (xs : List α) (x : α) (h : xs.Pairwise R)
    (hx : ∀ y, y ∈ xs → R y x) : (cat xs [x]).Pairwise R := by
  induction xs with
  | nil => simp [cat]
  | cons y ys ih =>
    rw [List.pairwise_cons] at h
    simp only [cat, List.pairwise_cons, mem_cat]
    refine ⟨?_, ih h.2 fun z hz => hx z (.tail _ hz)⟩
    rintro z (hz | hz)
    · exact h.1 z hz
    · simp only [List.mem_singleton] at hz
      subst hz
      exact hx y (.head _)

theorem rising_moves (q q' : List Message) (n n' : Nat) (h : Moves q n q' n') (hr : Rising q n) :
    Rising q' n' := by
  cases h with
  | stays => exact hr
  | taken m q n => exact ⟨(List.pairwise_cons.mp hr.1).2, fun x hx => hr.2 x (.tail _ hx)⟩
  | sent q n m hm =>
    refine ⟨pairwise_cat _ _ _ hr.1 fun x hx => by rw [hm]; exact hr.2 x hx, ?_⟩
    intro x hx
    rw [mem_cat, List.mem_singleton] at hx
    rcases hx with hx | hx
    · have := hr.2 x hx; omega
    · subst hx; omega
  | replaced q n m hm => exact ⟨by simp, by simp; omega⟩
  | cleared => exact ⟨by simp, by simp⟩

theorem behind_moves (i : Nat) (q q' : List Message) (n n' : Nat) (h : Moves q n q' n')
    (hb : Behind i q n) : Behind i q' n' := by
  obtain ⟨hn, hq⟩ := hb
  cases h with
  | stays => exact ⟨hn, hq⟩
  | taken m q n => exact ⟨hn, fun x hx => hq x (.tail _ hx)⟩
  | sent q n m hm =>
    refine ⟨by omega, ?_⟩
    intro x hx
    rw [mem_cat, List.mem_singleton] at hx
    rcases hx with hx | hx
    · exact hq x hx
    · subst hx; omega
  | replaced q n m hm => exact ⟨by omega, by simp; omega⟩
  | cleared => exact ⟨hn, by simp⟩

theorem number_heads (s : Session) (pair : String × String) (op : SessionOp) (n : Nat)
    (h : numberVerified .hardened s pair op = some n) :
    ∃ m rest, s.body.queued pair = m :: rest ∧ m.number = n ∧
      (s.after .hardened op).body.queued pair = rest ∧
      (s.after .hardened op).body.following pair = s.body.following pair := by
  unfold numberVerified at h
  split at h
  · next how p =>
    split at h
    · next hp =>
      subst hp
      split at h
      · next r hr =>
        split at h
        · next m hm =>
          cases h
          obtain ⟨_, rest, hq, hq', hl⟩ := verified_verifies _ _ _ _ _ _ _ hr hm
          exact ⟨m, rest, hq, rfl, hq', by simp only [Session.after, Body.after, Body.following, hl]⟩
        · cases h
      · cases h
    · cases h
  · cases h

/-- K26 holds under `hardened`: of two messages that are handed out as verified on one edge of a session,
the later has the greater number, so none is handed out twice. -/
theorem K26_hardened : K26 .hardened := by
  intro sid roles types config ops op later op' pair n n' h h'
  have hr : Rising ((opening .hardened sid roles types config ops).body.queued pair)
      ((opening .hardened sid roles types config ops).body.following pair) := by
    refine kept_opening (fun s => Rising (s.body.queued pair) (s.body.following pair)) .hardened
      (fun s op h => rising_moves _ _ _ _ (moves s op pair) h) sid roles types config ?_ ops
    have empty : ∀ es acc, (∀ q, find pair acc = some q → q.queue = []) →
        ∀ q, find pair (openBuffers config es acc) = some q → q.queue = [] := by
      intro es
      induction es with
      | nil => exact fun acc h => h
      | cons e es ih =>
        intro acc h
        refine ih _ ?_
        intro q hq
        rw [find_put] at hq
        split at hq
        · cases hq; rfl
        · exact h q hq
    have : (Session.start sid (makePlan Contract.hardened.openedType roles types) config).body.queued pair
        = [] := by
      unfold Body.queued
      split
      · next q hq => exact empty _ [] (by simp [find]) q hq
      · rfl
    simp only [this]
    exact ⟨by simp, by simp⟩
  generalize opening .hardened sid roles types config ops = s at h h' hr
  obtain ⟨m, rest, hq, hm, hq', hn⟩ := number_heads s pair op n h
  rw [hq] at hr
  have hb : Behind n ((s.after .hardened op).body.queued pair)
      ((s.after .hardened op).body.following pair) := by
    rw [hq', hn, ← hm]
    exact ⟨hr.2 m (.head _), (List.pairwise_cons.mp hr.1).1⟩
  have kept : ∀ (later : List SessionOp) (s : Session),
      Behind n (s.body.queued pair) (s.body.following pair) →
      Behind n ((runSession .hardened s later).body.queued pair)
        ((runSession .hardened s later).body.following pair) := by
    intro later
    induction later with
    | nil => exact fun s h => h
    | cons op later ih => exact fun s h => ih _ (behind_moves n _ _ _ _ (moves s op pair) h)
  have hb := kept later _ hb
  obtain ⟨m', rest', hq, hm, _, _⟩ := number_heads _ pair op' n' h'
  rw [hq] at hb
  have := hb.2 m' (.head _)
  omega

end Telltale
