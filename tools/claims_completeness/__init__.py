"""How much of the symbolic rules the claims hold down: each rule is changed alone, and some claim must notice."""
