"""Everything that is needed to run one divergence again, as files."""
