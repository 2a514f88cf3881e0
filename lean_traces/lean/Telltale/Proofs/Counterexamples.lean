module

public import Telltale.Proofs.Generations
public import Telltale.Proofs.Sids
public import Telltale.Proofs.Replay
public import Telltale.Proofs.Sessions
public import Telltale.Proofs.Substitution
public import Telltale.Proofs.Blueprint
public import Telltale.Proofs.Transfers
public import Telltale.Proofs.Handlers
public import Telltale.Proofs.Answers
public import Telltale.Proofs.Messages
public import Telltale.Proofs.Reload

/-!
Claims that `telltale17` breaks: for each a concrete sequence that shows it, run by the kernel.
-/

@[expose] public section

namespace Telltale

def capA : Cap := ⟨0, "a", 0, .session⟩
def narrow : Scope := .fragments ["x"]
def narrowA : Cap := ⟨0, "a", 0, narrow⟩

/-- K1 fails under `telltale17`: claim, release, claim by the same owner, and the released
capability is accepted again. -/
theorem not_K1_telltale17 : ¬ K1 .telltale17 := by
  intro h
  have := h 0 [] [.claim "a" .session] (.release capA) capA [.claim "a" .session] (.validate capA)
    ⟨"ownership released", by simp [capA, reached, runOwn, after]; decide⟩ rfl
  exact absurd this (by decide)

def witnessA : Readiness := ⟨1, 0, "a", 0, .session, "p"⟩

/-- K2 fails under `telltale17`: a witness issued before the release is consumed after the next
claim. -/
theorem not_K2_telltale17 : ¬ K2 .telltale17 := by
  intro h
  have := h 0 [] [.claim "a" .session, .issue capA "p"] (.release capA) capA witnessA
    [.claim "a" .session] capA (by rfl) ⟨"ownership released", by simp [capA, reached, runOwn, after]; decide⟩
  exact absurd this (by decide)

/-- K4 fails under `telltale17`: an owner of one fragment attenuates to the whole session. -/
theorem not_K4_telltale17 : ¬ K4 .telltale17 := by
  intro h
  exact h 0 [] [.claim "a" narrow] narrowA narrowA ⟨0, "a", 1, .session⟩ .session rfl rfl

/-- K5 fails under `telltale17`: an owner of one fragment grants the whole session. -/
theorem not_K5_telltale17 : ¬ K5 .telltale17 := by
  intro h
  exact (h 0 [] [.claim "a" narrow] narrowA narrowA narrowA ⟨0, 1, "a", 0, "b", 1, .session⟩ "b" .session rfl).1 rfl

/-- K10 fails under `telltale17`: open_with_sid opens the sid of a live session again. -/
theorem not_K10_telltale17 : ¬ K10 .telltale17 := by
  intro h
  exact h [] (.openWith 0 [] [] .standard) [] (.openWith 0 [] [] .standard) 0 (by decide) rfl rfl

/-! ### Counters at their end -/

theorem runOwn_snoc (k : Contract) (ops : List OwnOp) (s : Own) (op : OwnOp) :
    runOwn k s (cat ops [op]) = after k (runOwn k s ops) op := by
  induction ops generalizing s with
  | nil => rfl
  | cons x ops ih => exact ih _

theorem witness_ids_run_out (n : Nat) (hn : n < top) :
    ∃ ops, (reached .telltale17 0 [] ops).terminal = none ∧
      (reached .telltale17 0 [] ops).owner = some capA ∧
      (reached .telltale17 0 [] ops).nextWitness = n + 1 := by
  induction n with
  | zero => exact ⟨[.claim "a" .session], rfl, rfl, rfl⟩
  | succ n ih =>
    obtain ⟨ops, ht, ho, hw⟩ := ih (by omega)
    refine ⟨cat ops [.issue capA "p"], ?_⟩
    unfold reached at *
    rw [runOwn_snoc]
    generalize runOwn .telltale17 (Own.fresh 0 []) ops = s at ht ho hw
    simp [after, act, issue, gOpen, gActive, gOwned, gLive, gHonest, gScope, gCounter, Contract.serves,
      Contract.honest, Contract.mayGive, Contract.spend, done, ht, ho, hw, capA, saturate, hn]

/-- K3 fails under `telltale17`: the last witness id, 2^64-1, is given out again and again. -/
theorem not_K3_telltale17 : ¬ K3 .telltale17 := by
  intro h
  obtain ⟨ops, ht, ho, hw⟩ := witness_ids_run_out (top - 1) (by simp [top])
  have hw : (reached .telltale17 0 [] ops).nextWitness = top := by rw [hw]; rfl
  have := h 0 [] ops (.issue capA "p") [] (.issue capA "p") top top
  generalize reached .telltale17 0 [] ops = s at this ht ho hw
  simp [runOwn, after, act, issue, gOpen, gActive, gOwned, gLive, gHonest, gScope, gCounter,
    Contract.serves, Contract.honest, Contract.mayGive, Contract.spend, done, ht, ho, hw, capA, saturate,
    OwnOutcome.witness] at this

