module

public import Telltale.Lists

/-!
JSON values, read from the line form of a request and written as one line of an answer.

The line form has one token per line; the first character says what it is:

    n t f      null, true, false
    0…9        an unsigned integer
    ~TEXT      any other number, as written
    "TEXT      a text without backslash or line feed
    'TEXT      a text with them escaped: \\ and \n
    [N         an array: N values follow
    {N         an object of shape N: a value follows for each of its fields
    @N         value N of the table of values
    $N         the result of step N of the program
    =N         the result of step N, an object, with fields replaced by those of the object that follows
    !          the result of a step that is not in the program

The shapes (lists of field names) and the values without references that a request uses are in
tables at its head, each once. A value that
refers to a step without result makes the whole step be skipped, and so does one whose references
resolve to arguments that the operation does not take.
-/

@[expose] public section

namespace Telltale

inductive Json
  | null
  | bool (b : Bool)
  | num (n : Nat)
  | other (text : String)
  | str (s : String)
  | arr (xs : List Json)
  | obj (fields : List (String × Json))
  /-- An object whose field names may need escapes when written. -/
  | dict (fields : List (String × Json))

/-- What tokens refer to. -/
structure Tables where
  shapes : Array (List String)
  values : Array Json
  /-- The results of the steps so far. -/
  results : Array (Option Json)

/-- What is left to read, and what was met on the way. -/
structure Reading where
  value : Json
  rest : List String
  /-- A reference to a step without result was met. -/
  skip : Bool
  /-- A reference was met, with result or without. -/
  refers : Bool
  /-- Why the text cannot be read. -/
  bad : Option String

instance : Inhabited Reading := ⟨⟨.null, [], false, false, none⟩⟩

namespace Json

def kind (token : String) : Char := String.Pos.Raw.get token 0

def body (token : String) : String := String.Pos.Raw.extract token ⟨1⟩ ⟨token.utf8ByteSize⟩

def unescape (s : String) : String :=
  String.intercalate "\\" (each (fun part => String.intercalate "\n" (part.splitOn "\\n"))
    (s.splitOn "\\\\"))

def number (text : String) : Nat :=
  match text.toNat? with
  | some n => n
  | none => 0

/-- The object with a field replaced, or added when it has none of that name. -/
def replace (name : String) (v : Json) : List (String × Json) → List (String × Json)
  | [] => [(name, v)]
  | (k, w) :: rest => if k = name then (k, v) :: rest else (k, w) :: replace name v rest

/-- The object with fields replaced. -/
def replaceAll : List (String × Json) → List (String × Json) → List (String × Json)
  | [], fields => fields
  | (k, v) :: rest, fields => replaceAll rest (replace k v fields)

def unreadable (why : String) (rest : List String) : Reading := ⟨.null, rest, false, false, some why⟩

mutual
/-- One value. -/
partial def read (known : Tables) : List String → Reading
  | [] => unreadable "the request ends within a value" []
  | token :: rest =>
    match kind token with
    | '"' => ⟨.str (body token), rest, false, false, none⟩
    | '@' => match known.values[number (body token)]? with
      | some v => ⟨v, rest, false, false, none⟩
      | none => unreadable "no such value" rest
    | '{' => match known.shapes[number (body token)]? with
      | some names => readFields known names rest ⟨.null, rest, false, false, none⟩ []
      | none => unreadable "no such shape" rest
    | '[' => readItems known (number (body token)) ⟨.null, rest, false, false, none⟩ []
    | '$' => match known.results[number (body token)]? with
      | some (some v) => ⟨v, rest, false, true, none⟩
      | _ => ⟨.null, rest, true, true, none⟩
    | '=' =>
      let r := read known rest
      match known.results[number (body token)]? with
      | some (some (.obj fields)) => match r.value with
        | .obj changes => ⟨.obj (replaceAll changes fields), r.rest, r.skip, true, r.bad⟩
        | _ => ⟨.null, r.rest, true, true, r.bad⟩
      | _ => ⟨.null, r.rest, true, true, r.bad⟩
    | '!' => ⟨.null, rest, true, true, none⟩
    | 'n' => ⟨.null, rest, false, false, none⟩
    | 't' => ⟨.bool true, rest, false, false, none⟩
    | 'f' => ⟨.bool false, rest, false, false, none⟩
    | '~' => ⟨.other (body token), rest, false, false, none⟩
    | '\'' => ⟨.str (unescape (body token)), rest, false, false, none⟩
    | _ => match token.toNat? with
      | some n => ⟨.num n, rest, false, false, none⟩
      | none => unreadable (String.append "no such token: " token) rest

partial def readItems (known : Tables) (n : Nat) (so : Reading) (acc : List Json) : Reading :=
  if n = 0 then ⟨.arr (rev acc), so.rest, so.skip, so.refers, so.bad⟩
  else
    let r := read known so.rest
    readItems known (n - 1)
      ⟨.null, r.rest, so.skip || r.skip, so.refers || r.refers, orElse so.bad r.bad⟩ (r.value :: acc)

partial def readFields (known : Tables) (names : List String) (tokens : List String) (so : Reading)
    (acc : List (String × Json)) : Reading :=
  match names with
  | [] => ⟨.obj (rev acc), tokens, so.skip, so.refers, so.bad⟩
  | name :: more =>
    let r := read known tokens
    readFields known more r.rest
      ⟨.null, r.rest, so.skip || r.skip, so.refers || r.refers, orElse so.bad r.bad⟩
      ((name, r.value) :: acc)
end

/-- A text token. -/
def textOf (token : String) : String :=
  match kind token with
  | '\'' => unescape (body token)
  | _ => body token

/-- The next `n` texts. -/
def readNames : Nat → List String → List String → Except String (List String × List String)
  | 0, rest, acc => .ok (rev acc, rest)
  | _ + 1, [], _ => .error "the request ends within a shape"
  | n + 1, token :: rest, acc => readNames n rest (textOf token :: acc)

def readShapes (n : Nat) (tokens : List String) (acc : Array (List String)) :
    Except String (Array (List String) × List String) :=
  match n, tokens with
  | 0, rest => .ok (acc, rest)
  | _ + 1, [] => .error "the request ends within the shapes"
  | n + 1, count :: rest => match readNames (number count) rest [] with
    | .ok (names, rest') => readShapes n rest' (acc.push names)
    | .error why => .error why

def readValues (n : Nat) (tokens : List String) (known : Tables) :
    Except String (Tables × List String) :=
  match n with
  | 0 => .ok (known, tokens)
  | n + 1 =>
    let r := read known tokens
    match r.bad with
    | some why => .error why
    | none => readValues n r.rest { known with values := known.values.push r.value }

/-! ### Writing. Texts are written by `String.quote`: JSON, but for `\xNN` in place of the other
control characters, which the reader of the answers knows. -/

mutual
partial def write (out : String) : Json → String
  | .null => out.append "null"
  | .bool true => out.append "true"
  | .bool false => out.append "false"
  | .num n => out.append (Nat.repr n)
  | .other t => out.append t
  | .str s => out.append s.quote
  | .arr [] => out.append "[]"
  | .arr (x :: xs) => writeItems (write (out.append "[") x) xs
  | .obj [] => out.append "{}"
  | .obj ((k, v) :: fs) => writeFields (write (((out.append "{\"").append k).append "\":") v) fs
  | .dict [] => out.append "{}"
  | .dict ((k, v) :: fs) => writeNamed (write (((out.append "{").append k.quote).append ":") v) fs

partial def writeItems (out : String) : List Json → String
  | [] => out.append "]"
  | x :: xs => writeItems (write (out.append ",") x) xs

partial def writeFields (out : String) : List (String × Json) → String
  | [] => out.append "}"
  | (k, v) :: fs => writeFields (write (((out.append ",\"").append k).append "\":") v) fs

partial def writeNamed (out : String) : List (String × Json) → String
  | [] => out.append "}"
  | (k, v) :: fs => writeNamed (write (((out.append ",").append k.quote).append ":") v) fs
end

def ofOption {α} (f : α → Json) : Option α → Json
  | none => .null
  | some a => f a

def tagged (name : String) (v : Json) : Json := .obj [(name, v)]

/-! ### Reading fields -/

def field (name : String) (j : Json) : Except String Json :=
  match j with
  | .obj fields => match find name fields with
    | some v => .ok v
    | none => .error (String.append "missing field " name)
  | _ => .error (String.append "no object that could have the field " name)

/-- An object of exactly `n` fields. -/
def sized (n : Nat) (j : Json) : Except String Json :=
  match j with
  | .obj fields => if size fields = n then .ok j else .error "wrong number of fields"
  | _ => .error "no object"

/-- An optional field: absent and null are the same. -/
def optional (name : String) (j : Json) : Option Json :=
  match j with
  | .obj fields => match find name fields with
    | some .null => none
    | v => v
  | _ => none

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

def fields (j : Json) : Except String (List (String × Json)) :=
  match j with
  | .obj fs => .ok fs
  | _ => .error "no object"

/-- Every element read by `f`, in order. -/
def readEach {α β} (f : α → Except String β) : List α → List β → Except String (List β)
  | [], acc => .ok (rev acc)
  | x :: xs, acc => match f x with
    | .ok v => readEach f xs (v :: acc)
    | .error e => .error e

def list {β} (f : Json → Except String β) (j : Json) : Except String (List β) :=
  match j with
  | .arr xs => readEach f xs []
  | _ => .error "no array"

def natAt (name : String) (j : Json) : Except String Nat := do nat (← field name j)
def textAt (name : String) (j : Json) : Except String String := do text (← field name j)

end Json

end Telltale
