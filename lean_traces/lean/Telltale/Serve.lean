module

public import Telltale.Decode
public import Telltale.Encode

/-!
The resident runner: a folder as mailbox. A request is a file of tokens, one per line (`Json`):

    telltale-request 1
    ops N            and N lines with the names of the operations that the request uses
    shapes N         and N times a count and as many texts: the field names of objects
    values N         and N values
    program C        a program under the contract C (telltale-17 or hardened)
    K                a step with operation K of the list above, and its arguments
    end

The answer has one JSON object per line: `{"program":C}` for a program; for a step `{"ok":…,
"audit":[…]}`, `{"err":…,"audit":[…]}`, `{"skipped":true}` or `{"bad":"why"}`; and `{"end":true}`.
`{"refused":"why"}` refuses the whole request.
-/

@[expose] public section

namespace Telltale
namespace Serve
open Json

abbrev Reader := Decode.Reader

/-- What tokens may refer to, the results so far among it, and the text so far. -/
structure Running where
  contract : Contract
  store : Store
  known : Tables
  out : String

def contractNamed (name : String) : Option Contract :=
  if name = "telltale-17" then some .telltale17
  else if name = "hardened" then some .hardened
  else none

def addResult (known : Tables) (j : Option Json) : Tables :=
  { known with results := known.results.push j }

def bad (r : Running) (why : String) : Running :=
  { r with
    known := addResult r.known none
    out := ((r.out.append "{\"bad\":").append why.quote).append "}\n" }

def skipped (r : Running) : Running :=
  { r with known := addResult r.known none, out := r.out.append "{\"skipped\":true}\n" }

def withAudit (out : String) (added : List Record) : String :=
  match added with
  | [] => out.append ",\"audit\":[]}\n"
  | rs => (Encode.writeRecords (out.append ",\"audit\":") rs).append "}\n"

/-- One step of a program. -/
def one (r : Running) (reader : Reader) (args : Reading) : Running :=
  match args.bad with
  | some why => bad r why
  | none =>
    if args.skip then skipped r
    else match reader args.value with
      | .error why => if args.refers then skipped r else bad r why
      | .ok op =>
        let s := step r.contract r.store op
        match s.outcome with
        | .ok a =>
          let j := Encode.answer a
          { r with
            store := s.store
            known := addResult r.known (some j)
            out := withAudit (Encode.writeAnswer (r.out.append "{\"ok\":") a j) s.added }
        | .err e =>
          { r with
            store := s.store
            known := addResult r.known none
            out := withAudit (write (r.out.append "{\"err\":") (Encode.failure e)) s.added }

/-- The readers of the named operations, or the name that is unknown. -/
def readersOf : Nat → List String → Array Reader → Except String (Array Reader × List String)
  | 0, rest, acc => .ok (acc, rest)
  | _ + 1, [], _ => .error "the request ends within the operations"
  | n + 1, name :: rest, acc => match find name Decode.readers with
    | some f => readersOf n rest (acc.push f)
    | none => .error (String.append "unknown operation " name)

def refused (why : String) : String :=
  ((String.append "{\"refused\":" why.quote).append "}\n")

/-- The steps of all programs; the text of the answer. -/
partial def steps (readers : Array Reader) (r : Running) : List String → String
  | [] => refused "the request has no end"
  | token :: rest =>
    match token.toNat? with
    | some k => match readers[k]? with
      | none => refused "no such operation number"
      | some reader =>
        let args := read r.known rest
        steps readers (one r reader args) args.rest
    | none =>
      if token = "end" then r.out.append "{\"end\":true}\n"
      else match token.splitOn " " with
        | ["program", name] => match contractNamed name with
          | some k =>
            let out := ((r.out.append "{\"program\":").append name.quote).append "}\n"
            steps readers ⟨k, Store.empty, { r.known with results := #[] }, out⟩ rest
          | none => refused (String.append "unknown contract " name)
        | _ => refused (String.append "no step: " token)

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
  if n = 1 then
    let (n, tokens) ← section' "ops" tokens
    let (readers, tokens) ← readersOf n tokens #[]
    let (n, tokens) ← section' "shapes" tokens
    let (shapes, tokens) ← readShapes n tokens #[]
    let (n, tokens) ← section' "values" tokens
    let (known, tokens) ← readValues n tokens ⟨shapes, #[], #[]⟩
    return (readers, known, tokens)
  else .error "no request of version 1"

/-- The answer to a request. -/
def answer (request : String) : String :=
  match head (request.splitOn "\n") with
  | .ok (readers, known, tokens) => steps readers ⟨.telltale17, Store.empty, known, ""⟩ tokens
  | .error why => refused why

/-- Answers `request-N` by `answer-N` for N = `n`, `n + 1`, … until there is a file `stop`, or
nothing came for `idle` looks of 2 ms. The answer appears whole: it is renamed to its name. -/
partial def serve (dir : String) (n idle left : Nat) : IO Unit := do
  let path := String.join [dir, "/request-", Nat.repr n]
  if ← System.FilePath.pathExists ⟨path⟩ then
    let text ← IO.FS.readFile ⟨path⟩
    let out := String.join [dir, "/answer-", Nat.repr n]
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