theorem generations_run_out (n : Nat) (hn : n ≤ top) :
    ∃ ops, (reached .telltale17 0 [] ops).terminal = none ∧
      (reached .telltale17 0 [] ops).pending = none ∧
      (reached .telltale17 0 [] ops).sid = 0 ∧
      (reached .telltale17 0 [] ops).owner = some ⟨0, "a", n, .session⟩ := by
  induction n with
  | zero => exact ⟨[.claim "a" .session], rfl, rfl, rfl, rfl⟩
  | succ n ih =>
    obtain ⟨ops, ht, hp, hs, ho⟩ := ih (by omega)
    refine ⟨cat ops [.attenuate ⟨0, "a", n, .session⟩ .session], ?_⟩
    have hn : n < top := by omega
    unfold reached at *
    rw [runOwn_snoc]
    generalize runOwn .telltale17 (Own.fresh 0 []) ops = s at ht hp hs ho
    simp [after, act, attenuate, gOpen, gActive, gOwned, gLive, gHonest, gIdle, gWithin, gCounter,
      Contract.serves, Contract.honest, Contract.mayGive, Contract.mayAttenuate, Contract.attenuatedGeneration, done,
      ht, hp, hs, ho, saturate, hn]

/-- K8 fails under `telltale17`: at 2^64-1 a commit gives the generation that the giver has. -/
theorem not_K8_telltale17 : ¬ K8 .telltale17 := by
  intro h
  obtain ⟨ops, ht, hp, hs, ho⟩ := generations_run_out top (Nat.le_refl _)
  have := h 0 [] (cat ops [.transfer ⟨0, "a", top, .session⟩ "b" .session])
  unfold reached at *
  rw [runOwn_snoc] at this
  generalize runOwn .telltale17 (Own.fresh 0 []) ops = s at this ht hp hs ho
  have := this ⟨0, s.nextClaim, "a", top, "b", top, .session⟩ ⟨0, "b", top, .session⟩
  simp [after, act, transfer, commit, gOpen, gActive, gOwned, gLive, gHonest, gIdle, gWithin, gCounter,
    gStaged, gMatch, gGiver, Contract.serves, Contract.honest, Contract.mayGive, Contract.mayTransfer, Contract.nextOf,
    Contract.committedGeneration, done, ht, hp, hs, ho, saturate] at this

theorem claim_ids_run_out (n : Nat) (hn : n < top) :
    ∃ ops, (reached .telltale17 0 [] ops).terminal = none ∧
      (reached .telltale17 0 [] ops).pending = none ∧
      (reached .telltale17 0 [] ops).sid = 0 ∧
      (reached .telltale17 0 [] ops).owner = some capA ∧
      (reached .telltale17 0 [] ops).nextClaim = n + 1 := by
  have one : 0 < top := by simp [top]
  induction n with
  | zero => exact ⟨[.claim "a" .session], rfl, rfl, rfl, rfl, rfl⟩
  | succ n ih =>
    obtain ⟨ops, ht, hp, hs, ho, hc⟩ := ih (by omega)
    refine ⟨cat (cat ops [.transfer capA "b" .session]) [.rollback ⟨0, n + 1, "a", 0, "b", 1, .session⟩], ?_⟩
    unfold reached at *
    rw [runOwn_snoc, runOwn_snoc]
    generalize runOwn .telltale17 (Own.fresh 0 []) ops = s at ht hp hs ho hc
    simp [after, act, transfer, rollback, gOpen, gActive, gOwned, gLive, gHonest, gIdle, gWithin, gCounter,
      gStaged, gMatch, Contract.serves, Contract.honest, Contract.mayGive, Contract.mayTransfer, Contract.nextOf,
      Contract.spend, done, ht, hp, hs, ho, hc, capA, saturate, hn, one]

/-- K19 fails under `telltale17`: the last claim id, 2^64-1, is given out again and again. -/
theorem not_K19_telltale17 : ¬ K19 .telltale17 := by
  intro h
  have one : 0 < top := by simp [top]
  obtain ⟨ops, ht, hp, hs, ho, hc⟩ := claim_ids_run_out (top - 1) (by simp [top])
  have hc : (reached .telltale17 0 [] ops).nextClaim = top := by rw [hc]; rfl
  have := (h 0 [] ops (.transfer capA "b" .session) [.rollback ⟨0, top, "a", 0, "b", 1, .session⟩]
    (.transfer capA "b" .session)).1 top top
  generalize reached .telltale17 0 [] ops = s at this ht hp hs ho hc
  simp [runOwn, after, act, transfer, rollback, gOpen, gActive, gOwned, gLive, gHonest, gIdle, gWithin, gCounter,
    gStaged, gMatch, Contract.serves, Contract.honest, Contract.mayGive, Contract.mayTransfer, Contract.nextOf,
    Contract.spend, done, ht, hp, hs, ho, hc, capA, saturate, one, OwnOutcome.claim] at this

