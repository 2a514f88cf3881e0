"""Several reports side by side: implementations or versions, lane by lane, claim by claim, row by row."""
