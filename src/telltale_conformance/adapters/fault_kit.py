"""Adapters that misbehave: ``python -m telltale_conformance.adapters.fault_kit NAME``."""

from telltale_conformance.oracle.adapters.fault_kit import main

if __name__ == "__main__":
    main()
