module

public import Telltale.Serve

/-- `telltale DIR IDLE`: the resident runner on the mailbox folder DIR. -/
public def main (args : List String) : IO UInt32 := do
  match args with
  | [dir, idle] => Telltale.Serve.main dir (Telltale.Request.number idle); return 0
  | _ => IO.eprintln "usage: telltale DIR IDLE"; return 2