/-! ### Single sequences -/

def forgedA : Cap := ⟨0, "a", 0, narrow⟩

/-- K6 fails under `telltale17`: a forged scope is accepted. -/
theorem not_K6_telltale17 : ¬ K6 .telltale17 := by
  intro h
  have ho : (reached .telltale17 0 [] [.claim "a" .session]).owner = some capA := rfl
  have := h 0 [] [.claim "a" .session] (.validate forgedA) forgedA rfl
    (by intro o h; rw [ho] at h; cases h; decide)
  exact absurd this (by decide)

/-- K9 fails under `telltale17` for the status: after an owner's death, which is Faulted, close makes
it Closed. -/
theorem not_K9_telltale17_status : ¬ K9Status .telltale17 := by
  intro h
  have : Status.closed = .faulted (.ownerDied "a") :=
    h 0 [] [.claim "a" .session, .ownerDied "a", .close] (.ownerDied "a") rfl
  cases this

/-- K11 fails under `telltale17`: after close the owner is still accepted. -/
theorem not_K11_telltale17 : ¬ K11 .telltale17 := by
  intro h
  have := (h 0 [] [.claim "a" .session] []).2 (.validate capA) (by simp)
  exact absurd this (by decide)

def receiptA : Receipt := ⟨0, 1, "a", 0, "b", 1, .session⟩

/-- K12 fails under `telltale17`: the owner dies while a transfer is pending; of the receipt, which is
pending no more, no record tells. -/
theorem not_K12_telltale17 : ¬ K12 .telltale17 := by
  intro h
  have := h 0 [] [.claim "a" .session, .transfer capA "b" .session, .ownerDied "a"]
    (by simp [OwnOp.names, capA])
  have : some receiptA = none := congrArg Valid.pending this
  cases this

/-- K13 fails under `telltale17`: a receipt that cancel_abandoned_transfer refuses is not logged. -/
theorem not_K13_telltale17 : ¬ K13 .telltale17 := by
  intro h
  obtain ⟨why, hw⟩ := h 0 [] [] (.abandon receiptA) (.receipt receiptA) rfl rfl
  have hw : [] = [note (.receipt receiptA) .rejected (some why)] := hw
  cases hw

def sends (n : Nat) : List SessionOp :=
  match n with
  | 0 => []
  | n + 1 => .body (.send ("A", "B") .unit .valid none) :: sends n

def sentAtoB : Message := ⟨.unit, 0, Signing.valid.make 0 ("A", "B") 0 .unit⟩

/-- K14 fails under `telltale17`: a buffer of 2 with max_capacity 3 grows to 4. -/
theorem not_K14_telltale17 : ¬ K14 .telltale17 := by
  intro h
  have := h 0 ["A", "B"] [("A", .send "B" .nil)] ⟨.fifo, 2, .resize 3⟩ 3 (sends 3) ("A", "B")
    ⟨.fifo, .resize 3, 4, [sentAtoB, sentAtoB, sentAtoB]⟩ rfl rfl
  exact absurd this (by decide)

/-- K15 fails under `telltale17`: a role that is listed twice has one id, that of its last place. -/
theorem not_K15_telltale17 : ¬ K15 .telltale17 := by
  intro h
  have := h Store.empty ["A", "A"] [] (makePlan Contract.telltale17.openedType ["A", "A"] []) rfl
  have := this.1 0 "A" rfl
  exact absurd this (by decide)

def sendsTo (label : String) (next : LocalType) : LocalType :=
  .send "B" (.cons ⟨label, .unit⟩ none next .nil)

/-- A loop within a loop, which goes back to the outer one. -/
def nested : LocalType := .mu "t" (sendsTo "m" (.mu "u" (sendsTo "n" (.var "t"))))

theorem nested_closed : nested.closed := by
  intro x
  simp only [nested, sendsTo, LocalType.free, Branches.free]
  grind

