"""What the help says below the options: lanes, exit codes, examples. A test holds the lanes against the table."""

from __future__ import annotations

from typing import Final

EXIT_CODES: Final = """\b
Exit codes:
  0  everything that was judged agrees, and something was judged;
     known divergences apart
  1  a divergence that is not known
  2  bad usage, or malformed input
  3  inconclusive: the machinery failed, or not enough was shown;
     never a verdict on the implementation"""

CHECK: Final = f"""\b
Lanes:
  fixed       small programs and texts that are always the same
  corpus      recorded traces
  programs    generated programs over all operations
  guided      programs drawn towards goals, some from a corpus that reaches much
  stateful    sequences of a Hypothesis state machine
  deep        counters and collections driven far
  graph       every edge of the ownership graph
  claims      programs that break claims, and monitors of the claims
  concurrent  several clients that race
  limits      up to the limits of the contract; only where asked for

\b
Self-tests of the harness, by name in --lanes too:
  near-miss, symbolic, lean

{EXIT_CODES}

\b
Examples:
  telltale-conformance check
  telltale-conformance check --sut "python -m my_adapter" --report report
  telltale-conformance check --sut ./adapter --lanes fixed,programs
  telltale-conformance check --sut ./adapter --only claim_ownership
  telltale-conformance check --sut ./adapter --baseline known.json"""
