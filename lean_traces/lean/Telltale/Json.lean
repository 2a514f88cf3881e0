module

public import Telltale.Encode

/-!
JSON values as arguments of operations, with the accessors that `Decode` reads them by.

Values of the model that later steps refer to most (capabilities, receipts, witnesses, local types)
stay what they are, in place of the objects that spell them out; any other result that is referred
to is read from its text.
-/

@[expose] public section

namespace Telltale

inductive Json
  | null
  | bool (b : Bool)
  | num (n : Nat)
  /-- Any other number, as written. -/
  | other (text : String)
  | str (s : String)
  | arr (xs : List Json)
  | obj (fields : List (String × Json))
  | cap (c : Cap)
  | receipt (r : Receipt)
  | readiness (w : Readiness)
  | type (t : LocalType)

instance : Inhabited Json := ⟨.null⟩

namespace Json

/-! ### Reading what `Encode` wrote -/

def digit (c : Char) : Nat := if c.toNat < 97 then c.toNat - 48 else c.toNat - 87

/-- The text up to its closing quotation mark, on top of `acc`, and what follows the mark. -/
partial def parseText (acc : String) : List Char → String × List Char
  | [] => (acc, [])
  | '"' :: rest => (acc, rest)
  | '\\' :: 'x' :: a :: b :: rest => parseText (acc.push (Char.ofNat (digit a * 16 + digit b))) rest
  | '\\' :: 'n' :: rest => parseText (acc.push '\n') rest
  | '\\' :: 't' :: rest => parseText (acc.push '\t') rest
  | '\\' :: c :: rest => parseText (acc.push c) rest
  | c :: rest => parseText (acc.push c) rest

partial def parseNumber (n : Nat) : List Char → Nat × List Char
  | [] => (n, [])
  | c :: rest => if c.isDigit then parseNumber (n * 10 + digit c) rest else (n, c :: rest)

mutual
/-- A value and what follows it; commas and colons before it are passed over. -/
partial def parse : List Char → Json × List Char
  | [] => (.null, [])
  | ',' :: rest => parse rest
  | ':' :: rest => parse rest
  | '"' :: rest => match parseText "" rest with
    | (s, rest) => (.str s, rest)
  | '[' :: rest => parseItems [] rest
  | '{' :: rest => parseFields [] rest
  | 'n' :: _ :: _ :: _ :: rest => (.null, rest)
  | 't' :: _ :: _ :: _ :: rest => (.bool true, rest)
  | 'f' :: _ :: _ :: _ :: _ :: rest => (.bool false, rest)
  | digits => match parseNumber 0 digits with
    | (n, rest) => (.num n, rest)

partial def parseItems (acc : List Json) : List Char → Json × List Char
  | [] => (.arr (rev acc), [])
  | ']' :: rest => (.arr (rev acc), rest)
  | rest => match parse rest with
    | (v, rest) => parseItems (v :: acc) rest

partial def parseFields (acc : List (String × Json)) : List Char → Json × List Char
  | [] => (.obj (rev acc), [])
  | '}' :: rest => (.obj (rev acc), rest)
  | ',' :: rest => parseFields acc rest
  | rest => match parseText "" (past rest) with
    | (name, rest) => match parse rest with
      | (v, rest) => parseFields ((name, v) :: acc) rest
where
  /-- What follows the opening quotation mark of a name. -/
  past : List Char → List Char
    | [] => []
    | _ :: rest => rest
end

/-- A text that `Encode` wrote. -/
def ofText (text : String) : Json := (parse text.toList).1

def ofOwn : OwnAnswer → Json
  | .null => .null
  | .cap c => .cap c
  | .receipt r => .receipt r
  | .readiness w => .readiness w
  | .cancellation w => ofText (Encode.cancellation w)

/-- A result that a later step refers to. -/
def ofAnswer : Answer → Json
  | .own a => ofOwn a
  | .null => .null
  | .nat n => .num n
  | .bool b => .bool b
  | .capability (some c) => .cap c
  | .type (some .done) => .str "End"
  | .type (some t) => .type t
  | a => ofText (Encode.answer a)

/-! ### Accessors -/

def scope : Scope → Json
  | .session => .str "Session"
  | .fragments names => .obj [("Fragments", .arr (each .str names))]

/-- The fields of an object. -/
def entries : Json → Option (List (String × Json))
  | .obj fields => some fields
  | .cap c => some [("generation", .num c.gen), ("owner_id", .str c.owner),
      ("scope", scope c.scope), ("session_id", .num c.session)]
  | .receipt r => some [("claim_id", .num r.claim), ("from_generation", .num r.fromGen),
      ("from_owner_id", .str r.fromOwner), ("scope", scope r.scope),
      ("session_id", .num r.session), ("to_generation", .num r.toGen),
      ("to_owner_id", .str r.toOwner)]
  | .readiness w => some [("generation", .num w.gen), ("owner_id", .str w.owner),
      ("predicate_ref", .str w.predicate), ("scope", scope w.scope),
      ("session_id", .num w.session), ("witness_id", .num w.id)]
  | .type t => entriesOf (ofText (Encode.localType t))
  | _ => none
where
  entriesOf : Json → Option (List (String × Json))
    | .obj fields => some fields
    | _ => none

abbrev Fields := List (String × Json)

def fields (j : Json) : Except String Fields :=
  match j.entries with
  | some fs => .ok fs
  | none => .error "no object"

/-- The fields of an object of exactly `n`. -/
def sized (n : Nat) (j : Json) : Except String Fields :=
  match j.entries with
  | some fs => if size fs = n then .ok fs else .error "wrong number of fields"
  | none => .error "no object"

def field (name : String) (fs : Fields) : Except String Json :=
  match find name fs with
  | some v => .ok v
  | none => .error (String.append "missing field " name)

def nat (j : Json) : Except String Nat :=
  match j with
  | .num n => .ok n
  | _ => .error "no unsigned integer"

def text (j : Json) : Except String String :=
  match j with
  | .str s => .ok s
  | _ => .error "no text"

def items (j : Json) : Except String (List Json) :=
  match j with
  | .arr xs => .ok xs
  | _ => .error "no array"

/-- Every element read by `f`, in order. -/
@[specialize] def readEach {α β} (f : α → Except String β) : List α → List β → Except String (List β)
  | [], acc => .ok (rev acc)
  | x :: xs, acc => match f x with
    | .ok v => readEach f xs (v :: acc)
    | .error e => .error e

@[inline] def list {β} (f : Json → Except String β) (j : Json) : Except String (List β) :=
  match j with
  | .arr xs => readEach f xs []
  | _ => .error "no array"

def natAt (name : String) (fs : Fields) : Except String Nat :=
  match find name fs with
  | some (.num n) => .ok n
  | some _ => .error "no unsigned integer"
  | none => .error (String.append "missing field " name)

def textAt (name : String) (fs : Fields) : Except String String :=
  match find name fs with
  | some (.str s) => .ok s
  | some _ => .error "no text"
  | none => .error (String.append "missing field " name)

end Json

end Telltale