/-- K16 fails under `telltale17`: in a loop within a loop the variable of the outer one leads to the
inner one, and the outer one's label is refused. -/
theorem not_K16_telltale17 : ¬ K16 .telltale17 := by
  intro h
  have steps : Follows nested ["m", "n", "m"]
      [(Direction.send, "B", none), (.send, "B", none), (.send, "B", none)] :=
    (follow_follows _ nested nested_closed _).mp (by rfl)
  have := (h 0 ["A"] [("A", nested)] .standard "A" nested ["m", "n", "m"] _ (by simp) rfl
    nested_closed).mpr steps
  have : none = some [(Direction.send, "B", none), (.send, "B", none), (.send, "B", none)] := this
  cases this

/-- K17 fails under `telltale17`: a mutation stores a trace under another session's edge. -/
theorem not_K17_telltale17 : ¬ K17 .telltale17 := by
  intro h
  have := h 0 [] [] .standard [.own (.claim "a" .session), .own (.mutate capA (.updateTrace ⟨1, "A", "B"⟩ []))]
    ⟨1, "A", "B"⟩ (.inr (by intro h; cases h))
  exact absurd this (by decide)

/-- K17 fails under `telltale17` for `lookup_handler` as well: what was bound for another session's edge is
found in this one. -/
theorem not_K17_found_telltale17 : ¬ K17Found .telltale17 := by
  intro h
  have := (h 0 ["A", "B"] [] .standard
    [.own (.claim "a" .session), .own (.mutate capA (.updateEdgeHandler ⟨1, "A", "B"⟩ "h"))] "A" "B" "h" rfl).2.2
  have : ((⟨0, "A", "B"⟩ : Edge), "h") ∈ [((⟨1, "A", "B"⟩ : Edge), "h")] := this
  simp at this

/-- K23 fails under `telltale17`: a handler that was bound for another session's edge is not found there. -/
theorem not_K23_telltale17 : ¬ K23 .telltale17 := by
  intro h
  have := h.2 (run .telltale17 Store.empty [.openNext [] [] .standard, .own 0 (.claim "a" .session)]) 0 capA
    ⟨1, "A", "B"⟩ "h" (.own .null) ⟨_, rfl⟩ rfl
  have : Outcome.ok (.text none) = .ok (.text (some "h")) := this
  cases this

/-! ### Messages, reload and host calls -/

def sentWith (how : Signing) (number : Nat) : SessionOp := .body (.send ("A", "B") .unit how (some number))

/-- K18 fails under `telltale17`: a message with a corrupt signature is taken and handed out to nobody. -/
theorem not_K18_telltale17 : ¬ K18 .telltale17 := by
  intro h
  have := h 0 ["A", "B"] [("A", .send "B" .nil)] .standard [sentWith .corrupt 0] .plain ("A", "B")
  rcases this with h | ⟨m, rest, r, _, _, hr, hd⟩
  · have h := congrArg size h
    have h : 0 = 1 := h
    cases h
  · have hr : (Except.ok .nothing : Except Failure Received) = .ok r := hr
    cases hr
    cases hd

/-- K25 fails under `telltale17`: a signature made for another sequence number verifies. -/
theorem not_K25_telltale17 : ¬ K25 .telltale17 := by
  intro h
  have := h 0 ["A", "B"] [("A", .send "B" .nil)] .standard [sentWith .otherSequence 0] .plain ("A", "B")
    (.payload ⟨.unit, 0, Signing.otherSequence.make 0 ("A", "B") 0 .unit⟩) _ rfl rfl
  have : 1 = 0 := congrArg Signature.number this
  cases this

/-- K26 fails under `telltale17`: two messages with the same number are received. -/
theorem not_K26_telltale17 : ¬ K26 .telltale17 := by
  intro h
  have := h 0 ["A", "B"] [("A", .send "B" .nil)] .standard [sentWith .valid 5, sentWith .valid 5]
    (.body (.recv .plain ("A", "B"))) [] (.body (.recv .plain ("A", "B"))) ("A", "B") 5 5 rfl rfl
  exact absurd this (by decide)

/-- How many edges the first outcome shows. -/
def edgesShown : List Outcome → Nat
  | .ok (.state s) :: _ => size s.body.edges
  | _ => 0

/-- K27 fails under `telltale17`: after a reload a closed session shows no edges. -/
theorem not_K27_telltale17 : ¬ K27 .telltale17 := by
  intro h
  have := congrArg edgesShown
    (h [.openWith 0 ["A", "B"] [("A", .send "B" .nil)] .standard, .own 0 .close] [.observe 0])
  have : 0 = 1 := this
  cases this

/-- K28 fails under `telltale17`: a host call changes the default handler of an owned session. -/
theorem not_K28_telltale17 : ¬ K28 .telltale17 := by
  intro h
  have := h 0 [] [] .standard [.own (.claim "a" .session)] (.host (.setDefaultHandler "h")) (by simp)
    (.inr ⟨capA, rfl, rfl⟩)
  exact absurd (congrArg (fun x => x.2.2.1) this) (by decide)

end Telltale
