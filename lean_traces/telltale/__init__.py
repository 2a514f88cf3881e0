"""What telltale's own tools write: runs of its machine and Lean runner, and authority audit logs."""
