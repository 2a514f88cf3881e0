module

public import Telltale.Request

/-!
The resident runner: a folder as mailbox. A request is a file of tokens, one per line (`Request`):

    telltale-request 2
    ops N            and N lines with the names of the operations that the request uses
    shapes N         and N times a count and as many texts: the field names of objects
    values N         and N values
    labels N         and N times two values: a label of a branch, and its value type or null
    types N          and N local types, of parts that come before them
    program C        a program under the contract C (telltale-17 or hardened)
    program C G N W  the same in a store whose fresh sessions have next generation G, next claim id N and
                     next witness id W: near the bound, where no sequence of operations gets
    K                a step with operation K of the list above, and its arguments in the order of the
                     contract, null for one that is left out
    end

The answer has one JSON object per line: `{"program":C}` for a program; for a step `{"ok":…,
"audit":[…]}`, `{"err":…,"audit":[…]}`, `{"skipped":true}` or `{"bad":"why"}`; and `{"end":true}`.
`{"refused":"why"}` refuses the whole request.
-/

@[expose] public section

namespace Telltale
namespace Serve
open Request

/-- An operation of a request: how many arguments it has, and how they are read. -/
abbrev Reader := Nat × Decode.Reader

/-- What tokens may refer to, the results so far among it, and the text so far. -/
structure Running where
  contract : Contract
  /-- The counters of fresh sessions where they are not the contract's. -/
  first : Option (Nat × Nat × Nat)
  store : Store
  known : Tables
  out : String

def contractNamed (name : String) : Option Contract :=
  if name = "telltale-17" then some .telltale17
  else if name = "hardened" then some .hardened
  else none

@[inline] def addResult (known : Tables) (a : Option Answer) : Tables :=
  { known with results := known.results.push a }

/-- A step that was not carried out. -/
def without (r : Running) (line : String) : Running :=
  { r with known := addResult r.known none, out := r.out.append line }

def skipped (r : Running) : Running := without r "{\"skipped\":true}\n"

def bad (r : Running) (why : String) : Running :=
  without r (Encode.join ["{\"bad\":", why.quote, "}\n"])

/-- The session that an operation opened gets the counters that the program names. -/
def withFirst (first : Option (Nat × Nat × Nat)) (op : Op) (s : Step) : Step :=
  match first, op, s.outcome with
  | some f, .openNext .., .ok (.nat sid) => opened f sid
  | some f, .openWith .., .ok (.nat sid) => opened f sid
  | _, _, _ => s
where
  opened (f : Nat × Nat × Nat) (sid : Nat) : Step :=
    match s.store.session sid with
    | none => s
    | some x =>
      let own := { x.own with nextGen := f.1, nextClaim := f.2.1, nextWitness := f.2.2 }
      { s with store := s.store.set sid { x with own := own } }

/-- The step of an operation. -/
def carriedOut (r : Running) (op : Op) : Running :=
  let s := withFirst r.first op (step r.contract r.store op)
  let result := match s.outcome with
    | .ok a => some a
    | .err _ => none
  { r with
    store := s.store
    known := addResult r.known result
    out := r.out.append (Encode.line s.outcome s.added) }

/-- One step of a program. -/
def one (r : Running) (reader : Decode.Reader) (arguments : List Json) (mark : Mark) : Running :=
  match mark with
  | .bad why => bad r why
  | .missing => skipped r
  | mark => match reader arguments with
    | .ok op => carriedOut r op
    | .error why => match mark with
      | .refers => skipped r
      | _ => bad r why

/-- The readers of the named operations, or the name that is unknown. -/
def readersOf : Nat → List String → Array Reader → Except String (Array Reader × List String)
  | 0, rest, acc => .ok (acc, rest)
  | _ + 1, [], _ => .error "the request ends within the operations"
  | n + 1, name :: rest, acc => match find name Decode.readers with
    | some reader => readersOf n rest (acc.push reader)
    | none => .error (String.append "unknown operation " name)

def refused (why : String) : String := Encode.join ["{\"refused\":", why.quote, "}\n"]

/-- The contract and the first counters that the line of a program names. -/
def programLine (token : String) : Option (String × Option (Nat × Nat × Nat)) :=
  match token.splitOn " " with
  | ["program", name] => some (name, none)
  | ["program", name, g, n, w] => some (name, some (number g, number n, number w))
  | _ => none

