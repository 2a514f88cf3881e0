"""The reference side: programs and traces run, judged and recorded beside an implementation."""
