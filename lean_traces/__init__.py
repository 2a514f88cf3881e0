"""What is exchanged: traces and programs, their schemas, strict reader and writer, corpora, the Lean model."""
