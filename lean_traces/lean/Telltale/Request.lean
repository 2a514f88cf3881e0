module

public import Telltale.Decode

/-!
The line form of a request: one token per line; the first character says what it is.

    n t f      null, true, false
    0…9        an unsigned integer
    ~TEXT      any other number, as written
    "TEXT      a text without backslash or line feed
    'TEXT      a text with them escaped: \\ and \n
    [N         an array: N values follow
    {N         an object of shape N: a value follows for each of its fields
    @N         value N of the table of values
    %N         local type N of the table of local types
    $N         the result of step N of the program
    =N         the result of step N, an object, with fields replaced by those of the object that follows
    !          the result of a step that is not in the program

What a request uses often is in tables at its head, each once: the shapes (lists of field names), the
labels of local types, the local types, and the values without references. A value that refers to a
step without result makes the whole step be skipped, and so does one whose references resolve to
arguments that the operation does not take.
-/

@[expose] public section

namespace Telltale
namespace Request
open Json

/-- A label with its sort and the value type of its branch, or why it is none. -/
abbrev BranchHead := Except String (Label × Option ValType)

/-- What tokens refer to. -/
structure Tables where
  shapes : Array (List String)
  labels : Array BranchHead
  types : Array (Except String LocalType)
  values : Array Json
  /-- The results of the steps so far. -/
  results : Array (Option Answer)

/-- What was met in reading, from the least to the gravest. -/
inductive Mark
  | plain
  /-- A reference to a step with a result. -/
  | refers
  /-- A reference to a step without one. -/
  | missing
  | bad (why : String)

/-- The graver of two marks, the first of two bad ones. -/
def Mark.or : Mark → Mark → Mark
  | a, .plain => a
  | .plain, b => b
  | .bad why, _ => .bad why
  | _, .bad why => .bad why
  | .missing, _ => .missing
  | _, b => b

/-- A value, or a list of them, with what is left to read. -/
structure Reading (α : Type) where
  value : α
  rest : List String
  mark : Mark

instance {α} [Inhabited α] : Inhabited (Reading α) := ⟨⟨default, [], .plain⟩⟩

@[inline] def kind (token : String) : Char := String.Pos.Raw.get token 0

@[inline] def body (token : String) : String :=
  String.Pos.Raw.extract token ⟨1⟩ ⟨token.utf8ByteSize⟩

def unescape (s : String) : String :=
  String.intercalate "\\" (each (fun part => String.intercalate "\n" (part.splitOn "\\n"))
    (s.splitOn "\\\\"))

def number (text : String) : Nat :=
  match text.toNat? with
  | some n => n
  | none => 0

/-- The object with a field replaced, or added when it has none of that name. -/
def replace (name : String) (v : Json) : Fields → Fields
  | [] => [(name, v)]
  | (k, w) :: rest => if k = name then (k, v) :: rest else (k, w) :: replace name v rest

/-- The object with fields replaced. -/
def replaceAll : Fields → Fields → Fields
  | [], fields => fields
  | (k, v) :: rest, fields => replaceAll rest (replace k v fields)

/-- The result of a step with fields replaced. -/
def changed (result : Option (Option Answer)) (r : Reading Json) : Reading Json :=
  match result with
  | some (some a) => match (ofAnswer a).entries, r.value.entries with
    | some fields, some changes => ⟨.obj (replaceAll changes fields), r.rest, r.mark.or .refers⟩
    | _, _ => ⟨.null, r.rest, r.mark.or .missing⟩
  | _ => ⟨.null, r.rest, r.mark.or .missing⟩

mutual
/-- One value. -/
partial def read (known : Tables) : List String → Reading Json
  | [] => ⟨.null, [], .bad "the request ends within a value"⟩
  | token :: rest =>
    match kind token with
    | '$' => match known.results[number (body token)]? with
      | some (some a) => ⟨ofAnswer a, rest, .refers⟩
      | _ => ⟨.null, rest, .missing⟩
    | '"' => ⟨.str (body token), rest, .plain⟩
    | '@' => match known.values[number (body token)]? with
      | some v => ⟨v, rest, .plain⟩
      | none => ⟨.null, rest, .bad "no such value"⟩
    | '{' => match known.shapes[number (body token)]? with
      | some names => readFields known names rest .plain []
      | none => ⟨.null, rest, .bad "no such shape"⟩
    | '%' => match known.types[number (body token)]? with
      | some (.ok t) => ⟨.type t, rest, .plain⟩
      | some (.error why) => ⟨.null, rest, .bad why⟩
      | none => ⟨.null, rest, .bad "no such local type"⟩
    | '[' => readItems known (number (body token)) rest .plain []
    | '=' => changed known.results[number (body token)]? (read known rest)
    | '!' => ⟨.null, rest, .missing⟩
    | 'n' => ⟨.null, rest, .plain⟩
    | 't' => ⟨.bool true, rest, .plain⟩
    | 'f' => ⟨.bool false, rest, .plain⟩
    | '~' => ⟨.other (body token), rest, .plain⟩
    | '\'' => ⟨.str (unescape (body token)), rest, .plain⟩
    | _ => match token.toNat? with
      | some n => ⟨.num n, rest, .plain⟩
      | none => ⟨.null, rest, .bad (String.append "no such token: " token)⟩

partial def readItems (known : Tables) (n : Nat) (tokens : List String) (mark : Mark)
    (acc : List Json) : Reading Json :=
  if n = 0 then ⟨.arr (rev acc), tokens, mark⟩
  else
    let r := read known tokens
    readItems known (n - 1) r.rest (mark.or r.mark) (r.value :: acc)

partial def readFields (known : Tables) (names : List String) (tokens : List String) (mark : Mark)
    (acc : Fields) : Reading Json :=
  match names with
  | [] => ⟨.obj (rev acc), tokens, mark⟩
  | name :: more =>
    let r := read known tokens
    readFields known more r.rest (mark.or r.mark) ((name, r.value) :: acc)
end

/-- The next `n` values: the arguments of a step. -/
def readArguments (known : Tables) : Nat → List String → Reading (List Json)
  | 0, tokens => ⟨[], tokens, .plain⟩
  | 1, tokens =>
    let r := read known tokens
    ⟨[r.value], r.rest, r.mark⟩
  | n + 1, tokens =>
    let r := read known tokens
    let more := readArguments known n r.rest
    ⟨r.value :: more.value, more.rest, r.mark.or more.mark⟩

/-! ### The tables -/

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
    match r.mark with
    | .bad why => .error why
    | _ => readValues n r.rest { known with values := known.values.push r.value }

/-- A label object and a value type. -/
def branchHead (label payload : Json) : BranchHead := do
  return (← Decode.label label, ← Decode.payload payload)

/-- The next `n` labels: two values each. -/
def readLabels (n : Nat) (tokens : List String) (known : Tables) : Tables × List String :=
  match n with
  | 0 => (known, tokens)
  | n + 1 =>
    let l := read known tokens
    let v := read known l.rest
    readLabels n v.rest { known with labels := known.labels.push (branchHead l.value v.value) }

/-- The type of that number. -/
def typeAt (known : Tables) (token : String) : Except String LocalType :=
  match known.types[number token]? with
  | some t => t
  | none => .error "no such local type"

/-- The next `n` branches, of which the last comes first: a label and a local type each. -/
def readBranches (known : Tables) (n : Nat) (tokens : List String) (acc : Branches) :
    Except String (Branches × List String) :=
  match n, tokens with
  | 0, rest => .ok (acc, rest)
  | n + 1, label :: next :: rest => match known.labels[number label]? with
    | some (.ok (l, v)) => match typeAt known next with
      | .ok t => readBranches known n rest (.cons l v t acc)
      | .error why => .error why
    | some (.error why) => .error why
    | none => .error "no such label"
  | _ + 1, _ => .error "the request ends within a local type"

/-- What is behind that many branches. -/
def afterBranches : Nat → List String → List String
  | n + 1, _ :: _ :: rest => afterBranches n rest
  | _, rest => rest

/-- A send or receive, its partner and the number of its branches first. -/
def readNode (known : Tables) (make : String → Branches → LocalType) :
    List String → Except String LocalType × List String
  | partner :: count :: rest => match readBranches known (number count) rest .nil with
    | .ok (bs, rest) => (.ok (make (textOf partner) bs), rest)
    | .error why => (.error why, afterBranches (number count) rest)
  | _ => (.error "the request ends within a local type", [])

/-- One local type: `>` send and `<` receive with partner, count and branches; `m` with variable and
body; `v` with the name; `e` for the end. -/
def readType (known : Tables) : List String → Except String LocalType × List String
  | [] => (.error "the request ends within the local types", [])
  | token :: rest => match kind token with
    | '>' => readNode known .send rest
    | '<' => readNode known .recv rest
    | 'e' => (.ok .done, rest)
    | 'm' => match rest with
      | var :: body :: rest => match typeAt known body with
        | .ok t => (.ok (.mu (textOf var) t), rest)
        | .error why => (.error why, rest)
      | _ => (.error "the request ends within a local type", [])
    | 'v' => match rest with
      | name :: rest => (.ok (.var (textOf name)), rest)
      | [] => (.error "the request ends within a local type", [])
    | _ => (.error "no such local type", rest)

def readTypes (n : Nat) (tokens : List String) (known : Tables) : Tables × List String :=
  match n with
  | 0 => (known, tokens)
  | n + 1 => match readType known tokens with
    | (t, rest) => readTypes n rest { known with types := known.types.push t }

end Request
end Telltale