/-- At the beginning of a program: an empty store, no results. -/
def begun (r : Running) (k : Contract) (name : String) (first : Option (Nat × Nat × Nat)) : Running :=
  { contract := k, first := first, store := Store.empty, known := { r.known with results := #[] }
    out := r.out.append (Encode.join ["{\"program\":", name.quote, "}\n"]) }

/-- The steps of all programs; the text of the answer. -/
partial def steps (readers : Array Reader) (r : Running) : List String → String
  | [] => refused "the request has no end"
  | token :: rest =>
    match token.toNat? with
    | some k => match readers[k]? with
      | none => refused "no such operation number"
      | some (count, reader) =>
        let a := readArguments r.known count rest
        steps readers (one r reader a.value a.mark) a.rest
    | none =>
      if token = "end" then r.out.append "{\"end\":true}\n"
      else match programLine token with
        | none => refused (String.append "no step: " token)
        | some (name, first) => match contractNamed name with
          | some k => steps readers (begun r k name first) rest
          | none => refused (String.append "unknown contract " name)

/-- The count of a line `NAME COUNT`, and what follows. -/
def section' (name : String) (tokens : List String) : Except String (Nat × List String) :=
  match tokens with
  | [] => .error "the request ends in its head"
  | line :: rest => match line.splitOn " " with
    | [word, n] => if word = name then .ok (number n, rest) else .error (String.append "no " name)
    | _ => .error (String.append "no " name)

/-- The head of a request and what follows it. -/
def head (tokens : List String) : Except String (Array Reader × Tables × List String) := do
  let (n, tokens) ← section' "telltale-request" tokens
  if n = 2 then
    let (n, tokens) ← section' "ops" tokens
    let (readers, tokens) ← readersOf n tokens #[]
    let (n, tokens) ← section' "shapes" tokens
    let (shapes, tokens) ← readShapes n tokens #[]
    let (n, tokens) ← section' "values" tokens
    let (known, tokens) ← readValues n tokens ⟨shapes, #[], #[], #[], #[]⟩
    let (n, tokens) ← section' "labels" tokens
    let (known, tokens) := readLabels n tokens known
    let (n, tokens) ← section' "types" tokens
    let (known, tokens) := readTypes n tokens known
    return (readers, known, tokens)
  else .error "no request of version 2"

/-- The answer to a request. -/
def answer (request : String) : String :=
  match head (request.splitOn "\n") with
  | .ok (readers, known, tokens) => steps readers ⟨.telltale17, none, Store.empty, known, ""⟩ tokens
  | .error why => refused why

/-- Answers `request-N` by `answer-N` for N = `n`, `n + 1`, … until there is a file `stop`, or
nothing came for `idle` looks of 2 ms. The answer appears whole: it is renamed to its name. -/
partial def serve (dir : String) (n idle left : Nat) : IO Unit := do
  let path := Encode.join [dir, "/request-", Nat.repr n]
  if ← System.FilePath.pathExists ⟨path⟩ then
    let text ← IO.FS.readFile ⟨path⟩
    let out := Encode.join [dir, "/answer-", Nat.repr n]
    IO.FS.writeFile ⟨out.append ".part"⟩ (answer text)
    IO.FS.rename ⟨out.append ".part"⟩ ⟨out⟩
    serve dir (n + 1) idle idle
  else if left = 0 then pure ()
  else if ← System.FilePath.pathExists ⟨dir.append "/stop"⟩ then pure ()
  else
    IO.sleep 2
    serve dir n idle (left - 1)

/-- One request from a file, its answer into another. -/
def once (request out : String) : IO Unit := do
  let text ← IO.FS.readFile ⟨request⟩
  IO.FS.writeFile ⟨out⟩ (answer text)

/-- Says that it is ready, then serves. -/
def main (dir : String) (idle : Nat) : IO Unit := do
  IO.FS.writeFile ⟨dir.append "/ready.part"⟩ "ready\n"
  IO.FS.rename ⟨dir.append "/ready.part"⟩ ⟨dir.append "/ready"⟩
  serve dir 1 idle idle

end Serve
end Telltale
