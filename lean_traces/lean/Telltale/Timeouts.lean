module

public import Telltale.Step

/-!
Timeout witnesses: one clock and one registry per runtime (contract §9).
-/

@[expose] public section

namespace Telltale

namespace Store

def issueTimeout (st : Store) (site : String) (untilTick : Nat) : Step :=
  let r := st.runtime
  let w : Timeout := ⟨r.nextTimeout, site, r.clock, untilTick⟩
  let issued : Record := ⟨some r.clock, .timeout w, .issued, none⟩
  let log := match find site r.sites with
    | some old =>
      issued :: ⟨some r.clock, .timeout old, .invalidated,
        some "replaced by newer timeout witness"⟩ :: r.log
    | none => issued :: r.log
  let r' : Runtime :=
    ⟨r.clock, saturate r.nextTimeout, put textLt site w r.sites, log⟩
  ⟨.ok (.timeout w), { st with runtime := r' }, []⟩

/-- The witnesses that expire by that tick, in the order of their sites. -/
def expiring (tick : Nat) (sites : List (String × Timeout)) : List (String × Timeout) :=
  keep (fun s => decide (s.2.untilTick ≤ tick)) sites

def expiry (tick : Nat) (s : String × Timeout) : Record :=
  ⟨some tick, .timeout s.2, .expired, some "timeout horizon elapsed"⟩

def advanceClock (st : Store) (tick : Nat) : Step :=
  let r := st.runtime
  if tick < r.clock then st.fails (.clockBack r.clock tick)
  else
    let gone := expiring tick r.sites
    let stay := keep (fun s => decide (tick < s.2.untilTick)) r.sites
    let log := onto (each (expiry tick) gone) r.log
    ⟨.ok (.timeouts (each (fun s => s.2) gone)),
      { st with runtime := ⟨tick, r.nextTimeout, stay, log⟩ }, []⟩

end Store

end Telltale
