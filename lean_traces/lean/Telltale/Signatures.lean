module

public import Telltale.Values

/-!
Signed messages (contract §14). A signature is what it was made for: the bytes and the hash behind them
belong to an implementation's verification model.
-/

@[expose] public section

namespace Telltale

/-- The key of an endpoint (`sid`, `signer`), and what was signed with it. -/
structure Signature where
  sid : Nat
  signer : String
  receiver : String
  number : Nat
  value : Value
  /-- No bit was changed since it was made. -/
  intact : Bool
  deriving DecidableEq

/-- How a signature is made that a send attaches. -/
inductive Signing
  | valid
  | corrupt
  | wrongEdge
  | wrongValue
  | otherReceiver
  | otherSequence

/-- The signature made for a value that is sent on that edge with that number. -/
def Signing.make (how : Signing) (sid : Nat) (pair : String × String) (number : Nat) (v : Value) :
    Signature :=
  match how with
  | .valid => ⟨sid, pair.1, pair.2, number, v, true⟩
  | .corrupt => ⟨sid, pair.1, pair.2, number, v, false⟩
  | .wrongEdge => ⟨sid, pair.2, pair.1, number, v, true⟩
  | .wrongValue => ⟨sid, pair.1, pair.2, number, .prod v .unit, true⟩
  | .otherReceiver => ⟨sid, pair.1, pair.2.append "'", number, v, true⟩
  | .otherSequence => ⟨sid, pair.1, pair.2, number + 1, v, true⟩

structure Message where
  payload : Value
  number : Nat
  signature : Signature
  deriving DecidableEq

/-- The ways to take a message. -/
inductive Reception
  | plain
  | signed
  | verified
  | verifiedSigned

/-- What is handed out when a receive succeeds. -/
inductive Received
  | nothing
  /-- Of the message only the payload is told. -/
  | payload (m : Message)
  /-- The message, and whether its signature verified. -/
  | message (m : Message) (valid : Bool)

end Telltale
